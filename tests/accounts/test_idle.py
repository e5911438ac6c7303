"""How long one stays signed in without doing anything."""

import datetime as dt
import re
from http.cookies import Morsel

import pytest
from django.conf import settings as configured
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Session, User
from tests.accounts.conftest import LOGIN, is_signed_in, sign_in_as
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.once, pytest.mark.django_db]

SECOND, MINUTE, DAY = dt.timedelta(seconds=1), dt.timedelta(minutes=1), dt.timedelta(days=1)
STAY, PAGE = "/accounts/stay/", "/appointments/"
LIMITS = {"counsellor": 30 * MINUTE, "superuser": 30 * MINUTE, "ada": 14 * DAY}
everyone = pytest.mark.parametrize("who", list(LIMITS))


@pytest.fixture
def browser(clock, sign_in, request, who) -> Client:
    """That of the person `who`, signed in now."""
    return sign_in(request.getfixturevalue(who))


def is_in(browser: Client) -> bool:
    return browser.get(PAGE).status_code == 200


def cookie(browser: Client) -> Morsel:
    return browser.cookies[configured.SESSION_COOKIE_NAME]


@everyone
def test_one_stays_signed_in_within_the_limit(browser, clock, who):
    clock.shift(LIMITS[who] - MINUTE)
    assert is_in(browser)


@everyone
def test_one_is_signed_out_at_the_limit(browser, clock, who):
    clock.shift(LIMITS[who])
    answer = browser.get(PAGE)
    assert (answer.status_code, answer["Location"]) == (302, f"{LOGIN}?next={PAGE}")
    assert not is_signed_in(browser)


@everyone
def test_doing_something_begins_the_time_anew(browser, clock, who):
    for _ in range(5):
        clock.shift(LIMITS[who] * 9 / 10)
        assert is_in(browser)
    clock.shift(LIMITS[who])
    assert not is_in(browser)


@pytest.mark.parametrize("who", ["counsellor"])
def test_staying_begins_the_time_anew(browser, clock):
    for _ in range(3):
        clock.shift(29 * MINUTE)
        answer = browser.post(STAY)
        assert (answer.status_code, answer.content) == (204, b"")
    clock.shift(29 * MINUTE)
    assert is_in(browser)


@everyone
def test_staying_takes_a_post(browser):
    assert browser.get(STAY).status_code == 405


def test_stranger_cannot_stay(client, db):
    answer = client.post(STAY)
    assert answer.status_code == 302
    assert answer["Location"].startswith(LOGIN)


@pytest.mark.parametrize("who", ["counsellor"])
def test_staying_too_late_does_not_bring_one_back(browser, clock):
    clock.shift(30 * MINUTE)
    assert browser.post(STAY).status_code == 302
    assert not is_signed_in(browser)
    assert not is_in(browser)


@pytest.mark.parametrize("who", ["counsellor"])
def test_form_that_is_sent_too_late_changes_nothing(browser, clock, counsellor):
    clock.shift(31 * MINUTE)
    browser.post("/account/", {"name": "Somebody Else", "phone": ""})
    counsellor.refresh_from_db()
    assert counsellor.name == "Counsellor"


@pytest.mark.parametrize("who", ["counsellor"])
@pytest.mark.parametrize("age", [30 * MINUTE - SECOND, 30 * MINUTE + SECOND, 2 * DAY])
def test_old_cookie_opens_nothing_again(browser, clock, age, who):
    """Whoever kept the cookie is out, however often they try."""
    kept = cookie(browser).value
    clock.shift(30 * MINUTE)
    browser.get(PAGE)
    clock.shift(age)
    other = Client()
    other.cookies[configured.SESSION_COOKIE_NAME] = kept
    assert other.post(STAY).status_code == other.get(PAGE).status_code == 302
    assert not is_signed_in(other)


@pytest.mark.parametrize("who", ["counsellor"])
def test_session_nobody_came_back_to_opens_nothing(browser, clock):
    clock.shift(5 * DAY)
    assert not is_in(browser)


def test_one_is_told_and_comes_back_to_the_page(clock, counsellor, sign_in):
    browser = sign_in(counsellor)
    clock.shift(40 * MINUTE)
    assert cookie(browser)["max-age"] > 40 * 60  # or a browser would not send it any more
    page = browser.get("/appointments/?when=past", follow=True)
    ((to_login, _status),) = page.redirect_chain
    assert [str(message) for message in page.context["messages"]]
    answer = browser.post(to_login, {"login": "counsellor", "password": PASSWORD})
    assert answer["Location"] == "/appointments/?when=past"


def test_one_comes_back_to_the_page_after_days(clock, counsellor, sign_in):
    browser = sign_in(counsellor)
    clock.shift(5 * DAY)
    to_login = browser.get("/appointments/?when=past")["Location"]
    answer = browser.post(to_login, {"login": "counsellor", "password": PASSWORD})
    assert answer["Location"] == "/appointments/?when=past"


def test_one_is_told_when_the_row_is_still_there(clock, counsellor, sign_in):
    """A session that outlives the limit, as of somebody who was a client when it began."""
    browser = sign_in(counsellor)
    Session.objects.update(expire_date=timezone.now() + DAY)
    clock.shift(31 * MINUTE)
    page = browser.get(PAGE, follow=True)
    assert len([str(message) for message in page.context["messages"]]) == 1
    assert not Session.objects.filter(user=counsellor).exists()


def test_client_promoted_to_staff_has_the_shorter_time(clock, ada, sign_in):
    browser = sign_in(ada)
    User.objects.filter(pk=ada.pk).update(is_staff=True)
    clock.shift(MINUTE)
    assert is_in(browser)
    assert cookie(browser)["max-age"] < 14 * 24 * 60 * 60
    clock.shift(30 * MINUTE)
    assert not is_in(browser)


def test_client_promoted_while_away_is_signed_out(clock, ada, sign_in):
    browser = sign_in(ada)
    User.objects.filter(pk=ada.pk).update(is_staff=True)
    clock.shift(31 * MINUTE)
    assert not is_in(browser)


@everyone
def test_dialog_is_for_staff_only(browser, who):
    page = browser.get(PAGE).content.decode()
    found = re.search(r'data-idle="(\d+)" data-warning="(\d+)"', page)
    assert bool(found) == (who != "ada")
    assert ("js/idle" in page) == (who != "ada")
    if found:
        idle, warning = map(int, found.groups())
        assert 0 < warning < idle <= LIMITS[who].total_seconds()
        assert f'data-stay="{STAY}"' in page


def test_strangers_get_no_dialog(client, practice):
    assert b"data-idle" not in client.get("/").content


@everyone
def test_cookie_and_row_end_soon_after_the_limit(browser, who):
    age = dt.timedelta(seconds=cookie(browser)["max-age"])
    assert LIMITS[who] <= age <= LIMITS[who] + DAY
    row = Session.objects.get(user__username=who)
    assert LIMITS[who] <= row.expire_date - timezone.now() <= LIMITS[who] + DAY
    assert row.seen_at == row.started_at == timezone.now()


@pytest.mark.parametrize("who", ["ada", "counsellor"])
def test_signing_in_sets_the_time_at_once(client, clock, request, who):
    request.getfixturevalue(who)
    sign_in_as(client, who)
    row = Session.objects.get(user__username=who)
    assert LIMITS[who] <= row.expire_date - timezone.now() <= LIMITS[who] + DAY


def writes(browser: Client) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(PAGE).status_code == 200
    return [sql for query in queries if not (sql := query["sql"]).startswith("SELECT")]


@pytest.mark.parametrize("who", ["counsellor", "ada"])
def test_note_is_written_once_a_minute(browser, clock):
    begun = Session.objects.get().started_at
    clock.shift(MINUTE)
    assert writes(browser)
    for _ in range(3):
        clock.shift(19 * SECOND)
        assert not writes(browser)
    clock.shift(3 * SECOND)
    assert writes(browser)
    row = Session.objects.get()
    assert (row.started_at, row.seen_at) == (begun, timezone.now())
