"""What every answer says to browsers: what may load, be embedded, be kept."""

import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client

from tests.addresses import ADDRESSES, filled, gaps, undone
from therapeutics import headers
from therapeutics.media import CloudinaryStorage

from .test_settings import PRODUCTION

POLICY = {
    "default-src 'none'",
    *("script-src 'self'", "style-src 'self'", "font-src 'self'", "connect-src 'self'"),
    *("img-src 'self' data:", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"),
}
NOBODY = "00000000-0000-0000-0000-000000000000"
FILLING = gaps(
    appointment=NOBODY, client=NOBODY, invitation=NOBODY, key="no-key", passkey=1, row=NOBODY
)


def directives(answer) -> set[str]:
    return set(answer["Content-Security-Policy"].split("; "))


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["nobody", "client", "staff", "superuser"])
def test_every_address_answers_with_every_header(who, ada, counsellor, superuser):
    browser = Client(raise_request_exception=False)
    people = {"client": ada, "staff": counsellor, "superuser": superuser}
    if who in people:
        browser.force_login(people[who])
    for _name, route in ADDRESSES:
        with undone(browser):
            answer = browser.get(filled(route, FILLING))
            assert directives(answer) == POLICY, route
            if answer.get("Content-Type", "").startswith("text/html"):
                assert answer["Permissions-Policy"] == headers.PERMISSIONS
            assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
            assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
            # stricter where the address has a key in it
            assert answer["Referrer-Policy"] in {"same-origin", "no-referrer"}
            assert answer["X-Content-Type-Options"] == "nosniff"
            assert answer["X-Frame-Options"] == "DENY"
            assert answer["X-Request-ID"]


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["client", "staff", "superuser"])
def test_no_signed_in_page_is_kept(who, ada, counsellor, superuser):
    browser = Client(raise_request_exception=False)
    browser.force_login({"client": ada, "staff": counsellor, "superuser": superuser}[who])
    for _name, route in ADDRESSES:
        with undone(browser):
            answer = browser.get(filled(route, FILLING))
            if answer.wsgi_request.user.is_authenticated:
                assert "no-store" in answer["Cache-Control"], route


def pictures_from(address: str) -> list[str]:
    policy = headers.content_security_policy(pictures=address, https=False)
    return policy["DIRECTIVES"]["img-src"]


def test_policy_names_nobody_else_where_pictures_are_our_own():
    assert pictures_from("") == ["'self'", "data:"]


@pytest.mark.parametrize(
    ("options", "hosts"),
    [
        ("", ["res.cloudinary.com"]),
        ("/pictures.example", ["pictures.example"]),
        ("?private_cdn=true", ["cloud-res.cloudinary.com"]),
        ("?cdn_subdomain=true", [f"res-{n}.cloudinary.com" for n in range(1, 6)]),
        (
            "?private_cdn=true&secure_cdn_subdomain=true",
            [f"cloud-res-{n}.cloudinary.com" for n in range(1, 6)],
        ),
    ],
)
def test_policy_names_the_hosts_that_pictures_come_from(options, hosts):
    address = f"cloudinary://key:secret@cloud{options}"
    assert pictures_from(address)[2:] == [f"https://{host}" for host in hosts]
    storage = CloudinaryStorage(address)
    asked = {urlsplit(storage.url(f"hero/{name}.jpg")).netloc for name in range(99)}
    assert asked == set(hosts)


@pytest.mark.once
def test_cookies_are_bound_to_the_host_over_https():
    names = "SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.CONTENT_SECURITY_POLICY"
    script = f"import therapeutics.settings as s; print(s.{names})"
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env=PRODUCTION,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "__Host-sessionid __Host-csrftoken" in ran.stdout
    assert "upgrade-insecure-requests" in ran.stdout


def test_plain_names_where_there_is_no_https(client, ada):
    client.force_login(ada)
    assert "sessionid" in client.cookies
