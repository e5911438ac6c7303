"""What allauth writes to people: in our words, from the practice, with links to our site only."""

import re
from pathlib import Path

import allauth
import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings as configured
from django.core import mail as outgoing
from django.test import Client
from post_office.models import STATUS, Email

from accounts import people
from accounts.models import User
from tests.accounts.conftest import (
    ACTIVATE,
    CHANGE,
    CHANGED,
    CHOSEN,
    DEACTIVATE,
    RESET,
    code_of,
    is_signed_in,
    link_in,
    reauthenticate,
    set_up_app,
)
from tests.conftest import NOW, PASSWORD
from tests.rows import unchanged
from therapeutics import mail
from therapeutics.models import Practice

pytestmark = [pytest.mark.once, pytest.mark.django_db]

EMAIL = "/accounts/email/"
NEW = "new@example.com"
LINK = f"{configured.SITE_URL}/accounts/"
# What our settings never send: sign-up and its mails are ours, nothing is confirmed by a code.
NEVER_SENT = {
    "account_already_exists",
    "email_confirmation_signup",
    "login_code",
    "password_reset_code",
}


def theirs() -> list[str]:
    """Return the names of allauth's mails: `account/email_confirm`."""
    folder = Path(allauth.__file__).parent / "templates"
    found = [
        f"{part}/{path.name.removesuffix('_subject.txt')}"
        for part in ("account", "mfa")
        for path in (folder / part / "email").glob("*_subject.txt")
    ]
    return sorted(name for name in found if name.split("/")[1] not in NEVER_SENT)


def mails() -> list[Email]:
    return list(Email.objects.order_by("pk"))


def subjects_to(address: str) -> list[str]:
    return [email.subject for email in mails() if email.to == [address]]


def assert_ours(email: Email, site: str) -> None:
    """From the practice, in text and HTML; it shows neither its name nor another host outside."""
    practice = Practice.load()
    assert email.from_email == practice.sender
    assert email.subject
    assert practice.name not in email.subject
    assert practice.discreet_name not in email.subject
    assert "<html" in email.html_message
    for body in (email.message, email.html_message):
        assert body.strip()
        assert "localhost" not in body
        assert "testserver" not in body
        links = re.findall(r"https?://[^\s\"'<>]+", body)
        assert all(link.startswith(site) for link in links)


@pytest.fixture
def practice_row(db) -> Practice:
    return Practice.objects.create(
        name="Willow Counselling", discreet_name="Willow Room", email="hello@example.org"
    )


@pytest.fixture
def browser(ada, sign_in, clock) -> Client:
    """ada's, on a host that is not the site's; she has just given her password."""
    people.trust_email(person=ada)
    signed_in = sign_in(ada)
    signed_in.defaults["HTTP_HOST"] = "localhost"
    reauthenticate(signed_in)
    return signed_in


@pytest.fixture
def ask_for_change(browser):
    """Asks for the change of ada's address; returns the answer."""

    def asked(address: str = NEW):
        return browser.post(EMAIL, {"email": address, "action_add": ""})

    return asked


@pytest.mark.parametrize("name", theirs())
def test_every_mail_of_theirs_is_ours(practice_row, settings, name):
    known = {"user_agent": "Phone/1.0", "ip": "192.0.2.1", "timestamp": NOW, "deleted_email": NEW}
    mail.queue(name, to=NEW, context={**known, "user": User(name="Ada"), "link": LINK})
    (email,) = mails()
    assert_ours(email, settings.SITE_URL)


def test_reset_mail(client, ada, practice_row, settings):
    client.post(RESET, {"email": ada.email}, headers={"host": "localhost"})
    (email,) = mails()
    assert email.to == [ada.email]
    assert_ours(email, settings.SITE_URL)
    page = client.get(link_in(email), follow=True)
    answer = client.post(page.request["PATH_INFO"], CHOSEN, headers={"host": "localhost"})
    assert answer.status_code == 302
    _asked, done = mails()
    assert done.to == [ada.email]
    assert_ours(done, settings.SITE_URL)


def test_reset_link_works_once(client, ada):
    client.post(RESET, {"email": ada.email})
    link = link_in(mails()[0])
    page = client.get(link, follow=True)
    client.post(page.request["PATH_INFO"], CHOSEN)
    with unchanged():
        page = Client().get(link)
    assert page.context["token_fail"]


def test_mail_to_an_address_without_account(client, ada, practice_row, settings):
    client.post(RESET, {"email": "nobody@example.com"}, headers={"host": "localhost"})
    (email,) = mails()
    assert email.to == ["nobody@example.com"]
    assert_ours(email, settings.SITE_URL)
    assert "/password/reset/key/" not in email.message


def test_mail_of_a_changed_password(browser, ada, practice_row, settings):
    answer = browser.post(CHANGE, CHANGED)
    assert answer.status_code == 302
    (email,) = mails()
    assert email.to == [ada.email]
    assert_ours(email, settings.SITE_URL)


def test_mails_of_an_authenticator_app(
    browser, ada, practice_row, settings, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        set_up_app(browser)
        browser.post("/accounts/2fa/recovery-codes/generate/")
        browser.post(DEACTIVATE)
    assert not Authenticator.objects.exists()
    assert len(subjects_to(ada.email)) == len(set(subjects_to(ada.email))) == 3
    for email in mails():
        assert_ours(email, settings.SITE_URL)


def test_no_secret_of_the_second_factor_is_mailed(browser, ada, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        secret = browser.get(ACTIVATE).context["form"].secret
        browser.post(ACTIVATE, {"code": code_of(secret)})
    codes = browser.get("/accounts/2fa/recovery-codes/").context["unused_codes"]
    assert len(codes) == 10
    for email in mails():
        assert not [text for text in [secret, *codes] if text in email.message + email.html_message]


def test_odd_browsers_name_does_not_break_a_mail(browser, ada):
    browser.defaults["HTTP_USER_AGENT"] = "<script>alert(1)</script>\r\nBcc: x " + "x" * 500
    browser.post(CHANGE, CHANGED)
    (email,) = mails()
    assert "<script" not in email.html_message


def test_change_of_address_asks_for_the_password_first(ada, sign_in, clock):
    answer = sign_in(ada).post(EMAIL, {"email": NEW, "action_add": ""})
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert not EmailAddress.objects.filter(email=NEW).exists()
    assert not mails()


def test_new_address_counts_when_its_link_is_posted(ask_for_change, ada, practice_row, settings):
    assert ask_for_change().status_code == 302
    (email,) = mails()
    assert email.to == [NEW]
    assert_ours(email, settings.SITE_URL)
    scanner = Client()
    with unchanged():
        assert scanner.get(link_in(email)).status_code == 200
        assert scanner.head(link_in(email)).status_code in {200, 405}
    assert not EmailAddress.objects.filter(email=NEW, verified=True).exists()
    assert scanner.post(link_in(email)).status_code == 302
    ada.refresh_from_db()
    assert ada.email == NEW
    rows = EmailAddress.objects.filter(user=ada).values_list("email", "verified", "primary")
    assert list(rows) == [(NEW, True, True)]


def test_link_may_be_asked_for_again_at_once(ask_for_change, browser, practice_row):
    ask_for_change()
    browser.post("/accounts/email/", {"action_send": "", "email": NEW})
    first, second = mails()
    assert first.to == second.to == [NEW]


def test_old_address_is_told(ask_for_change, browser, practice_row, settings):
    ask_for_change()
    browser.post(link_in(mails()[0]))
    (told,) = [email for email in mails() if email.to == ["ada@example.com"]]
    assert_ours(told, settings.SITE_URL)
    assert NEW not in told.message


def test_confirmed_link_does_nothing_again(ask_for_change, browser):
    ask_for_change()
    link = link_in(mails()[0])
    browser.post(link)
    with unchanged():
        assert Client().post(link).status_code == 404


@pytest.mark.parametrize("taken", ["ben@example.com", "BEN@Example.com"])
def test_taken_address_answers_as_a_free_one(ask_for_change, ada, ben, taken):
    people.trust_email(person=ben)
    answer = ask_for_change(taken)
    assert (answer.status_code, answer["Location"]) == (302, EMAIL)
    (email,) = mails()
    assert email.to == ["ben@example.com"]
    Client().post(link_in(email))
    ada.refresh_from_db()
    ben.refresh_from_db()
    assert (ada.email, ben.email) == ("ada@example.com", "ben@example.com")


@pytest.mark.parametrize("confirmed_before", [True, False])
def test_address_that_is_not_confirmed_opens_nothing(ask_for_change, ada, client, confirmed_before):
    """It may be mistyped: whoever reads its mail is not let in with a reset."""
    if not confirmed_before:
        EmailAddress.objects.filter(user=ada).delete()
    ask_for_change("mistyped@example.com")
    client.post(RESET, {"email": "mistyped@example.com"})
    _confirm, reset = mails()
    assert "/password/reset/key/" not in reset.message


def test_opening_the_link_signs_nobody_out(ask_for_change, ben, sign_in):
    ask_for_change()
    other = sign_in(ben)
    other.get(link_in(mails()[0]))
    assert is_signed_in(other)


@pytest.mark.parametrize("verified", [True, False])
def test_address_taken_meanwhile_is_refused_kindly(ask_for_change, browser, ada, verified):
    ask_for_change()
    other = User.objects.create_user("other", "New@Example.com", PASSWORD)
    if verified:
        people.trust_email(person=other)
    with unchanged():
        answer = browser.post(link_in(mails()[0]))
    assert answer.status_code in {302, 422}
    ada.refresh_from_db()
    assert ada.email == "ada@example.com"


def test_mail_with_a_key_is_wiped_when_it_is_sent(client, ada, browser):
    client.post(RESET, {"email": ada.email})
    browser.post(EMAIL, {"email": NEW, "action_add": ""})
    browser.post(CHANGE, CHANGED)
    assert mail.deliver() == 3
    reset, confirm, changed = mails()
    assert {email.status for email in mails()} == {STATUS.sent}
    assert (
        (reset.message, reset.html_message) == (confirm.message, confirm.html_message) == ("", "")
    )
    assert changed.message
    assert changed.html_message
    assert configured.SITE_URL in outgoing.outbox[0].body
