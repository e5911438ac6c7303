"""Two counsellors and a client want one hour at the same moment, each in a way of their own."""

from collections import Counter

import pytest
from django.utils import timezone

from accounts.models import User
from appointments import series
from appointments.models import (
    Appointment,
    AppointmentEvent,
    Closure,
    Rhythm,
    Series,
    SeriesGap,
    Slot,
)
from tests.concurrency.conftest import WEEK_AHEAD, at_once

from .test_races import CONFLICT, DONE, active, assert_sound, give

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("server")]

ROUNDS = 6
SESSIONS = 3


@pytest.fixture
def colleague(practice) -> User:
    return User.objects.create_user("colleague", "colleague@example.com", is_staff=True)


def plan_of(wanted: Slot, client: User) -> dict[str, object]:
    """Return the form of a weekly series whose second session is to be at `wanted`."""
    one = Series(
        client=client,
        first_date=wanted.date - WEEK_AHEAD,
        hour=wanted.hour,
        rhythm=Rhythm.WEEKLY,
        last_date=wanted.date + WEEK_AHEAD,
    )
    planned = series.plan(series=one, now=timezone.now())
    assert [each.verdict for each in planned] == ["open"] * SESSIONS
    return {
        "client": client.pk,
        "date": one.first_date,
        "hour": wanted.hour,
        "repeat": "weekly",
        "sessions": SESSIONS,
        **{f"on-{each.slot.date}": wanted.hour for each in planned},
    }


def test_one_of_booking_moving_series_and_leave_gets_the_hour(
    clients, counsellor, colleague, open_slots, post_as, post_booking
):
    """Whoever comes first wins, everybody else is told, and nothing is half done."""
    for number in range(ROUNDS):
        wanted = Slot(open_slots[60].date, 9 + number)
        booker, mover, regular, visitor = clients[4 * number : 4 * number + 4]
        moving = give(mover, Slot(open_slots[120].date, 9 + number))
        before = Closure.objects.count()
        leave = {
            "first_day": wanted.date,
            "from_hour": wanted.hour,
            "to_hour": wanted.hour + 1,
        }
        statuses = dict(
            zip(
                ("booking", "staff booking", "moving", "series", "leave"),
                at_once(
                    [
                        post_booking(booker, wanted),
                        post_as(
                            colleague, "/client-admin/appointments/new/",
                            client=visitor.pk, date=wanted.date, hour=wanted.hour, repeat="none",
                        ),
                        post_as(
                            counsellor, f"/client-admin/appointments/{moving.pk}/move/",
                            date=wanted.date, hour=wanted.hour,
                        ),
                        post_as(colleague, "/client-admin/series/new/", **plan_of(wanted, regular)),
                        post_as(counsellor, "/client-admin/leave/", **leave),
                    ]
                ),
                strict=True,
            )
        )  # fmt: skip
        winners = [name for name, status in statuses.items() if status == DONE]
        assert len(winners) == 1, statuses
        closed = winners == ["leave"]
        # The leave that comes second is shown what it falls on (200), or told that it changed.
        others = {name: status for name, status in statuses.items() if name not in winners}
        assert others.pop("leave", 200) in {200, CONFLICT}
        assert set(others.values()) == {CONFLICT}
        assert active(wanted) == (0 if closed else 1)
        assert Closure.objects.count() - before == closed
        booked = Appointment.objects.filter(client=regular).count()
        assert booked == (SESSIONS if winners == ["series"] else 0)
        assert Series.objects.filter(client=regular).exists() == (winners == ["series"])
        moving.refresh_from_db()
        assert (moving.date == wanted.date) == (winners == ["moving"])
        assert_sound()
    assert not SeriesGap.objects.exists()


def test_two_series_that_cross_are_both_whole_or_one_is_refused(
    clients, counsellor, colleague, open_slots, post_as
):
    for number in range(ROUNDS):
        wanted = Slot(open_slots[60].date, 9 + number)
        first, second = clients[2 * number : 2 * number + 2]
        statuses = at_once(
            [
                post_as(who, "/client-admin/series/new/", **plan_of(wanted, client))
                for who, client in ((counsellor, first), (colleague, second))
            ]
        )
        assert Counter(statuses) == {DONE: 1, CONFLICT: 1}
        assert Appointment.objects.filter(client__in=[first, second]).count() == SESSIONS
        assert_sound()


def test_series_is_extended_once_by_workers_that_meet(clients, counsellor, practice):
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    now = timezone.now()
    first = timezone.localdate(now) + WEEK_AHEAD
    first += (7 - first.weekday()) % 7 * series.DAY  # a Monday
    for number in range(4):
        one = Series(client=clients[number], first_date=first, hour=9 + number, rhythm=1)
        planned = series.plan(series=one, now=now)
        hours = {each.slot.date: 9 + number for each in planned}
        series.book(series=one, hours=hours, by=counsellor, now=now, notify=False)
    before = Appointment.objects.count()

    def work(_number: int) -> int:
        try:
            return series.extend(now=now + 2 * WEEK_AHEAD)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        booked = sum(pool.map(work, range(4)))
    assert booked == Appointment.objects.count() - before == 8
    assert AppointmentEvent.objects.count() == before + 8
    assert not SeriesGap.objects.exists()
