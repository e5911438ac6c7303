"""Where a person is signed in: they see it, end it, and nobody else does."""

import datetime as dt

import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from post_office.models import Email

from accounts import sessions
from accounts.models import Session, User
from accounts.sessions import SessionStore
from tests.accounts.conftest import (
    ASKED,
    CHANGE,
    CHANGED,
    CHOSEN,
    LOGOUT,
    RESET,
    SECRET,
    code_of,
    is_signed_in,
    link_in,
    sign_in_as,
    with_app,
)

pytestmark = pytest.mark.django_db

SESSIONS = "/accounts/sessions/"
DAY = dt.timedelta(days=1)
ODD_AGENTS = {
    "long": "x" * 500,
    "empty": "",
    "script": "<script>alert(1)</script>",
    "quotes": "'\"; DROP TABLE accounts_session; --",
    "not ASCII": "Bräuser/1.0 \u202e",
}


def signed_in(person: User, *, agent: str = "", address: str = "192.0.2.1") -> Client:
    browser = Client(REMOTE_ADDR=address, headers={"user-agent": agent})
    assert sign_in_as(browser, person.username).status_code == 302
    return browser


def key_in(browser: Client) -> str:
    return browser.cookies[configured.SESSION_COOKIE_NAME].value


def listed(browser: Client) -> list[Session]:
    page = browser.get(SESSIONS)
    assert page.status_code == 200
    return list(page.context["sessions"])


@pytest.fixture
def phone(ada, clock) -> Client:
    browser = signed_in(ada, agent="Phone/1.0", address="192.0.2.1")
    clock.shift(60)
    return browser


@pytest.fixture
def laptop(phone, ada, clock) -> Client:
    browser = signed_in(ada, agent="Laptop/2.0", address="2001:db8::1")
    clock.shift(60)
    return browser


def test_own_sessions_are_listed_the_last_seen_first(phone, laptop):
    rows = [(row.agent, row.address) for row in listed(phone)]
    assert rows == [("Laptop/2.0", "2001:db8::1"), ("Phone/1.0", "192.0.2.1")]


def test_this_one_is_marked(phone, laptop):
    for browser in (phone, laptop):
        page = browser.get(SESSIONS)
        assert page.context["here"] == key_in(browser)
        assert key_in(browser) in [row.session_key for row in page.context["sessions"]]


def test_page_shows_no_key(phone, laptop):
    page = phone.get(SESSIONS).content.decode()
    assert key_in(phone) not in page
    assert key_in(laptop) not in page


def test_others_are_ended_and_this_one_stays(phone, laptop):
    assert phone.post(SESSIONS)["Location"] == SESSIONS
    assert is_signed_in(phone)
    assert not is_signed_in(laptop)
    assert laptop.get("/appointments/").status_code == 302
    assert [row.agent for row in listed(phone)] == ["Phone/1.0"]
    assert phone.post(SESSIONS).status_code == 302  # with nothing left to end


def test_nobody_sees_or_ends_anothers(phone, ben):
    other = signed_in(ben, agent="Other/3.0")
    assert [row.agent for row in listed(other)] == ["Other/3.0"]
    other.post(SESSIONS)
    assert is_signed_in(phone)
    assert [row.agent for row in listed(phone)] == ["Phone/1.0"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_stranger_is_sent_to_sign_in(client, phone, method):
    answer = getattr(client, method)(SESSIONS)
    assert answer.status_code == 302
    assert is_signed_in(phone)


def test_signing_out_deletes_the_row(phone, laptop):
    key = key_in(phone)
    phone.post(LOGOUT)
    assert not Session.objects.filter(session_key=key).exists()
    assert is_signed_in(laptop)


def test_key_changes_when_one_signs_in(client, ada):
    """Whoever planted a session in somebody's browser is not signed in with them."""
    planted = client.session
    planted["planted"] = True
    planted.save()
    key = key_in(client)
    assert Session.objects.get(session_key=key).user is None
    sign_in_as(client, "ada")
    assert is_signed_in(client)
    assert key_in(client) != key
    assert not Session.objects.filter(session_key=key).exists()


def test_key_changes_after_the_second_factor_too(client, ada, clock):
    with_app(ada)
    sign_in_as(client, "ada")
    key = key_in(client)
    client.post(ASKED, {"code": code_of(SECRET)})
    assert is_signed_in(client)
    assert key_in(client) != key
    assert not Session.objects.filter(session_key=key).exists()


def test_key_that_nobody_gave_out_is_not_taken(client, ada):
    client.cookies[configured.SESSION_COOKIE_NAME] = "a" * 32
    sign_in_as(client, "ada")
    assert is_signed_in(client)
    assert key_in(client) != "a" * 32


def test_signing_in_as_somebody_else_keeps_nothing(phone, ada, ben):
    key = key_in(phone)
    phone.post(LOGOUT)
    sign_in_as(phone, "ben")
    assert not Session.objects.filter(session_key=key).exists()
    assert Session.objects.get(user=ben).session_key == key_in(phone)


def test_new_password_keeps_this_session_and_ends_the_others(phone, laptop):
    key = key_in(phone)
    assert phone.post(CHANGE, CHANGED).status_code == 302
    assert is_signed_in(phone)
    assert phone.get("/appointments/").status_code == 200
    assert not is_signed_in(laptop)
    assert [row.session_key for row in Session.objects.exclude(user=None)] == [key_in(phone)]
    assert key_in(phone) != key


def choose_new_password(browser: Client) -> int:
    """Open the link of the last mail, and choose a new password; return the answer's status."""
    page = browser.get(link_in(Email.objects.latest("pk")), follow=True)
    return browser.post(page.request["PATH_INFO"], CHOSEN).status_code


def test_reset_ends_all_sessions(client, phone, laptop, ada):
    client.post(RESET, {"email": ada.email})
    assert choose_new_password(client) == 302
    assert is_signed_in(client)
    assert not is_signed_in(phone)
    assert not is_signed_in(laptop)
    assert [row.session_key for row in Session.objects.filter(user=ada)] == [key_in(client)]


def test_reset_in_a_browser_that_is_signed_in_works(phone, laptop, ada):
    old = key_in(phone)
    phone.post(RESET, {"email": ada.email})
    assert choose_new_password(phone) == 302
    assert is_signed_in(phone)
    assert key_in(phone) != old
    assert not is_signed_in(laptop)


@pytest.mark.parametrize("where", ["elsewhere", "here"])
def test_reset_asks_for_the_second_factor(phone, ada, where):
    """The link alone signs nobody in, not even in a browser that was signed in."""
    with_app(ada)
    browser = phone if where == "here" else Client()
    browser.post(RESET, {"email": ada.email})
    assert choose_new_password(browser) == 302
    assert not is_signed_in(browser)
    assert not is_signed_in(phone)
    assert browser.post(ASKED, {"code": code_of(SECRET)}).status_code == 302
    assert is_signed_in(browser)


@pytest.mark.parametrize("agent", ODD_AGENTS.values(), ids=ODD_AGENTS)
def test_odd_browsers_are_listed(ada, agent):
    browser = signed_in(ada, agent=agent)
    (row,) = listed(browser)
    assert row.agent == agent[:200]
    assert b"<script>alert" not in browser.get(SESSIONS).content


def test_browser_without_a_name_is_listed(ada):
    browser = Client()
    sign_in_as(browser, "ada")
    assert [row.agent for row in listed(browser)] == [""]


def test_sessions_that_are_over_are_not_listed(phone, laptop):
    Session.objects.filter(session_key=key_in(laptop)).update(seen_at=timezone.now() - 14 * DAY)
    assert [row.agent for row in listed(phone)] == ["Phone/1.0"]


def test_session_of_a_deleted_person_goes_with_them(ben):
    browser = signed_in(ben)
    ben.delete()
    assert not Session.objects.exists()
    assert not is_signed_in(browser)


def test_clearing_deletes_what_is_over(phone, laptop, clock):
    call_command("clearsessions")
    assert Session.objects.count() == 2
    Session.objects.filter(session_key=key_in(laptop)).update(expire_date=timezone.now() - DAY)
    call_command("clearsessions")
    assert [row.session_key for row in Session.objects.all()] == [key_in(phone)]


def test_store_keeps_what_is_put_into_a_new_session(db):
    store = SessionStore()
    store["word"] = "kept"
    store.save()
    assert SessionStore(store.session_key)["word"] == "kept"
    store.flush()
    assert not Session.objects.exists()
    store["word"] = "again"
    store.save()
    assert SessionStore(store.session_key)["word"] == "again"


def test_ending_returns_how_many_there_were(phone, laptop, ada):
    assert sessions.end(ada, but=key_in(phone)) == 1
    assert sessions.end(ada) == 1
    assert sessions.end(ada) == 0
