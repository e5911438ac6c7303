"""The counsellor's day by mail: for who asked, once in the morning, with initials only."""

import datetime as dt

import pytest
from django.core import mail as outgoing
from post_office.models import Email

from accounts import people
from accounts.models import User
from appointments import booking, reminders
from tests.conftest import NOW, TUESDAY
from therapeutics import mail
from therapeutics.models import MailKind, MailRecord

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)
SEVEN = dt.datetime(2026, 11, 10, 7, tzinfo=dt.UTC)  # on TUESDAY, in London


@pytest.fixture
def early_bird(counsellor) -> User:
    """The counsellor, who has asked for the agenda."""
    people.choose_mail(person=counsellor, agenda=True)
    return counsellor


def queue_agendas(now: dt.datetime) -> int:
    queued = reminders.queue_agendas(now=now)
    assert queued <= MailRecord.objects.filter(kind=MailKind.AGENDA).count()
    return queued


def test_who_asked_gets_it_and_nobody_else(early_bird, superuser, ada, book):
    people.choose_mail(person=ada, agenda=True)
    book(ada)
    assert queue_agendas(SEVEN) == 1
    assert Email.objects.get().to == ["counsellor@example.com"]


def test_nobody_gets_it_unasked(counsellor, superuser, ada, book):
    book(ada)
    assert queue_agendas(SEVEN) == 0


def test_it_comes_once_a_day(clock, early_bird, ada, book):
    book(ada)
    book(ada, TUESDAY + dt.timedelta(days=1))
    clock.move_to(SEVEN)
    times = [SEVEN + n * HOUR / 4 for n in range(20)]
    assert [queue_agendas(now) for now in times] == [1] + [0] * 19
    mail.deliver()
    assert queue_agendas(SEVEN + 4 * HOUR) == 0
    assert queue_agendas(SEVEN + 24 * HOUR) == 1
    assert len(outgoing.outbox) == 1


@pytest.mark.parametrize(
    ("zone", "seven"),
    [
        ("Europe/London", SEVEN),
        ("America/New_York", SEVEN + 5 * HOUR),
        ("Australia/Sydney", SEVEN - 11 * HOUR),
    ],
)
def test_it_comes_in_the_morning_of_the_practice(early_bird, ada, book, settings, zone, seven):
    settings.TIME_ZONE = zone
    book(ada)
    second = dt.timedelta(seconds=1)
    outside = [seven - second, seven + 5 * HOUR, seven + 10 * HOUR, seven + 17 * HOUR - second]
    assert [queue_agendas(now) for now in outside] == [0] * 4
    assert queue_agendas(seven) == 1
    assert "Tue 10 Nov" in Email.objects.get().subject


@pytest.mark.parametrize(
    "seven",
    [
        dt.datetime(2026, 10, 26, 7, tzinfo=dt.UTC),
        dt.datetime(2027, 3, 29, 6, tzinfo=dt.UTC),
    ],
)
def test_it_comes_at_seven_after_the_clock_has_changed(early_bird, ada, book, seven):
    book(ada, seven.date(), by=early_bird, now=seven - 7 * 24 * HOUR)
    assert queue_agendas(seven - dt.timedelta(seconds=1)) == 0
    assert queue_agendas(seven) == 1


def test_late_worker_sends_it_until_noon(early_bird, ada, book):
    book(ada)
    assert queue_agendas(SEVEN + 5 * HOUR - dt.timedelta(seconds=1)) == 1


def test_there_is_none_on_a_day_without_sessions(early_bird, ada, book):
    cancelled = book(ada)
    booking.cancel(appointment=cancelled, by=ada, now=NOW, notify=False)
    book(ada, TUESDAY + dt.timedelta(days=1))
    assert queue_agendas(SEVEN) == 0


def test_it_lists_the_day_in_order_with_initials_only(early_bird, ada, ben, book):
    User.objects.filter(pk=ada.pk).update(name="Ada Lovelace")
    book(ben, TUESDAY, 15)
    book(ada, TUESDAY, 9)
    cancelled = book(ada, TUESDAY, 12)
    booking.cancel(appointment=cancelled, by=ada, now=NOW, notify=False)
    queue_agendas(SEVEN)
    email = Email.objects.get()
    lines = [line for line in email.message.splitlines() if line.startswith("- ")]
    assert lines == ["- 09:00 AL", "- 15:00 B"]
    for name in ("Ada", "Lovelace", "Ben"):
        assert name not in email.subject + email.message + email.html_message


def test_it_is_not_sent_any_more_when_the_day_is_over(clock, early_bird, ada, book):
    book(ada)
    queue_agendas(SEVEN)
    clock.move_to(SEVEN + 10 * HOUR)
    assert mail.deliver() == 0
    assert outgoing.outbox == []


@pytest.mark.parametrize("fields", [{"is_active": False}, {"email": ""}, {"is_staff": False}])
def test_who_is_not_staff_any_more_or_out_of_reach_gets_none(early_bird, ada, book, fields):
    book(ada)
    User.objects.filter(pk=early_bird.pk).update(**fields)
    assert queue_agendas(SEVEN) == 0
