"""Mail about bookings is written by the worker: all of it, once, as the booking was."""

import datetime as dt

import pytest
from django.core.management import call_command
from post_office.models import Email

from appointments import booking, erasure, notifications
from appointments.models import AppointmentEvent
from appointments.notifications import words
from tests.conftest import NOW, TUESDAY
from therapeutics import mail
from therapeutics.models import MailRecord, MailState

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "counsellor")]

GRACE, DAY = dt.timedelta(minutes=3), dt.timedelta(days=1)


@pytest.fixture
def booked(ada):
    return booking.book(client=ada, by=ada, date=TUESDAY, hour=10, now=NOW)


def states() -> list[MailState]:
    records = MailRecord.objects.select_related("mail").order_by("mail")
    return [record.state for record in records]


def test_nothing_is_written_with_the_booking(booked):
    assert not Email.objects.exists()
    assert AppointmentEvent.objects.get().to_tell


def test_worker_writes_it_once_to_be_sent_after_the_grace(booked):
    assert notifications.write_due() == 1
    mails = Email.objects.order_by("pk")
    assert [mail.to for mail in mails] == [["ada@example.com"], ["counsellor@example.com"]]
    assert {mail.scheduled_time for mail in mails} == {NOW + GRACE}
    assert notifications.write_due() == 0
    assert len(mails.all()) == 2


def test_nothing_is_to_be_told_where_that_was_not_wanted(ada):
    booking.book(client=ada, by=ada, date=TUESDAY, hour=10, now=NOW, notify=False)
    assert notifications.write_due() == 0
    assert not Email.objects.exists()


def test_who_changes_it_first_overtakes_it(booked, ada):
    booking.move(appointment=booked, by=ada, date=TUESDAY, hour=15, now=NOW)
    assert states() == [MailState.WITHDRAWN] * 2 + [MailState.WAITING] * 2
    assert "10:00" in Email.objects.order_by("pk")[0].subject  # as it was booked
    assert notifications.write_due() == 0


def test_address_is_that_of_the_moment_it_is_written(booked, ada):
    type(ada).objects.filter(pk=ada.pk).update(email="new@example.com")
    notifications.write_due()
    assert Email.objects.order_by("pk")[0].to == ["new@example.com"]


def test_what_cannot_be_written_keeps_no_other_waiting(booked, ben, monkeypatch):
    booking.book(client=ben, by=ben, date=TUESDAY, hour=11, now=NOW)
    right = words.booked

    def wrong(appointment):
        if appointment == booked:
            raise ValueError
        return right(appointment)

    monkeypatch.setattr(words, "booked", wrong)
    assert notifications.write_due() == 1
    assert Email.objects.filter(to="ben@example.com").exists()
    monkeypatch.setattr(words, "booked", right)
    assert notifications.write_due() == 1
    assert Email.objects.filter(to="ada@example.com").exists()


def test_what_cannot_be_written_is_told_after_a_while(booked, client, clock, monkeypatch):
    def wrong(_appointment):
        raise ValueError

    monkeypatch.setattr(words, "booked", wrong)
    call_command("deliver", once=True)
    assert client.get("/healthz?deep=1").status_code == 200
    clock.shift(mail.LATE_AFTER)
    call_command("deliver", once=True)
    answer = client.get("/healthz?deep=1")
    assert (answer.status_code, answer.content) == (503, b"mail unwritten: 1")
    monkeypatch.undo()
    call_command("deliver", once=True)
    assert client.get("/healthz?deep=1").status_code == 200


def test_nobody_who_is_erased_is_written_to(ada, counsellor, superuser, clock):
    """The worker was away, and the session is over."""
    booking.book(client=ada, by=counsellor, date=TUESDAY, hour=10, now=NOW)
    clock.shift(14 * DAY)
    erasure.erase(person=ada, by=superuser, now=NOW + 14 * DAY)
    assert notifications.write_due() == 1
    assert not Email.objects.exists()
