"""Clients and staff book, move, cancel, close and let time pass in any order.

Beside the database runs a naive model of our own: after every step both must agree. The
practice is small (four days ahead, two appointments a client), so that they often collide.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.models import User
from appointments import booking, errors, slots
from appointments.models import Appointment, AppointmentEvent, BookingPolicy, Closure, Status
from tests.conftest import NOW

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
NOTICE, HORIZON, LIMIT = 4 * HOUR, 4, 2
ACTIVE = {Status.PENDING, Status.CONFIRMED, Status.ATTENDED, Status.NO_SHOW}
AHEAD = {Status.PENDING, Status.CONFIRMED}
CHANGES = {
    Status.PENDING: {Status.CONFIRMED, Status.CANCELLED},
    Status.CONFIRMED: {Status.CANCELLED, Status.ATTENDED, Status.NO_SHOW},
    Status.ATTENDED: {Status.NO_SHOW},
    Status.NO_SHOW: {Status.ATTENDED},
    Status.CANCELLED: {Status.CONFIRMED},
}
days_ahead = st.integers(min_value=-1, max_value=HORIZON + 2)
hours = st.sampled_from([9, 10, 17])
# A slot so many days ahead, or the one of an appointment that there is: they should collide.
anywhere = st.tuples(days_ahead, hours) | st.integers(min_value=0, max_value=9)
passages = st.sampled_from([dt.timedelta(minutes=30), 7 * HOUR, 20 * HOUR, None])
people = st.integers(min_value=0, max_value=1)
any_appointment = st.integers(min_value=0, max_value=99)


@dataclass(frozen=True)
class Held:
    """What we believe of one appointment."""

    client: User
    status: str
    date: dt.date
    hour: int

    @property
    def slot(self) -> tuple[dt.date, int]:
        return self.date, self.hour

    @property
    def starts(self) -> dt.datetime:
        return starts(self.date, self.hour)


def starts(date: dt.date, hour: int) -> dt.datetime:
    return dt.datetime.combine(date, dt.time(hour), dt.UTC)  # London in winter


class Practice(RuleBasedStateMachine):
    clients: list[User]
    counsellor: User

    def __init__(self):
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.now = NOW
        self.held: dict[object, Held] = {}
        self.closed: dict[object, set[tuple[dt.date, int]]] = {}
        BookingPolicy.objects.create(
            notice_hours=NOTICE // HOUR, horizon_days=HORIZON, max_upcoming=LIMIT
        )

    def teardown(self):
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    # What we believe

    def date(self, ahead: int) -> dt.date:
        return self.now.date() + ahead * DAY

    def slot(self, where: tuple[int, int] | int) -> tuple[dt.date, int]:
        if isinstance(where, int):
            held = list(self.held.values())
            return held[where % len(held)].slot if held else (self.date(2), 9)
        return self.date(where[0]), where[1]

    def open(self, date: dt.date, hour: int, *, staff: bool) -> bool:
        return (
            date.weekday() < 5
            and 9 <= hour <= 17
            and not any((date, hour) in closed for closed in self.closed.values())
            and not any(h.slot == (date, hour) and h.status in ACTIVE for h in self.held.values())
            and starts(date, hour) >= self.now + (0 * HOUR if staff else NOTICE)
            and (staff or date <= self.now.date() + HORIZON * DAY)
        )

    def upcoming(self, client: User) -> int:
        return sum(
            held.client == client and held.status in ACTIVE and held.starts + HOUR > self.now
            for held in self.held.values()
        )

    def movable(self, held: Held, *, staff: bool) -> bool:
        in_time = staff or self.now <= held.starts - 24 * HOUR
        return held.status in AHEAD and in_time

    def choose(self, number: int) -> tuple[Appointment, Held]:
        key = list(self.held)[number % len(self.held)]
        return Appointment.objects.get(pk=key), self.held[key]

    # What people do

    def attempt(self, change: Callable[[], Appointment], *, expected: bool) -> Appointment | None:
        """Make the change: it is done exactly when expected, and a refusal writes nothing."""
        if expected:
            return change()
        before = self.rows()
        with pytest.raises(errors.BookingError):
            change()
        assert self.rows() == before
        return None

    @staticmethod
    def rows() -> list[list[tuple[object, ...]]]:
        return [
            list(model.objects.order_by("pk").values_list())
            for model in (Appointment, AppointmentEvent, Closure)
        ]

    @initialize()
    def open_practice(self):
        assert list(slots.availability(now=self.now).slots())

    @rule(who=people, staff=st.booleans(), where=anywhere)
    def book(self, who, staff, where):
        client, (date, hour) = self.clients[who], self.slot(where)
        booked = self.attempt(
            lambda: booking.book(
                client=client,
                by=self.counsellor if staff else client,
                date=date,
                hour=hour,
                now=self.now,
                notify=False,
            ),
            expected=self.open(date, hour, staff=staff)
            and (staff or self.upcoming(client) < LIMIT),
        )
        if booked:
            status = Status.CONFIRMED if staff else Status.PENDING
            self.held[booked.pk] = Held(client, status, date, hour)

    @precondition(lambda self: self.held)
    @rule(which=any_appointment, staff=st.booleans(), where=anywhere)
    def move(self, which, staff, where):
        appointment, held = self.choose(which)
        date, hour = self.slot(where)
        free = held.slot == (date, hour) or self.open(date, hour, staff=staff)
        by = self.counsellor if staff else held.client
        moved = self.attempt(
            lambda: booking.move(
                appointment=appointment, date=date, hour=hour, by=by, now=self.now, notify=False
            ),
            expected=self.movable(held, staff=staff) and free,
        )
        if moved and held.slot != (date, hour):
            status = held.status if staff else Status.PENDING
            self.held[appointment.pk] = replace(held, status=status, date=date, hour=hour)

    @precondition(lambda self: self.held)
    @rule(which=any_appointment, staff=st.booleans())
    def cancel(self, which, staff):
        appointment, held = self.choose(which)
        by = self.counsellor if staff else held.client
        done = self.attempt(
            lambda: booking.cancel(appointment=appointment, by=by, now=self.now, notify=False),
            expected=held.status in AHEAD and (staff or self.now < held.starts),
        )
        if done:
            self.held[appointment.pk] = replace(held, status=Status.CANCELLED)

    @precondition(lambda self: self.held)
    @rule(which=any_appointment, status=st.sampled_from(Status))
    def set_status(self, which, status):
        appointment, held = self.choose(which)
        free = held.status in ACTIVE or not any(
            other.slot == held.slot and other.status in ACTIVE for other in self.held.values()
        )
        comes_back = held.status not in ACTIVE and self.now < held.starts
        into_leave = comes_back and any(held.slot in closed for closed in self.closed.values())
        begun = status not in {Status.ATTENDED, Status.NO_SHOW} or self.now >= held.starts
        done = self.attempt(
            lambda: booking.set_status(
                appointment=appointment,
                status=status,
                by=self.counsellor,
                now=self.now,
                notify=False,
            ),
            expected=status in CHANGES[held.status] and begun and free and not into_leave,
        )
        if done:
            self.held[appointment.pk] = replace(held, status=status)

    @precondition(lambda self: len(self.closed) < 2)
    @rule(ahead=days_ahead, days=st.integers(0, 1), span=st.none() | st.tuples(hours, hours))
    def close(self, ahead, days, span):
        first, last = (9, 17) if span is None else sorted(span)
        start = self.date(ahead)
        closure = Closure.objects.create(
            first_date=start,
            last_date=start + days * DAY,
            first_hour=first if span else None,
            last_hour=last if span else None,
        )
        dates = [start + n * DAY for n in range(days + 1)]
        self.closed[closure.pk] = {(d, h) for d in dates for h in range(first, last + 1)}

    @precondition(lambda self: self.closed)
    @rule(which=any_appointment)
    def reopen(self, which):
        key = list(self.closed)[which % len(self.closed)]
        Closure.objects.get(pk=key).delete()
        del self.closed[key]

    @rule(passed=passages)
    def let_time_pass(self, passed):
        """Pass some time, or (None) the time until the next appointment starts."""
        ahead = [held.starts for held in self.held.values() if held.starts > self.now]
        self.now = self.now + passed if passed else min(ahead, default=self.now)

    # What always holds

    @invariant()
    def slot_has_one_active_appointment_at_most(self):
        active = Appointment.objects.exclude(status="cancelled").values_list("date", "hour")
        assert [slot for slot, count in Counter(active).items() if count > 1] == []

    @invariant()
    def appointments_are_as_believed(self):
        rows = Appointment.objects.values_list("pk", "client", "status", "date", "hour")
        believed = [(key, h.client.pk, h.status, *h.slot) for key, h in self.held.items()]
        assert set(rows) == set(believed)

    @invariant()
    def events_tell_the_state(self):
        told: dict[object, tuple[object, ...]] = {}
        for event in AppointmentEvent.objects.order_by("id"):
            start = (event.from_status, event.from_date, event.from_hour)
            assert start == told.get(event.appointment_id, ("", None, None))
            told[event.appointment_id] = (event.to_status, event.to_date, event.to_hour)
        assert told == {key: (h.status, *h.slot) for key, h in self.held.items()}

    @invariant()
    def availability_is_what_is_left(self):
        dates = [self.date(ahead) for ahead in range(-2, HORIZON + 4)]
        for staff in (False, True):
            found = slots.availability(now=self.now, start=dates[0], end=dates[-1], staff=staff)
            left = {d: [h for h in range(24) if self.open(d, h, staff=staff)] for d in dates}
            assert found.days == {date: hours for date, hours in left.items() if hours}


@pytest.mark.django_db
def test_any_order_of_changes_keeps_every_promise(ada, ben, counsellor):
    class Cast(Practice):
        clients = [ada, ben]

    Cast.counsellor = counsellor
    run_state_machine_as_test(
        Cast,
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
