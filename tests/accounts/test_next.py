"""Wherever `next` points to, one stays on the practice's site."""

from urllib.parse import urlsplit

import pytest
from django.conf import settings as configured

from tests.accounts.conftest import (
    ASKED,
    LOGIN,
    LOGOUT,
    SECRET,
    code_of,
    is_signed_in,
    reauthenticate,
    sign_in_as,
    with_app,
)
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.once, pytest.mark.django_db]

ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    "\x00//evil.example",
    "https://evil.example",
    "https:evil.example",
    "http:///evil.example",
    "ftp://127.0.0.1:8000/",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)//127.0.0.1:8000",
    "data:text/html,<script>alert(1)</script>",
    "https://testserver@evil.example",
    "http://127.0.0.1:8000@evil.example/",
    "http://127.0.0.1:8000\\@evil.example/",
    "//testserver.evil.example",
    "http://127.0.0.1:8000.evil.example/",
    "http://127.0.0.1:80001/",
    "http://testserver/",  # the server answers for these hosts, and the site is not there
    "http://localhost/appointments/",
    "//localhost/appointments/",
]
OURS = [
    "/appointments/book/",
    "/appointments/?when=past",
    "/account/#security",
    "http://127.0.0.1:8000/appointments/",
]

ADA = {"login": "ada", "password": PASSWORD}
SUPERUSER = {"login": "superuser", "password": PASSWORD}

elsewhere = pytest.mark.parametrize("place", ELSEWHERE)
ours = pytest.mark.parametrize("place", OURS)


def assert_ours(location: str) -> None:
    """Fail unless a browser that is told to go to `location` stays on our site."""
    parts = urlsplit(location)
    assert (parts.scheme, parts.netloc) in {("", ""), tuple(urlsplit(configured.SITE_URL)[:2])}
    if not parts.netloc:
        assert location.startswith("/")
        assert location[1:2] not in {"/", "\\"}
    assert not [letter for letter in location if ord(letter) <= 32]


@elsewhere
@pytest.mark.parametrize("where", ["form", "address"])
def test_signing_in_leads_to_a_page_of_ours(client, ada, place, where):
    if where == "form":
        answer = client.post(LOGIN, {**ADA, "next": place})
    else:
        answer = client.post(LOGIN, ADA, query_params={"next": place})
    assert is_signed_in(client)
    assert answer["Location"] == "/appointments/"


@ours
def test_signing_in_leads_to_the_page_asked_for(client, ada, place):
    assert sign_in_as(client, "ada", next=place)["Location"] == place


@elsewhere
def test_somebody_signed_in_is_sent_to_a_page_of_ours(sign_in, ada, place):
    assert_ours(sign_in(ada).get(LOGIN, query_params={"next": place})["Location"])


@elsewhere
def test_signing_out_leads_to_a_page_of_ours(sign_in, ada, place):
    browser = sign_in(ada)
    assert browser.post(LOGOUT, {"next": place})["Location"] == "/"
    assert not is_signed_in(browser)


@ours
def test_signing_out_leads_to_the_page_asked_for(sign_in, ada, place):
    assert sign_in(ada).post(LOGOUT, {"next": place})["Location"] == place


@elsewhere
def test_stranger_who_signs_out_stays_on_our_site(client, db, place):
    for method in (client.get, client.post):
        assert_ours(method(LOGOUT, {"next": place})["Location"])


@elsewhere
def test_reauthentication_leads_to_a_page_of_ours(sign_in, ada, place):
    answer = reauthenticate(sign_in(ada), next=place)
    assert answer.status_code == 302
    assert_ours(answer["Location"])


@ours
def test_reauthentication_leads_to_the_page_asked_for(sign_in, ada, place):
    assert reauthenticate(sign_in(ada), next=place)["Location"] == place


@elsewhere
def test_second_factor_leads_to_a_page_of_ours(client, ada, clock, place):
    with_app(ada)
    assert_ours(sign_in_as(client, "ada", next=place)["Location"])
    answer = client.post(ASKED, {"code": code_of(SECRET), "next": place})
    assert is_signed_in(client)
    assert answer["Location"] == "/appointments/"


@elsewhere
def test_site_admin_sends_strangers_to_our_sign_in_page(client, superuser, place):
    answer = client.get("/admin/login/", {"next": place})
    assert_ours(answer["Location"])
    assert urlsplit(answer["Location"]).path == LOGIN
    done = client.post(answer["Location"], SUPERUSER)
    assert is_signed_in(client)
    assert done["Location"] == "/client-admin/"


@elsewhere
def test_site_admin_keeps_the_superuser_on_our_site(superuser, sign_in, place):
    browser = sign_in(superuser)
    assert_ours(browser.get("/admin/login/", query_params={"next": place})["Location"])


@elsewhere
def test_signing_out_of_site_admin_stays_on_our_site(superuser, sign_in, place):
    browser = sign_in(superuser)
    answer = browser.post(
        "/admin/logout/", query_params={"next": place}, headers={"host": "127.0.0.1:8000"}
    )
    assert not is_signed_in(browser)
    if answer.status_code != 200:
        assert_ours(answer["Location"])


def test_site_admin_comes_back_after_signing_in(client, superuser):
    asked = client.get("/admin/accounts/user/?q=ada")["Location"]
    sign_in_page = client.get(asked)["Location"] if asked.startswith("/admin/") else asked
    assert client.post(sign_in_page, SUPERUSER)["Location"] == "/admin/accounts/user/?q=ada"


@pytest.mark.parametrize("path", ["//evil.example/appointments/", "/\\evil.example/account/"])
def test_address_that_looks_like_a_host_stays_on_our_site(client, ada, path):
    answer = client.get("/appointments/", PATH_INFO=path)
    if answer.has_header("Location"):
        assert_ours(answer["Location"])
    answer = client.post(LOGIN, {**ADA, "next": path})
    assert answer["Location"] == "/appointments/"
