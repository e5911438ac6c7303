"""CONTRACT's table of status changes: every pair, before and after the start."""

import datetime as dt

import pytest

from appointments import booking, errors
from appointments.models import Appointment, CancelledBy, Closure, Status
from tests.conftest import NOW, TUESDAY
from tests.rows import unchanged

pytestmark = pytest.mark.django_db

BEFORE = NOW
AFTER = dt.datetime(2026, 11, 10, 10, tzinfo=dt.UTC)  # the second at which TUESDAY 10:00 starts
ALLOWED = {
    ("pending", "confirmed"),
    ("pending", "cancelled"),
    ("confirmed", "cancelled"),
    ("confirmed", "attended"),
    ("confirmed", "no_show"),
    ("attended", "no_show"),
    ("no_show", "attended"),
    ("cancelled", "confirmed"),
}
ONCE_STARTED = {"attended", "no_show"}


@pytest.fixture
def appointment_in(ada, book):
    """Returns an appointment of ada's on TUESDAY at 10 that has the status."""

    def made(status: Status) -> Appointment:
        appointment = book(ada, TUESDAY, 10)
        cancelled_by = CancelledBy.CLIENT if status == Status.CANCELLED else ""
        Appointment.objects.update(status=status, cancelled_by=cancelled_by)
        appointment.refresh_from_db()
        return appointment

    return made


@pytest.mark.parametrize("now", [BEFORE, AFTER - dt.timedelta(seconds=1), AFTER])
@pytest.mark.parametrize("to", list(Status))
@pytest.mark.parametrize("start", list(Status))
def test_change_is_made_or_refused_as_the_table_says(appointment_in, counsellor, start, to, now):
    appointment = appointment_in(start)
    change = {"appointment": appointment, "status": to, "by": counsellor, "now": now}
    allowed = (start, to) in ALLOWED and not (to in ONCE_STARTED and now < AFTER)
    assert (to in booking.changes(appointment, now=now)) is allowed
    if not allowed:
        refusal = errors.NotStarted if (start, to) in ALLOWED else errors.ChangeRefused
        if start == Status.PENDING and to in ONCE_STARTED:
            refusal = errors.NotConfirmed
        with unchanged(), pytest.raises(refusal) as raised:
            booking.set_status(**change, notify=False)
        assert raised.value.conflict
        return
    booking.set_status(**change, notify=False)
    appointment.refresh_from_db()
    assert appointment.status == to
    assert appointment.cancelled_by == (CancelledBy.PRACTICE if to == "cancelled" else "")
    event = appointment.events.last()
    assert (event.from_status, event.to_status, event.by) == (start, to, counsellor)


def test_cancelled_is_not_reinstated_when_its_slot_was_given_away(ada, ben, counsellor, book):
    first = book(ada)
    booking.cancel(appointment=first, by=ada, now=NOW, notify=False)
    book(ben)
    with unchanged(), pytest.raises(errors.SlotTaken):
        booking.set_status(
            appointment=first, status=Status.CONFIRMED, by=counsellor, now=NOW, notify=False
        )


def test_reinstating_into_a_closure_is_asked_about(ada, counsellor, book):
    held = booking.cancel(appointment=book(ada), by=counsellor, now=NOW, notify=False)
    Closure.objects.create(first_date=held.date, last_date=held.date)
    back = {"appointment": held, "status": Status.CONFIRMED, "by": counsellor, "notify": False}
    with unchanged(), pytest.raises(errors.SlotClosed):
        booking.set_status(**back, now=NOW)
    assert booking.set_status(**back, now=NOW, anyway=True).status == Status.CONFIRMED


def test_what_is_over_is_reinstated_whatever_the_calendar_says(ada, counsellor, book):
    held = booking.cancel(appointment=book(ada), by=counsellor, now=NOW, notify=False)
    Closure.objects.create(first_date=held.date, last_date=held.date)
    back = {"appointment": held, "status": Status.CONFIRMED, "by": counsellor}
    assert booking.set_status(**back, now=AFTER).status == Status.CONFIRMED


def test_reinstated_appointment_forgets_the_cancellation(ada, counsellor, book):
    appointment = book(ada)
    late = appointment.starts_at - dt.timedelta(hours=1)
    booking.cancel(appointment=appointment, by=ada, now=late, notify=False)
    appointment.refresh_from_db()
    assert appointment.cancelled_late
    booking.set_status(
        appointment=appointment, status=Status.CONFIRMED, by=counsellor, now=late, notify=False
    )
    appointment.refresh_from_db()
    assert (appointment.cancelled_by, appointment.cancelled_late) == ("", False)
    assert [event.late for event in appointment.events.all()] == [False, True, False]


def test_every_status_is_in_the_table(practice):
    assert set(Status) == {status for pair in ALLOWED for status in pair}
