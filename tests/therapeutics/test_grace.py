"""The few minutes in which a change waits for the next one: one mail tells of both."""

import datetime as dt
from collections.abc import Callable

import pytest

from appointments import booking, calendar, notifications
from appointments.models import Appointment, Closure, Slot, Status
from tests.conftest import NOW, TUESDAY
from tests.smtp import Received, Server
from therapeutics import mail
from therapeutics.models import MailRecord, MailState

pytestmark = [pytest.mark.once, pytest.mark.django_db]

ADA, COUNSELLOR = "ada@example.com", "counsellor@example.com"
MINUTE = dt.timedelta(minutes=1)
GRACE, RETRY = 3 * MINUTE, dt.timedelta(minutes=15)


@pytest.fixture
def later(clock, smtp) -> Callable[..., dt.datetime]:
    """Lets minutes pass, with a worker that looks each minute; returns what time it is then."""

    def passed(time: dt.timedelta = MINUTE) -> dt.datetime:
        for _minute in range(time // MINUTE):
            clock.shift(MINUTE)
            notifications.write_due()
            mail.deliver()
        return dt.datetime.now(dt.UTC)

    return passed


@pytest.fixture
def booked(ada, counsellor, clock) -> Appointment:
    return booking.book(client=ada, by=ada, date=TUESDAY, hour=10, now=NOW)


@pytest.fixture
def told(ada, counsellor, book) -> Appointment:
    """An appointment at 10 that all know of."""
    return book(ada, by=counsellor)


def move(one: Appointment, hour: int, now: dt.datetime, by=None) -> Appointment:
    return booking.move(appointment=one, date=TUESDAY, hour=hour, by=by or one.client, now=now)


def text(received: Received) -> str:
    return received.message.get_body(("plain",)).get_content()


def only(server: Server, address: str) -> Received:
    (received,) = server.to(address)
    return received


def subjects(server: Server, address: str) -> list[str]:
    return [one.message["Subject"] for one in server.to(address)]


def test_booking_waits_for_three_minutes(booked, later, smtp):
    later(GRACE - MINUTE)
    assert smtp.received == []
    later()
    assert subjects(smtp, ADA) == ["We have your request for Tue 10 Nov, 10:00"]
    assert subjects(smtp, COUNSELLOR) == ["New request: Tue 10 Nov, 10:00"]


def test_booking_that_moves_within_it_is_one_mail_with_the_new_time(booked, later, smtp):
    move(booked, 15, later())
    later(2 * GRACE)
    assert subjects(smtp, ADA) == ["We have your request for Tue 10 Nov, 15:00"]
    assert subjects(smtp, COUNSELLOR) == ["New request: Tue 10 Nov, 15:00"]
    assert "10:00" not in text(only(smtp, ADA))
    (file,) = only(smtp, ADA).message.iter_attachments()
    assert "T150000" in file.get_content()
    assert "T100000" not in file.get_content()
    assert [one.state for one in MailRecord.objects.order_by("mail_id")] == [
        *[MailState.WITHDRAWN] * 2,
        *[MailState.SENT] * 2,
    ]


def test_booking_that_moves_within_it_waits_anew(booked, later, smtp):
    move(booked, 15, later(GRACE - MINUTE))
    later(GRACE - MINUTE)
    assert smtp.received == []
    later()
    assert len(smtp.received) == 2


def test_booking_that_is_cancelled_within_it_is_one_mail(booked, later, smtp):
    booking.cancel(appointment=booked, by=booked.client, now=later())
    later(2 * GRACE)
    assert subjects(smtp, ADA) == ["Cancelled: your appointment on Tue 10 Nov, 10:00"]
    assert subjects(smtp, COUNSELLOR) == ["Cancelled by client: Tue 10 Nov, 10:00"]


def test_request_that_is_confirmed_within_it_is_one_mail(booked, counsellor, later, smtp):
    booking.set_status(appointment=booked, status=Status.CONFIRMED, by=counsellor, now=later())
    later(2 * GRACE)
    assert subjects(smtp, ADA) == ["Confirmed: your appointment on Tue 10 Nov, 10:00"]
    assert subjects(smtp, COUNSELLOR) == []


def test_two_moves_are_one_mail_of_the_time_first_known_and_the_last(told, later, smtp):
    moved = move(told, 14, NOW)
    move(moved, 15, later())
    later(2 * GRACE)
    for address in (ADA, COUNSELLOR):
        said = text(only(smtp, address))
        assert "10:00" in said
        assert "15:00" in said
        assert "14:00" not in said


def test_three_moves_are_one_mail(told, later, smtp):
    for hour in (12, 13, 14):
        told = move(told, hour, later())
    later(2 * GRACE)
    said = text(only(smtp, ADA))
    assert ("10:00" in said, "14:00" in said, "13:00" in said) == (True, True, False)


def test_move_there_and_back_is_one_mail_of_the_time_it_has(told, later, smtp):
    move(move(told, 15, NOW), 10, later())
    later(2 * GRACE)
    assert "10:00" in only(smtp, ADA).message["Subject"]
    assert "15:00" not in text(only(smtp, ADA))


def test_move_that_is_cancelled_within_it_is_one_mail(told, later, smtp):
    moved = move(told, 15, NOW)
    booking.cancel(appointment=moved, by=told.client, now=later())
    later(2 * GRACE)
    assert subjects(smtp, ADA) == ["Cancelled: your appointment on Tue 10 Nov, 15:00"]
    assert len(smtp.to(COUNSELLOR)) == 1


def test_changes_after_it_are_mails_of_their_own(booked, later, smtp):
    moved = move(booked, 15, later(GRACE))
    booking.cancel(appointment=moved, by=booked.client, now=later(GRACE))
    later(GRACE)
    assert [one.partition(":")[0] for one in subjects(smtp, ADA)] == [
        *("We have your request for Tue 10 Nov, 10", "Moved", "Cancelled")
    ]
    assert [one.partition(":")[0] for one in subjects(smtp, COUNSELLOR)] == [
        *("New request", "Moved by client", "Cancelled by client")
    ]
    assert "10:00" in text(smtp.to(ADA)[1])


def test_mail_that_could_not_be_sent_is_overtaken_as_well(booked, later, smtp):
    smtp.stop()
    moved_at = later(GRACE)
    move(booked, 15, moved_at)
    smtp.start()
    later(RETRY + GRACE)
    assert subjects(smtp, ADA) == ["We have your request for Tue 10 Nov, 15:00"]
    assert subjects(smtp, COUNSELLOR) == ["New request: Tue 10 Nov, 15:00"]


def test_each_is_told_of_the_time_that_they_know(told, later, smtp):
    """The client knows of the first move; the counsellor's mail of it could not be sent."""
    smtp.refused = {COUNSELLOR}
    moved = move(told, 14, NOW)
    now = later(GRACE)
    smtp.refused = set()
    move(moved, 15, now)
    later(GRACE)
    known_to_client = text(smtp.to(ADA)[1])
    assert ("14:00" in known_to_client, "10:00" in known_to_client) == (True, False)
    known_to_counsellor = text(only(smtp, COUNSELLOR))
    assert ("14:00" in known_to_counsellor, "10:00" in known_to_counsellor) == (False, True)


def test_changes_of_one_appointment_leave_another_s_mail_alone(booked, ada, later, smtp):
    booking.book(client=ada, by=ada, date=TUESDAY, hour=11, now=NOW)
    booking.cancel(appointment=booked, by=ada, now=later())
    later(GRACE)
    assert "We have your request for Tue 10 Nov, 11:00" in subjects(smtp, ADA)
    assert len(smtp.to(ADA)) == 2


def test_practice_that_moves_and_cancels_names_the_time_that_the_client_knows(
    told, counsellor, later, smtp
):
    moved = move(told, 15, NOW, by=counsellor)
    booking.cancel(appointment=moved, by=counsellor, now=later())
    later(GRACE)
    assert "10:00" in text(only(smtp, ADA))


def test_leave_over_a_booking_of_a_minute_ago_is_told_in_one_mail(smtp, later, booked, counsellor):
    closures = [Closure(first_date=TUESDAY, last_date=TUESDAY)]
    to = Slot(TUESDAY + dt.timedelta(days=1), 9)
    calendar.close(closures=closures, answers={booked.pk: to}, by=counsellor, now=later())
    later(GRACE + MINUTE)
    told = only(smtp, ADA)
    assert "11 Nov, 09:00" in told.message["Subject"]
    assert "10 Nov" not in text(told)
