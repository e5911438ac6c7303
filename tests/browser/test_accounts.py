"""Coming in and staying in: invitation, forgotten password, new address, list of sessions."""

import email
import os
import re
import subprocess
import sys
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import default as modern
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Page, expect
from post_office.models import STATUS, Email

from accounts import invitations
from accounts.models import User
from appointments.models import Appointment
from tests.environment import ENVIRONMENT
from tests.server import ROOT, database_url

from .conftest import show_it_is_you, sign_in_by_form
from .test_journeys import choose, open_day

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]

NEW_PASSWORD = "a quiet room upstairs"
BETWEEN_MAILS = b"\n" + b"-" * 79 + b"\n"  # in the files of Django's file backend


@pytest.fixture
def deliver(server, tmp_path) -> Callable[[], dict[str, EmailMessage]]:
    """Runs the worker; returns by recipient what it handed to a mail server that writes files."""
    ours = {"DATABASE_URL": database_url(connection.settings_dict), "SITE_URL": server.url}
    environment = {**os.environ, **ENVIRONMENT, **ours, "EMAIL_URL": f"file:///{tmp_path}"}

    def delivered() -> dict[str, EmailMessage]:
        for _try in range(5):  # on SQLite any worker of this machine may hold the lock just now
            worker = [sys.executable, "manage.py", "deliver", "--once"]
            subprocess.run(worker, cwd=ROOT, env=environment, check=True, timeout=60)
            if not Email.objects.exclude(status=STATUS.sent).exists():
                break
        files = sorted(tmp_path.glob("*.log"), key=lambda file: file.stat().st_mtime_ns)
        written = files[-1].read_bytes().split(BETWEEN_MAILS)
        mails = [email.message_from_bytes(text, policy=modern) for text in written if text.strip()]
        return {mail["To"]: mail for mail in mails}

    return delivered


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    return mail.get_body([kind]).get_content()


def link_in(mail: EmailMessage) -> str:
    """Return the link of a mail's text, which its HTML part leads to as well."""
    link = re.search(r"https?://\S+", text_of(mail)).group()
    assert f'href="{link}"' in text_of(mail, "html")
    return link


def invite(page: Page, name: str, address: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail").fill(address)
    page.get_by_role("button", name="Invite").click()


def sign_up(page: Page, *, username: str) -> None:
    page.get_by_role("button", name="Open your account").click()
    expect(page.get_by_role("definition")).to_have_text("grace@example.com")
    expect(page.get_by_label("Your name")).to_have_value("Grace Hopper")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Open your account").click()


def test_invited_person_opens_an_account_and_books(
    new_page, signed_in_page, scripted, counsellor, deliver
):
    staff = signed_in_page(counsellor, "/client-admin/invitations/", script=scripted)
    invite(staff, "Grace Hopper", "grace@example.com")
    row = staff.get_by_role("row", name="Grace Hopper")
    expect(row).to_contain_text("Queued")
    mail = deliver()["grace@example.com"]
    assert mail["Subject"] == "Your invitation"
    staff.reload()
    expect(row).to_contain_text("Sent")

    guest = new_page(script=scripted)
    guest.goto(link_in(mail))
    expect(guest.get_by_role("heading", level=1)).to_have_text("Welcome, Grace Hopper")
    sign_up(guest, username="grace")
    guest.wait_for_url("**/appointments/book/")
    expect(guest.get_by_role("status").first).to_contain_text("Welcome. Your account is open")
    choose(guest, open_day(), 10, script=scripted)
    guest.get_by_role("button", name="Book this time").click()
    expect(guest.get_by_text("Your appointment is booked.")).to_be_visible()

    staff.reload()
    expect(row).to_contain_text("Accepted")
    assert Appointment.objects.get().client == User.objects.get(username="grace")
    other = new_page(script=scripted)
    other.goto(link_in(mail))
    expect(other.get_by_role("main")).to_contain_text("This invitation has been used.")


def invited(by: User, name: str, address: str) -> str:
    """Invite somebody; return the path of the link in the queued mail."""
    made = invitations.invite(email=address, name=name, by=by, now=timezone.now())
    return urlsplit(re.search(r"http\S+", made.mail.message).group()).path


def test_invitation_revoked_meanwhile_opens_nothing(new_page, signed_in_page, counsellor):
    link = invited(counsellor, "Grace Hopper", "grace@example.com")
    staff = signed_in_page(counsellor, link)
    expect(staff.get_by_role("heading", level=1)).to_have_text("You are signed in")

    guest = new_page()
    guest.goto(link)
    guest.get_by_role("button", name="Open your account").click()
    expect(guest.get_by_label("User name")).to_be_visible()
    staff.goto("/client-admin/invitations/")
    staff.get_by_role("button", name="Revoke").click()
    expect(staff.get_by_role("row", name="Grace Hopper")).to_contain_text("Revoked")
    guest.get_by_label("User name").fill("grace")
    guest.get_by_label("Password").fill(NEW_PASSWORD)
    guest.get_by_role("button", name="Open your account").click()
    expect(guest.get_by_role("main")).to_contain_text("This invitation holds no longer.")
    assert list(User.objects.all()) == [counsellor]


def choose_password(page: Page) -> None:
    page.get_by_label("New password").first.fill(NEW_PASSWORD)
    page.get_by_label("New password").last.fill(NEW_PASSWORD)
    page.get_by_role("button", name="Save password").click()


def test_forgotten_password_is_replaced_without_script(new_page, password, ada, deliver):
    page = new_page(script=False)
    page.goto("/accounts/login/")
    page.get_by_role("link", name="Forgotten your password?").click()
    page.get_by_label("E-mail").fill("ADA@example.com")
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look in your inbox")
    mail = deliver()["ada@example.com"]
    assert mail["Subject"] == "Reset your password"

    page.goto(link_in(mail))
    choose_password(page)
    expect(page.get_by_role("navigation", name="Main")).to_contain_text("Sign out")
    page.goto("/appointments/")
    expect(page.get_by_text("You have no upcoming appointments.")).to_be_visible()
    assert deliver()["ada@example.com"]["Subject"] == "Your password was changed"

    other = new_page(script=False)
    other.goto("/accounts/login/?next=/account/")
    sign_in_by_form(other, "ada", password)
    expect(other.get_by_role("main")).to_contain_text("This does not fit together.")
    sign_in_by_form(other, "ada", NEW_PASSWORD)
    other.wait_for_url("**/account/")
    other.goto(link_in(mail))
    expect(other.get_by_role("heading", level=1)).to_have_text("This link no longer works")


def test_address_changes_when_its_owner_confirms_it(
    signed_in_page, new_page, password, ada, deliver
):
    page = signed_in_page(ada, "/account/")
    page.get_by_role("link", name="Change e-mail").click()
    page.get_by_label("E-mail").fill("ada@new.example")
    page.get_by_role("button", name="Send the link").click()
    show_it_is_you(page, password)
    expect(page.get_by_role("main")).to_contain_text("ada@new.example is not confirmed yet.")
    asked = deliver()
    assert list(asked) == ["ada@new.example"]
    ada.refresh_from_db()
    assert ada.email == "ada@example.com"

    confirming = new_page()
    confirming.goto(link_in(asked["ada@new.example"]))
    expect(confirming.get_by_role("main")).to_contain_text("ada@new.example")
    confirming.get_by_role("button", name="Yes, it is mine").click()
    confirming.wait_for_url("**/accounts/login/")
    page.goto("/account/")
    expect(page.get_by_role("main")).to_contain_text("ada@new.example")
    told = deliver()["ada@example.com"]
    assert told["Subject"] == "Your e-mail address was changed"
    assert "we write to the new address" in text_of(told)
    ada.refresh_from_db()
    assert ada.email == "ada@new.example"


def test_signing_out_everywhere_else_ends_the_other_sessions(new_page, password, ada):
    phone = new_page(user_agent="Mozilla/5.0 (Android 15; Mobile; rv:140.0) Firefox/140.0")
    computer = new_page()
    for page in (phone, computer):
        page.goto("/accounts/login/?next=/accounts/sessions/")
        sign_in_by_form(page, "ada", password)
        page.wait_for_url("**/accounts/sessions/")
    places = computer.locator(".place")
    expect(places).to_have_count(2)
    expect(places.filter(has_text="Here")).to_contain_text("Chrome")
    expect(places.filter(has_not_text="Here")).to_contain_text("Firefox")

    computer.get_by_role("button", name="Sign out everywhere else").click()
    expect(computer.get_by_role("status").first).to_contain_text("1 other place is signed out.")
    expect(places).to_have_count(1)
    phone.goto("/appointments/")
    phone.wait_for_url("**/accounts/login/?next=/appointments/")
    computer.goto("/appointments/")
    expect(computer.get_by_text("You have no upcoming appointments.")).to_be_visible()


NAMES = {
    "long": "W" * 150,
    "right-to-left": "\u05e9\u05dc\u05d5\u05dd" * 37,
    "combining": "Zo" + "e\u0308" + "\u0301" * 60,
}
LONG_ADDRESS = f"{'a' * 64}@{'b' * 63}.{'c' * 60}.example"
OWN_PAGES = (
    "/account/",
    "/accounts/email/",
    "/accounts/password/reset/",
    "/accounts/sessions/",
    "/accounts/2fa/",
    "/accounts/2fa/webauthn/",
)
WIDTHS = (320, 1280)


def too_wide(page: Page) -> list[tuple[str, int, int]]:
    """Return for which window widths the page scrolls sideways, and by how many pixels."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        excess = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
        found += [(urlsplit(page.url).path, width, excess)] if excess > 0 else []
    return found


@pytest.fixture
def named(counsellor, ada, request) -> str:
    """Gives everyone an odd name, a long address, and Ada a passkey of that name."""
    name = NAMES[request.param]
    User.objects.update(name=name)
    User.objects.filter(pk=ada.pk).update(email=LONG_ADDRESS)
    passkey = {"name": name, "credential": {}}
    Authenticator.objects.create(user=ada, type=Authenticator.Type.WEBAUTHN, data=passkey)
    return name


@pytest.mark.once
@pytest.mark.parametrize("named", NAMES, indirect=True)
def test_no_page_scrolls_sideways_for_an_odd_name(new_page, signed_in_page, named, counsellor, ada):
    link = invited(counsellor, named, f"x{LONG_ADDRESS[1:]}")
    guest = new_page()
    guest.goto("/accounts/login/")
    found = too_wide(guest)
    guest.goto(link)
    found += too_wide(guest)
    guest.get_by_role("button", name="Open your account").click()
    expect(guest.get_by_label("Your name")).to_have_value(named)
    found += too_wide(guest)

    client = signed_in_page(ada)
    for path in (*OWN_PAGES, link):
        client.goto(path)
        found += too_wide(client)
    staff = signed_in_page(counsellor, "/client-admin/invitations/")
    expect(staff.get_by_role("row")).to_have_count(2)
    found += too_wide(staff)
    assert not found, found
