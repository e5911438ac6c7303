"""Booking, moving and cancelling: who may do what, and that a refusal changes nothing."""

import datetime as dt

import pytest
from django.db import IntegrityError

from appointments import booking, errors, slots
from appointments.booking import writing
from appointments.models import (
    Appointment,
    AppointmentEvent,
    BookingPolicy,
    CancelledBy,
    Closure,
    Status,
)
from tests.conftest import NOW, TUESDAY
from tests.rows import unchanged

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)
DAY = 24 * HOUR
SATURDAY = dt.date(2026, 11, 14)


@pytest.fixture
def blind(monkeypatch) -> None:
    """The look before the write sees nothing."""
    monkeypatch.setattr(slots, "require_open", lambda **_asked: BookingPolicy.load())


def slot(appointment: Appointment) -> tuple[dt.date, int]:
    appointment.refresh_from_db()
    return appointment.date, appointment.hour


def move(appointment: Appointment, date: dt.date, hour: int, *, by, now=NOW) -> Appointment:
    return booking.move(appointment=appointment, date=date, hour=hour, by=by, now=now, notify=False)


def cancel(appointment: Appointment, *, by, now=NOW) -> Appointment:
    return booking.cancel(appointment=appointment, by=by, now=now, notify=False)


class TestBook:
    def test_clients_booking_waits_for_confirmation(self, ada, book):
        appointment = Appointment.objects.get(pk=book(ada, TUESDAY, 10).pk)
        assert appointment.status == Status.PENDING
        assert appointment.client == ada
        assert slot(appointment) == (TUESDAY, 10)
        assert appointment.created_at == NOW

    def test_clients_booking_is_confirmed_when_the_policy_asks_for_nothing(self, ada, book):
        BookingPolicy.objects.create(needs_confirmation=False)
        assert book(ada).status == Status.CONFIRMED

    def test_staff_booking_is_confirmed(self, ada, counsellor, book):
        appointment = book(ada, by=counsellor)
        assert (appointment.status, appointment.client) == (Status.CONFIRMED, ada)

    def test_note_is_kept(self, ada):
        appointment = booking.book(
            client=ada, date=TUESDAY, hour=9, by=ada, now=NOW, note="Step-free", notify=False
        )
        assert Appointment.objects.get(pk=appointment.pk).note == "Step-free"

    def test_taken_slot_is_refused(self, ada, ben, counsellor, book):
        book(ada)
        for by in (ben, counsellor):
            with unchanged(), pytest.raises(errors.SlotTaken):
                book(ben, by=by)

    def test_own_slot_leads_to_the_appointment_held(self, ada, book):
        held = book(ada)
        with unchanged(), pytest.raises(errors.AlreadyBooked) as refusal:
            book(ada)
        assert refusal.value.appointment == held

    def test_constraint_decides_when_the_polite_look_saw_a_free_slot(self, ada, ben, book, blind):
        """Another booking that lands between the look and the write."""
        book(ada)
        with unchanged(), pytest.raises(errors.SlotTaken):
            book(ben)

    def test_cancelled_slot_is_given_again(self, ada, ben, book):
        first = cancel(book(ada), by=ada)
        second = book(ben)
        assert slot(first) == slot(second)
        assert list(Appointment.objects.active()) == [second]

    @pytest.mark.parametrize(
        ("date", "hour", "refusal"),
        [
            (TUESDAY - 8 * DAY, 17, errors.TooSoon),
            (TUESDAY - 9 * DAY, 9, errors.SlotPast),
            (SATURDAY, 9, errors.SlotClosed),
            (dt.date(2027, 2, 1), 9, errors.TooFar),
        ],
    )
    def test_slot_outside_the_rules_is_refused(self, ada, book, date, hour, refusal):
        with unchanged(), pytest.raises(refusal):
            book(ada, date, hour)

    def test_closed_slot_is_refused_for_staff_too(self, ada, counsellor, book):
        Closure.objects.create(first_date=TUESDAY, last_date=TUESDAY)
        for by in (ada, counsellor):
            with unchanged(), pytest.raises(errors.SlotClosed):
                book(ada, by=by)

    def test_staff_book_within_the_notice_and_beyond_the_horizon(self, ada, counsellor, book):
        book(ada, NOW.date(), 11, by=counsellor)
        book(ada, NOW.date() + 365 * DAY, 9, by=counsellor)

    def test_client_holds_eight_upcoming_appointments_at_most(self, ada, ben, counsellor, book):
        for hour in range(9, 17):
            last = book(ada, TUESDAY, hour)
        with unchanged(), pytest.raises(errors.TooMany):
            book(ada, TUESDAY, 17)
        book(ben, TUESDAY, 17)
        book(ada, TUESDAY + DAY, 9, by=counsellor)  # staff decide for themselves
        cancel(last, by=ada)
        with unchanged(), pytest.raises(errors.TooMany):
            book(ada, TUESDAY + DAY, 10)

    def test_past_and_cancelled_appointments_do_not_count_to_the_limit(self, ada, book):
        BookingPolicy.objects.create(max_upcoming=1)
        cancel(book(ada, TUESDAY, 9), by=ada)
        book(ada, TUESDAY, 9)
        later = dt.datetime(2026, 11, 10, 10, tzinfo=dt.UTC)
        book(ada, TUESDAY + 7 * DAY, 9, now=later)

    def test_note_of_an_event_holds_no_free_text(self):
        fields = {field.name for field in AppointmentEvent._meta.get_fields()}
        assert not fields & {"note", "reason", "text"}


class TestMove:
    def test_slot_changes_and_the_old_one_is_free(self, ada, ben, book):
        appointment = book(ada, TUESDAY, 10)
        move(appointment, TUESDAY + DAY, 11, by=ada)
        assert slot(appointment) == (TUESDAY + DAY, 11)
        book(ben, TUESDAY, 10)

    def test_taken_slot_leaves_the_appointment_where_it_was(self, ada, ben, counsellor, book):
        appointment, _taken = book(ada, TUESDAY, 10), book(ben, TUESDAY, 11)
        for by in (ada, counsellor):
            with unchanged(), pytest.raises(errors.SlotTaken):
                move(appointment, TUESDAY, 11, by=by)
        assert slot(appointment) == (TUESDAY, 10)

    def test_constraint_decides_when_the_polite_look_saw_a_free_slot(self, ada, ben, book, blind):
        appointment, _taken = book(ada, TUESDAY, 10), book(ben, TUESDAY, 11)
        with unchanged(), pytest.raises(errors.SlotTaken):
            move(appointment, TUESDAY, 11, by=ada)

    def test_client_that_moves_a_confirmed_appointment_waits_again(self, ada, counsellor, book):
        appointment = book(ada, by=counsellor)
        assert move(appointment, TUESDAY, 11, by=ada).status == Status.PENDING

    def test_staff_move_keeps_the_status(self, ada, counsellor, book):
        assert move(book(ada), TUESDAY, 11, by=counsellor).status == Status.PENDING
        confirmed = book(ada, TUESDAY, 14, by=counsellor)
        assert move(confirmed, TUESDAY, 15, by=counsellor).status == Status.CONFIRMED

    def test_own_slot_writes_nothing(self, ada, book):
        appointment = book(ada)
        with unchanged():
            assert move(appointment, TUESDAY, 10, by=ada) == appointment

    def test_notice_to_the_second(self, ada, book):
        appointment = book(ada, TUESDAY, 10)
        limit = appointment.starts_at - DAY
        with unchanged(), pytest.raises(errors.TooLate):
            move(appointment, TUESDAY + DAY, 10, by=ada, now=limit + dt.timedelta(seconds=1))
        move(appointment, TUESDAY + 2 * DAY, 10, by=ada, now=limit)

    def test_staff_move_within_the_notice(self, ada, counsellor, book):
        appointment = book(ada, TUESDAY, 10)
        now = appointment.starts_at - dt.timedelta(minutes=1)
        move(appointment, TUESDAY, 12, by=counsellor, now=now)
        assert slot(appointment) == (TUESDAY, 12)

    def test_started_appointment_is_not_the_clients_to_move(self, ada, book):
        appointment = book(ada)
        with unchanged(), pytest.raises(errors.AlreadyStarted):
            move(appointment, TUESDAY + DAY, 10, by=ada, now=appointment.starts_at)

    @pytest.mark.parametrize(
        ("date", "hour", "refusal"),
        [
            (TUESDAY - 8 * DAY, 17, errors.TooSoon),
            (TUESDAY - 9 * DAY, 9, errors.SlotPast),
            (SATURDAY, 9, errors.SlotClosed),
            (dt.date(2027, 2, 1), 9, errors.TooFar),
        ],
    )
    def test_slot_outside_the_rules_is_refused(self, ada, book, date, hour, refusal):
        appointment = book(ada)
        with unchanged(), pytest.raises(refusal):
            move(appointment, date, hour, by=ada)

    def test_stale_object_does_not_undo_a_cancellation(self, ada, book):
        appointment = book(ada)
        stale = Appointment.objects.get(pk=appointment.pk)
        cancel(appointment, by=ada)
        with unchanged(), pytest.raises(errors.ChangeRefused):
            move(stale, TUESDAY, 11, by=ada)


class TestCancel:
    def test_client_cancels_on_time(self, ada, book):
        appointment = cancel(book(ada), by=ada)
        assert appointment.status == Status.CANCELLED
        assert (appointment.cancelled_by, appointment.cancelled_late) == (CancelledBy.CLIENT, False)

    @pytest.mark.parametrize(("seconds", "late"), [(0, False), (1, True), (3600, True)])
    def test_late_from_the_second_after_the_notice(self, ada, book, seconds, late):
        appointment = book(ada)
        now = appointment.starts_at - DAY + dt.timedelta(seconds=seconds)
        cancelled = cancel(appointment, by=ada, now=now)
        assert cancelled.cancelled_late is late
        assert cancelled.events.last().late is late

    def test_practice_never_cancels_late(self, ada, counsellor, book):
        appointment = book(ada)
        cancelled = cancel(appointment, by=counsellor, now=appointment.starts_at + HOUR)
        assert cancelled.cancelled_by == CancelledBy.PRACTICE
        assert cancelled.cancelled_late is False

    def test_second_cancellation_is_refused(self, ada, counsellor, book):
        appointment = book(ada)
        cancel(appointment, by=ada)
        for by in (ada, counsellor):
            with unchanged(), pytest.raises(errors.ChangeRefused):
                cancel(appointment, by=by)

    def test_client_cancels_up_to_the_start(self, ada, book):
        appointment = book(ada)
        with unchanged(), pytest.raises(errors.AlreadyStarted):
            cancel(appointment, by=ada, now=appointment.starts_at)
        cancel(appointment, by=ada, now=appointment.starts_at - dt.timedelta(seconds=1))

    def test_reason_is_that_of_the_last_change(self, ada, counsellor, book):
        appointment = book(ada)
        change = {"appointment": appointment, "by": counsellor, "now": NOW, "notify": False}
        booking.set_status(**change, status=Status.CONFIRMED, reason="phoned")
        assert booking.cancel(**change, reason="ill").reason == "ill"
        booking.set_status(**change, status=Status.CONFIRMED)
        appointment.refresh_from_db()
        assert appointment.reason == ""


class TestSomebodyElse:
    def test_client_cannot_book_for_another(self, ada, ben):
        with unchanged(), pytest.raises(errors.NotYours):
            booking.book(client=ada, by=ben, date=TUESDAY, hour=10, now=NOW)

    @pytest.mark.parametrize(
        "change",
        [
            lambda **who: booking.move(date=TUESDAY, hour=11, **who),
            booking.cancel,
            lambda **who: booking.set_status(status=Status.CANCELLED, **who),
            lambda **who: booking.set_status(status=Status.CONFIRMED, **who),
        ],
        ids=["move", "cancel", "set_status-cancelled", "set_status-confirmed"],
    )
    def test_client_cannot_change_anothers_appointment(self, ada, ben, book, change):
        appointment = book(ada)
        with unchanged(), pytest.raises(errors.NotYours):
            change(appointment=appointment, by=ben, now=NOW)

    def test_client_cannot_confirm_their_own(self, ada, book):
        appointment = book(ada)
        with unchanged(), pytest.raises(errors.NotYours):
            booking.set_status(appointment=appointment, status=Status.CONFIRMED, by=ada, now=NOW)


def test_other_broken_promises_are_not_called_a_taken_slot(ada):
    """Only the slot's own constraint means that somebody else has it."""
    nobody_cancelled = Appointment(
        client=ada, date=TUESDAY, hour=10, status=Status.CANCELLED, created_at=NOW
    )
    with pytest.raises(IntegrityError):
        writing.claim(nobody_cancelled, NOW)


def test_offers_agree_with_what_is_allowed(ada, book):
    """The buttons a client is shown are the changes that will be accepted."""
    appointment, policy = book(ada), BookingPolicy.load()
    for now, may_move, may_cancel in (
        (appointment.starts_at - DAY, True, True),
        (appointment.starts_at - HOUR, False, True),
        (appointment.starts_at, False, False),
    ):
        assert booking.may_move(appointment, policy, by=ada, now=now) is may_move
        assert booking.may_cancel(appointment, by=ada, now=now) is may_cancel
