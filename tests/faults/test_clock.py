"""Clocks that are five minutes off: of a web process, of another one, of the worker."""

import datetime as dt
import json
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from tests.faults import databases
from tests.faults.conftest import client, opened
from tests.faults.databases import Practice, manage
from tests.faults.prepare import PASSWORD, SECRET
from tests.faults.visitor import Visitor
from tests.server import Server
from tests.smtp import Server as MailServer
from tests.smtp import running

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("faults-sqlite")]

FAST, SLOW = 300, -300  # seconds
CODE = "/accounts/2fa/authenticate/"
OWN = ["/appointments/", "/appointments/book/", "/account/", "/accounts/sessions/"]


def deliver(practice: Practice, server: MailServer, wrong_by: int) -> None:
    ran = manage(
        practice.url, "manage", "deliver", "--once",
        EMAIL_URL=server.url, FAULTS_CLOCK=str(wrong_by),
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> Practice:
    return databases.sqlite(tmp_path_factory.mktemp("practice"))


@pytest.fixture(scope="module")
def two(shared) -> Iterator[tuple[Server, Server]]:
    """Two web servers of one practice, ten minutes apart."""
    ahead, behind = (opened(shared, FAULTS_CLOCK=str(wrong_by)) for wrong_by in (FAST, SLOW))
    with ahead as fast, behind as slow:
        yield fast, slow


def test_who_signs_in_on_one_is_signed_in_on_the_other(two, shared):
    for here, there in (two, two[::-1]):
        visitor = Visitor(here)
        assert visitor.sign_in("client5", PASSWORD).status == 302
        for visitor.server in (there, here, there):
            assert {path: visitor.get(path).status for path in OWN} == dict.fromkeys(OWN, 200)
    fast, slow = two
    statuses = [Visitor(each).sign_in("client6", "wrong").status for each in (fast, slow) * 3]
    assert statuses == [422] * 5 + [429]  # counted together


def test_staff_stay_within_their_thirty_minutes(two, shared):
    counsellor = Visitor(two[0], shared.sessions["counsellor"])
    for counsellor.server in (*two, *two):
        assert counsellor.get("/client-admin/").status == 200


def test_invitation_holds_on_both(two, shared):
    link = f"/invitations/{shared.invitation}/"
    assert [Visitor(each).get(link).status for each in two] == [200, 200]
    fast, slow = two
    guest = Visitor(fast)
    assert guest.post(link).place == "/accounts/signup/"
    guest.server = slow
    fields = {"username": "eve", "name": "Eve", "password1": PASSWORD}
    assert guest.post("/accounts/signup/", **fields).status == 302
    assert guest.get("/appointments/").status == 200
    assert Visitor(fast).get(link).status == 410
    assert shared.rows("SELECT count(*) FROM accounts_user WHERE username = 'eve'") == [(1,)]


def test_code_of_an_app_needs_the_right_time_and_a_recovery_code_does_not(in_sqlite, serve):
    """A code counts for its own 30 seconds: see docs/decisions.md."""
    visitor = Visitor(serve(in_sqlite, FAULTS_CLOCK=str(FAST)))
    assert visitor.sign_in("client11", PASSWORD).place == CODE
    step = int(dt.datetime.now(dt.UTC).timestamp()) // 30
    refused = visitor.post(CODE, code=format_hotp_value(hotp_value(SECRET, step)))
    assert refused.status == 422
    assert "Please check the code" in refused.text
    assert visitor.post(CODE, code=in_sqlite.recovery[0]).status == 302
    assert visitor.get("/appointments/").status == 200


def test_booking_is_told_once_whoever_is_late(two, shared):
    """A worker that is behind is late by as much, one that is ahead does not wait for a change."""
    fast, slow = two
    assert client(fast, shared).book(shared.open[0]).status == 302
    assert client(slow, shared, 1).book(shared.open[0]).status == 409
    assert client(slow, shared, 1).book(shared.open[1]).status == 302
    with running() as server:
        for wrong_by in (SLOW, 3 * FAST, SLOW, 3 * FAST):
            deliver(shared, server, wrong_by)
        to = [one.to[0] for one in server.received]
    assert (to.count("client0@example.com"), to.count("client1@example.com")) == (1, 1)
    shared.assert_whole()


def test_reminder_is_sent_once(in_sqlite, serve):
    """The worker that is ahead sends it early, and no other one again."""
    server = serve(in_sqlite)
    assert client(server, in_sqlite).book(in_sqlite.open[0]).status == 302
    in_sqlite.run("UPDATE appointments_appointment SET status = 'confirmed'")
    in_sqlite.run("UPDATE accounts_user SET reminder = 48")
    until_due = seconds_until_due(*in_sqlite.open[0])
    reminders = "SELECT count(*) FROM therapeutics_mailrecord WHERE kind = 'reminder'"
    with running() as mail:
        for wrong_by, sent in ((SLOW, 0), (FAST, 1), (SLOW, 1)):
            deliver(in_sqlite, mail, until_due + wrong_by)
            assert in_sqlite.rows(reminders) == [(sent,)]
        to_client = [one for one in mail.received if one.to == ("client0@example.com",)]
    assert len(to_client) == 2  # that it is booked, and the reminder


def seconds_until_due(date: str, hour: int) -> int:
    """Return in how many seconds a reminder two days ahead of the slot is due."""
    day = dt.datetime.combine(dt.date.fromisoformat(date), dt.time(hour))
    due = day.replace(tzinfo=ZoneInfo("Europe/London")) - dt.timedelta(hours=48)
    return int((due - dt.datetime.now(dt.UTC)).total_seconds())


def test_feed_offers_no_hour_that_is_over(two, shared):
    """They may differ at the notice and at the horizon, and nowhere else."""
    feed = "/appointments/availability.json"
    ahead, behind = (json.loads(client(each, shared).get(feed).text)["days"] for each in two)
    assert min(*ahead, *behind) >= str(dt.datetime.now(dt.UTC).date())
    same = sorted({*ahead} & {*behind})[1:-1]
    assert len(same) > 40
    assert [ahead[day] for day in same] == [behind[day] for day in same]
