"""Requests that meet: through gunicorn's two workers, on the database under test."""

from collections import Counter
from collections.abc import Iterator

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from appointments import booking
from appointments.models import Appointment, AppointmentEvent, BookingPolicy, Slot, Status
from tests.concurrency.conftest import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("server")]

DONE, CONFLICT, REFUSED = 302, 409, 422


def give(client: User, slot: Slot) -> Appointment:
    now = timezone.now()
    return booking.book(
        client=client, date=slot.date, hour=slot.hour, by=client, now=now, notify=False
    )


def active(slot: Slot) -> int:
    return Appointment.objects.active().filter(date=slot.date, hour=slot.hour).count()


def slot_of(appointment: Appointment) -> Slot:
    return Slot(appointment.date, appointment.hour)


def assert_sound() -> None:
    """No slot is held twice, and each appointment's last event tells its state."""
    held = Counter(Appointment.objects.active().values_list("date", "hour"))
    assert not [slot for slot, times in held.items() if times > 1]
    for appointment in Appointment.objects.all():
        last = appointment.events.last()
        told = (last.to_status, last.to_date, last.to_hour)
        assert told == (appointment.status, appointment.date, appointment.hour)


def test_of_thirty_clients_one_gets_the_slot(clients, open_slots, post_booking):
    slot = open_slots[0]
    statuses = at_once([post_booking(client, slot) for client in clients])
    assert Counter(statuses) == {DONE: 1, CONFLICT: 29}
    winner = clients[statuses.index(DONE)]
    assert Appointment.objects.get().client == winner
    assert AppointmentEvent.objects.get().by == winner


def test_thirty_clients_get_thirty_slots(clients, open_slots, post_booking):
    wanted = dict(zip(clients, open_slots, strict=False))
    statuses = at_once([post_booking(client, slot) for client, slot in wanted.items()])
    assert Counter(statuses) == {DONE: 30}
    assert {row.client: slot_of(row) for row in Appointment.objects.all()} == wanted
    assert AppointmentEvent.objects.count() == 30


def test_a_double_click_books_once(clients, open_slots, post_booking):
    pairs = list(zip(clients[:10], open_slots, strict=False))
    statuses = at_once([post_booking(*pair) for pair in pairs for _click in range(2)])
    assert Counter(statuses) == {DONE: 20}
    assert [active(slot) for _client, slot in pairs] == [1] * 10
    assert AppointmentEvent.objects.count() == 10


def test_a_double_click_on_the_last_allowed_booking_is_no_refusal(
    clients, open_slots, post_booking
):
    BookingPolicy(max_upcoming=1).save()
    pairs = list(zip(clients, open_slots, strict=False))
    statuses = at_once([post_booking(*pair) for pair in pairs for _click in range(2)])
    assert Counter(statuses) == {DONE: 60}
    assert Appointment.objects.count() == 30


def test_parallel_posts_do_not_overrun_the_limit(clients, open_slots, post_booking):
    limit = BookingPolicy.load().max_upcoming
    statuses = at_once([post_booking(clients[0], slot) for slot in open_slots[:20]])
    assert Counter(statuses) == {DONE: limit, REFUSED: 20 - limit}
    assert Appointment.objects.count() == AppointmentEvent.objects.count() == limit


def test_of_thirty_clients_one_moves_to_the_free_slot(clients, open_slots, post_as):
    free, *own = open_slots[:31]
    held = [give(client, slot) for client, slot in zip(clients, own, strict=True)]
    statuses = at_once([move_to(free, appointment, post_as) for appointment in held])
    assert Counter(statuses) == {DONE: 1, CONFLICT: 29}
    assert_moved_or_kept(held, [free] * 30, statuses)


def test_crossing_moves_keep_everyone_in_one_slot(clients, open_slots, post_as):
    held = [give(client, slot) for client, slot in zip(clients, open_slots, strict=False)]
    wanted = [slot_of(held[n + 1 if n % 2 == 0 else n - 1]) for n in range(30)]
    statuses = at_once([move_to(*pair, post_as) for pair in zip(wanted, held, strict=True)])
    assert set(statuses) <= {DONE, CONFLICT}
    assert_moved_or_kept(held, wanted, statuses)


def test_everyone_moving_up_by_one_keeps_everyone_in_one_slot(clients, open_slots, post_as):
    held = [give(client, slot) for client, slot in zip(clients, open_slots, strict=False)]
    wanted = open_slots[1:31]  # all are held by the next in line, but the last is free
    statuses = at_once([move_to(*pair, post_as) for pair in zip(wanted, held, strict=True)])
    assert set(statuses) <= {DONE, CONFLICT}
    assert statuses[-1] == DONE
    assert_moved_or_kept(held, wanted, statuses)


def move_to(slot: Slot, appointment: Appointment, post_as):
    path = f"/appointments/{appointment.pk}/move/"
    return post_as(appointment.client, path, date=slot.date, hour=slot.hour)


def assert_moved_or_kept(held: list[Appointment], wanted: list[Slot], statuses: list[int]) -> None:
    """Who was told so has the new slot, everyone else the old one."""
    expected = {
        appointment.pk: slot if status == DONE else slot_of(appointment)
        for appointment, slot, status in zip(held, wanted, statuses, strict=True)
    }
    now = {appointment.pk: slot_of(appointment) for appointment in Appointment.objects.active()}
    assert now == expected
    assert_sound()


def test_a_slot_that_is_just_cancelled_is_given_once(clients, open_slots, post_as, post_booking):
    slot, holder = open_slots[0], clients[0]
    appointment = give(holder, slot)
    cancelling = post_as(holder, f"/appointments/{appointment.pk}/cancel/")
    cancelled, *booked = at_once([cancelling, *(post_booking(c, slot) for c in clients[1:])])
    assert cancelled == DONE
    assert set(booked) <= {DONE, CONFLICT}
    assert booked.count(DONE) == active(slot) <= 1
    assert_sound()


def test_a_cancelled_slot_is_booked_again_once(clients, open_slots, post_booking):
    slot = open_slots[0]
    booking.cancel(appointment=give(clients[0], slot), by=clients[0], now=timezone.now())
    statuses = at_once([post_booking(client, slot) for client in clients])
    assert Counter(statuses) == {DONE: 1, CONFLICT: 29}
    assert active(slot) == 1


def test_cancelling_twice_at_once_happens_once(clients, open_slots, post_as):
    held = [give(client, slot) for client, slot in zip(clients[:10], open_slots, strict=False)]
    paths = [(row.client, f"/appointments/{row.pk}/cancel/") for row in held]
    statuses = at_once([post_as(*path) for path in paths for _click in range(2)])
    assert Counter(statuses) == {DONE: 10, CONFLICT: 10}
    assert AppointmentEvent.objects.filter(action="cancelled").count() == 10
    assert_sound()


def test_cancelling_while_moving_leaves_one_truth(clients, open_slots, post_as):
    held = [give(client, slot) for client, slot in zip(clients[:10], open_slots, strict=False)]
    moves = [move_to(*pair, post_as) for pair in zip(open_slots[10:20], held, strict=True)]
    cancels = [post_as(row.client, f"/appointments/{row.pk}/cancel/") for row in held]
    statuses = at_once(moves + cancels)
    assert set(statuses[:10]) <= {DONE, CONFLICT}
    assert statuses[10:] == [DONE] * 10  # before or after the move
    assert not Appointment.objects.active().exists()
    assert_sound()


def test_reinstating_races_with_booking_for_the_slot(
    clients, counsellor, open_slots, post_as, post_booking
):
    slot = open_slots[0]
    appointment = give(clients[0], slot)
    booking.cancel(appointment=appointment, by=clients[0], now=timezone.now())
    path = f"/client-admin/appointments/{appointment.pk}/status/"
    reinstating = post_as(counsellor, path, status=Status.CONFIRMED)
    statuses = at_once([reinstating, *(post_booking(client, slot) for client in clients[1:])])
    assert Counter(statuses) == {DONE: 1, CONFLICT: 29}
    assert active(slot) == 1
    assert_sound()


@pytest.fixture
def without_the_promise() -> Iterator[None]:
    """The database without its unique constraint, which comes back whatever happens."""
    promise = next(
        constraint
        for constraint in Appointment._meta.constraints
        if constraint.name == "one_active_appointment_per_slot"
    )
    with connection.schema_editor() as editor:
        editor.remove_constraint(Appointment, promise)
    try:
        yield
    finally:
        Appointment.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(Appointment, promise)


@pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite has one writer at a time, who looks before"
)
def test_the_race_is_real(without_the_promise, clients, open_slots, post_booking):
    """Looking first is not enough: without the constraint a slot is given twice."""
    tries = BookingPolicy.load().max_upcoming  # as often as one client may win
    for slot in open_slots[:tries]:
        statuses = at_once([post_booking(client, slot) for client in clients])
        assert statuses.count(DONE) == active(slot)
        if active(slot) > 1:
            return
    pytest.fail(f"{tries} times thirty bookings at once, and no slot was given twice")
