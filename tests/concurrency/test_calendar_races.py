"""Leave that is saved while clients book and move: nobody ends up in it unnoticed."""

import pytest
from django.utils import timezone

from appointments import calendar
from appointments.models import Appointment, AppointmentEvent, Closure, Slot
from tests.concurrency.conftest import Post, at_once
from tests.concurrency.test_races import CONFLICT, DONE, active, assert_sound, give, slot_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("server")]

PAIRS = 12


@pytest.fixture
def post_leave(post_as, counsellor):
    """Prepares an hour's leave, the plan of which was seen with these answers."""

    def prepared(slot: Slot, **answers: str) -> Post:
        fields = {"first_day": slot.date, "from_hour": slot.hour, "to_hour": slot.hour + 1}
        named = {f"session-{key}": answer for key, answer in answers.items()}
        path = "/client-admin/leave/"
        return post_as(counsellor, path, planned="yes", **fields, **named)

    return prepared


def closed(slot: Slot) -> bool:
    return Closure.objects.filter(first_date=slot.date, first_hour=slot.hour).exists()


def test_an_hour_is_booked_or_on_leave_never_both(clients, open_slots, post_leave, post_booking):
    pairs = list(zip(clients, open_slots[:PAIRS], strict=False))
    posts = [
        post for client, slot in pairs for post in (post_booking(client, slot), post_leave(slot))
    ]
    statuses = at_once(posts)
    for (_client, slot), booked, left in zip(pairs, statuses[::2], statuses[1::2], strict=True):
        assert {booked, left} == {DONE, CONFLICT}
        assert (active(slot), closed(slot)) == ((1, False) if booked == DONE else (0, True))
    assert_sound()


def test_leave_that_came_too_late_shows_the_new_session(
    clients, counsellor, open_slots, post_leave, sign_in
):
    appointment = give(clients[0], open_slots[0])
    post = post_leave(open_slots[0])
    answer = sign_in(counsellor).post(post.path, post.fields)
    assert answer.status_code == CONFLICT
    assert [one.appointment for one in answer.context["sessions"]] == [appointment]


def test_slot_of_a_planned_move_goes_to_one_of_two(clients, open_slots, post_leave, post_booking):
    targets, own = open_slots[:PAIRS], open_slots[PAIRS : 2 * PAIRS]
    given = [give(client, slot) for client, slot in zip(clients, own, strict=False)]
    held = list(zip(given, targets, strict=True))
    posts = []
    for (appointment, to), client in zip(held, clients[PAIRS:], strict=False):
        chosen = f"{to.date} {to.hour}"
        posts += [
            post_leave(slot_of(appointment), **{str(appointment.pk): chosen}),
            post_booking(client, to),
        ]
    statuses = at_once(posts)
    for (appointment, to), left, booked in zip(held, statuses[::2], statuses[1::2], strict=True):
        was = slot_of(appointment)
        appointment.refresh_from_db()
        assert {left, booked} == {DONE, CONFLICT}
        assert closed(was) == (left == DONE)
        assert slot_of(appointment) == (to if left == DONE else was)
        assert active(to) == 1
    moves = AppointmentEvent.objects.filter(action="moved").count()
    assert moves == Closure.objects.count() == statuses[::2].count(DONE)
    assert_sound()


def test_client_cancels_while_leave_moves_the_session(clients, open_slots, post_leave, post_as):
    held = [give(client, slot) for client, slot in zip(clients, open_slots[:PAIRS], strict=False)]
    posts = []
    for appointment, to in zip(held, open_slots[PAIRS:], strict=False):
        chosen = f"{to.date} {to.hour}"
        posts += [
            post_leave(slot_of(appointment), **{str(appointment.pk): chosen}),
            post_as(appointment.client, f"/appointments/{appointment.pk}/cancel/"),
        ]
    statuses = at_once(posts)
    assert statuses[1::2] == [DONE] * PAIRS  # before or after the move
    assert set(statuses[::2]) <= {DONE, CONFLICT}
    assert Closure.objects.count() == statuses[::2].count(DONE)
    assert not Appointment.objects.active().exists()
    assert_sound()


def test_two_leaves_at_once_move_a_session_once(clients, counsellor, open_slots, post_leave):
    held = [give(client, slot) for client, slot in zip(clients, open_slots[:PAIRS], strict=False)]
    posts = []
    for n, appointment in enumerate(held):
        for to in open_slots[PAIRS + 2 * n : PAIRS + 2 * n + 2]:
            chosen = {str(appointment.pk): f"{to.date} {to.hour}"}
            posts.append(post_leave(slot_of(appointment), **chosen))
    statuses = at_once(posts)
    assert statuses.count(DONE) == statuses.count(CONFLICT) == PAIRS
    assert Closure.objects.count() == PAIRS
    assert AppointmentEvent.objects.filter(action="moved").count() == PAIRS
    now = timezone.now()
    assert not calendar.affected_by_closures(Closure.objects.all(), now=now).exists()
    assert_sound()
