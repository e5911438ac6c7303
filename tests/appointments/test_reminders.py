"""Reminders and agendas: queued once each when they are due, whatever happens around them."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import mail as outgoing
from django.db import connection
from post_office.models import Email

from accounts import people
from accounts.models import Reminder, User
from appointments import booking, notifications, reminders
from appointments.models import Appointment, Slot, Status
from tests.conftest import NOW, TUESDAY
from therapeutics import mail
from therapeutics.models import MailKind, MailRecord, MailState

pytestmark = pytest.mark.django_db

HOUR, DAY, SECOND = dt.timedelta(hours=1), dt.timedelta(days=1), dt.timedelta(seconds=1)
THURSDAY = TUESDAY + 2 * DAY
START = dt.datetime(2026, 11, 10, 10, tzinfo=dt.UTC)  # of a session on TUESDAY at ten
# Mondays after the night in which the clock changes, each with its start at ten o'clock.
IN_WINTER = (dt.date(2026, 10, 26), dt.datetime(2026, 10, 26, 10, tzinfo=dt.UTC))
IN_SUMMER = (dt.date(2027, 3, 29), dt.datetime(2027, 3, 29, 9, tzinfo=dt.UTC))
after_the_change = pytest.mark.parametrize(("day", "start"), [IN_WINTER, IN_SUMMER])


@pytest.fixture
def session(ada, counsellor, book) -> Appointment:
    """Confirmed, on TUESDAY at ten; ada is reminded a day before."""
    return book(ada, by=counsellor)


def queue_due(now: dt.datetime) -> int:
    """Queue what is due, and make sure that the number told is the number queued."""
    before = reminded().count()
    queued = reminders.queue_due(now=now)
    assert reminded().count() - before == queued
    return queued


def reminded():
    return MailRecord.objects.filter(kind=MailKind.REMINDER)


def move(session: Appointment, date: dt.date, hour: int, *, by: User, now: dt.datetime) -> None:
    booking.move(appointment=session, date=date, hour=hour, by=by, now=now)


@pytest.mark.parametrize("hours", [48, 24, 2])
class TestTerm:
    def test_reminder_is_due_as_early_as_the_client_has_chosen(self, ada, session, hours):
        people.choose_mail(person=ada, reminder=hours)
        assert queue_due(START - hours * HOUR - SECOND) == 0
        assert queue_due(START - hours * HOUR) == 1

    @after_the_change
    def test_it_is_as_many_hours_when_the_clock_changes(
        self, ada, counsellor, book, hours, day, start
    ):
        book(ada, day, by=counsellor, now=start - 7 * DAY)
        people.choose_mail(person=ada, reminder=hours)
        assert queue_due(start - hours * HOUR - SECOND) == 0
        assert queue_due(start - hours * HOUR) == 1
        assert ", 10:00" in Email.objects.get().subject

    def test_it_is_queued_once_however_often_it_is_asked(self, ada, session, hours):
        people.choose_mail(person=ada, reminder=hours)
        minutes = range(0, hours * 60 + 60, 20)
        times = [START - hours * HOUR + dt.timedelta(minutes=n) for n in minutes]
        assert sum(queue_due(now) for now in times) == 1

    @pytest.mark.parametrize("late", [SECOND, HOUR])
    def test_who_books_after_that_moment_is_not_reminded(self, ada, counsellor, book, hours, late):
        people.choose_mail(person=ada, reminder=hours)
        booking.book(
            client=ada, by=counsellor, date=TUESDAY, hour=10, now=START - hours * HOUR + late
        )
        assert queue_due(START - SECOND) == 0

    def test_who_was_told_nothing_of_it_is_reminded(self, ada, counsellor, book, hours):
        people.choose_mail(person=ada, reminder=hours)
        book(ada, by=counsellor, now=START - hours * HOUR + SECOND)  # which tells nobody
        assert queue_due(START - SECOND) == 1


def test_client_who_wants_none_gets_none(ada, session):
    people.choose_mail(person=ada, reminder=Reminder.NONE)
    times = [START - n * HOUR for n in (49, 48, 24, 2, 1, 0)]
    assert [queue_due(now) for now in times] == [0] * 6


def test_reminder_is_a_mail_to_the_client_alone(session):
    queue_due(START - DAY)
    email = Email.objects.get()
    assert (email.to, email.cc, email.bcc) == (["ada@example.com"], [], [])
    assert email.subject == "Reminder: your appointment on Tue 10 Nov, 10:00"
    assert email.record.expires_at == START
    assert f"/appointments/{session.pk}/" in email.message
    assert not email.attachments.exists()


@pytest.mark.parametrize(
    ("zone", "start"),
    [("America/New_York", 15), ("Asia/Kolkata", 4.5), ("Australia/Sydney", -1)],
)
def test_reminder_speaks_and_counts_by_the_practices_clock(
    ada, counsellor, book, settings, zone, start
):
    settings.TIME_ZONE = zone
    starts_at = dt.datetime(2026, 11, 10, tzinfo=dt.UTC) + start * HOUR
    book(ada, by=counsellor)
    assert queue_due(starts_at - DAY - SECOND) == 0
    assert queue_due(starts_at - DAY) == 1
    email = Email.objects.get()
    assert "Tue 10 Nov, 10:00" in email.subject
    assert "Tue 10 Nov, 10:00" in email.message


def test_reminder_that_was_sent_is_not_queued_again(clock, session):
    clock.move_to(START - DAY)
    assert queue_due(START - DAY) == 1
    assert mail.deliver() == 1
    assert queue_due(START - HOUR) == 0
    assert mail.deliver() == 0


def test_client_who_changes_the_term_is_reminded_once(clock, ada, session):
    people.choose_mail(person=ada, reminder=Reminder.TWO_DAYS)
    clock.move_to(START - 2 * DAY)
    assert queue_due(START - 2 * DAY) == 1
    mail.deliver()
    people.choose_mail(person=ada, reminder=Reminder.ONE_DAY)
    assert queue_due(START - DAY) == 0


class TestChanges:
    def test_request_that_waits_gets_none(self, ada, book):
        book(ada)
        assert queue_due(START - HOUR) == 0

    def test_request_that_is_confirmed_in_time_gets_one(self, ada, counsellor, book):
        booking.set_status(
            appointment=book(ada), status=Status.CONFIRMED, by=counsellor, now=START - 3 * DAY
        )
        assert queue_due(START - DAY) == 1

    def test_request_that_is_confirmed_late_gets_none(self, ada, counsellor, book):
        booking.set_status(
            appointment=book(ada), status=Status.CONFIRMED, by=counsellor, now=START - 3 * HOUR
        )
        assert queue_due(START - HOUR) == 0

    def test_cancelled_one_gets_none(self, counsellor, session):
        booking.cancel(appointment=session, by=counsellor, now=NOW)
        assert queue_due(START - HOUR) == 0

    def test_cancelling_withdraws_the_one_that_waits(self, clock, ada, counsellor, session):
        clock.move_to(START - DAY)
        queue_due(START - DAY)
        booking.cancel(appointment=session, by=counsellor, now=START - DAY)
        mail.deliver()
        assert [sent.subject for sent in outgoing.outbox] == [
            "Cancelled: your appointment on Tue 10 Nov, 10:00"
        ]
        assert reminded().get().state == MailState.WITHDRAWN

    def test_moving_withdraws_the_one_that_waits(self, clock, counsellor, session):
        clock.move_to(START - DAY)
        queue_due(START - DAY)
        move(session, THURSDAY, 10, by=counsellor, now=START - DAY)
        assert reminded().get().state == MailState.WITHDRAWN

    def test_moved_one_is_reminded_of_at_its_new_time(self, clock, counsellor, session):
        clock.move_to(START - DAY)
        queue_due(START - DAY)
        mail.deliver()
        move(session, THURSDAY, 14, by=counsellor, now=START - HOUR)
        assert queue_due(START) == 0
        assert queue_due(START + 2 * DAY + 4 * HOUR - DAY) == 1
        assert "Thu 12 Nov, 14:00" in reminded().latest("mail").mail.subject

    def test_moved_within_the_term_it_gets_none(self, counsellor, session):
        move(session, TUESDAY, 14, by=counsellor, now=START - 3 * HOUR)
        assert [queue_due(START + n * HOUR) for n in (-2, 0, 2, 3, 4)] == [0] * 5

    def test_moved_away_and_back_in_time_it_is_reminded_of_once(self, counsellor, session):
        move(session, THURSDAY, 10, by=counsellor, now=START - 4 * DAY)
        move(session, TUESDAY, 10, by=counsellor, now=START - 3 * DAY)
        assert [queue_due(START + n * HOUR) for n in (-24, -1, 24, 48)] == [1, 0, 0, 0]

    def test_moved_away_and_back_after_its_reminder_it_gets_no_other(
        self, clock, counsellor, session
    ):
        clock.move_to(START - DAY)
        queue_due(START - DAY)
        mail.deliver()
        move(session, THURSDAY, 10, by=counsellor, now=START - 5 * HOUR)
        move(session, TUESDAY, 10, by=counsellor, now=START - 4 * HOUR)
        assert [queue_due(START + n * HOUR) for n in (-3, -1, 24, 47)] == [0] * 4

    def test_session_that_comes_back_in_time_is_reminded_of(self, counsellor, session):
        booking.cancel(appointment=session, by=counsellor, now=NOW)
        booking.set_status(
            appointment=session, status=Status.CONFIRMED, by=counsellor, now=NOW + HOUR
        )
        assert queue_due(START - DAY) == 1


class TestLateWorker:
    def test_late_reminder_is_queued_before_the_start_only(self, session):
        assert queue_due(START - DAY - SECOND) == 0
        assert queue_due(START - SECOND) == 1
        assert queue_due(START - SECOND) == 0

    @pytest.mark.parametrize("late", [dt.timedelta(0), SECOND, 30 * 60 * SECOND, DAY])
    def test_there_is_none_from_the_start_on(self, session, late):
        assert queue_due(START + late) == 0

    def test_queued_one_is_not_sent_from_the_start_on(self, clock, session):
        queue_due(START - HOUR)
        clock.move_to(START)
        assert mail.deliver() == 0
        assert outgoing.outbox == []
        assert reminded().get().state == MailState.FAILED

    def test_queued_one_is_sent_late_but_before_the_start(self, clock, session):
        queue_due(START - DAY)
        clock.move_to(START - SECOND)
        assert mail.deliver() == 1


@pytest.mark.parametrize("fields", [{"is_active": False}, {"email": ""}])
def test_who_cannot_be_reached_is_not_reminded(ada, session, fields):
    User.objects.filter(pk=ada.pk).update(**fields)
    assert queue_due(START - HOUR) == 0


def test_each_session_has_its_own(ada, ben, counsellor, book):
    for person, hour in ((ada, 10), (ada, 11), (ben, 12)):
        book(person, TUESDAY, hour, by=counsellor)
    assert queue_due(START - DAY + 2 * HOUR) == 3
    to = sorted(str(*email.to) for email in Email.objects.all())
    assert to == ["ada@example.com", "ada@example.com", "ben@example.com"]


@pytest.mark.parametrize("change", ["cancelled", "moved"])
def test_session_that_changes_while_reminders_are_queued_is_not_reminded_of(
    monkeypatch, ada, ben, counsellor, book, change
):
    """One is changed when the other has its reminder, and was listed as due with it."""
    listed, now = [book(ada, by=counsellor), book(ben, hour=11, by=counsellor)], START - HOUR
    remind = notifications.reminder

    def remind_and_change(first: Appointment, *, once: str) -> bool:
        listed.remove(first)
        if listed and change == "cancelled":
            booking.cancel(appointment=listed[0], by=counsellor, now=now)
        elif listed:
            move(listed[0], THURSDAY, 11, by=counsellor, now=now)
        return remind(first, once=once)

    monkeypatch.setattr(notifications, "reminder", remind_and_change)
    assert queue_due(now) == 1
    assert reminded().get().about != listed[0].pk


def asked_at_once(now: dt.datetime, workers: int) -> list[int]:
    """Ask for what is due from several connections at the same moment."""
    ready = threading.Barrier(workers)

    def ask() -> int:
        try:
            ready.wait(timeout=30)
            return reminders.queue_due(now=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as pool:
        return [asked.result() for asked in [pool.submit(ask) for _n in range(workers)]]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("workers", [2, 6])
def test_workers_at_once_queue_each_reminder_once(ada, counsellor, book, workers):
    slots = [Slot(TUESDAY + n * DAY, hour) for n in (0, 1) for hour in range(9, 18)]
    for slot in slots:
        book(ada, *slot, by=counsellor)
    User.objects.update(reminder=Reminder.TWO_DAYS)
    told = asked_at_once(START - 2 * HOUR, workers)
    assert sum(told) == reminded().count() == Email.objects.count() == len(slots)
