"""Which hours are open: pure reads. Whether a slot is given is decided by the database alone."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from heapq import nsmallest
from itertools import cycle
from typing import Any, NamedTuple, Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Q

from . import errors
from .models import HOURS, BookingPolicy, Closure, Slot, local_slot, starts_at

MAX_DAYS = 366
DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)
_ALL = sum(1 << hour for hour in HOURS)

# One statement instead of four: an ORM query costs more here than what it asks for, and rows
# read together are of one moment. Hours of a day are the bits of a number: hour 9 is bit 9.
FACTS = """
SELECT 'taken', CAST(date AS text), '', SUM(1 << hour) FROM appointments_appointment
    WHERE NOT (status = 'cancelled') AND date >= %(first)s AND date <= %(last)s GROUP BY date
UNION ALL
SELECT 'closed', CAST(first_date AS text), CAST(last_date AS text),
        COALESCE((2 << last_hour) - (1 << first_hour), -1) -- no hours: all bits
    FROM appointments_closure WHERE last_date >= %(first)s AND first_date <= %(last)s
UNION ALL
SELECT 'opening', CAST(weekday AS text), '', (2 << last_hour) - (1 << first_hour)
    FROM appointments_openinghours
UNION ALL
SELECT 'policy', CAST(notice_hours AS text), CAST(horizon_days AS text), 0
    FROM appointments_bookingpolicy
UNION ALL
SELECT 'clients', CAST(max_upcoming AS text), '', CASE WHEN needs_confirmation THEN 1 ELSE 0 END
    FROM appointments_bookingpolicy
"""


class Facts(NamedTuple):
    """What decides which hours are open: bits of hours, by weekday and by day.

    Of the policy it has what a booking needs: notice, horizon, limit, confirmation.
    """

    policy: BookingPolicy
    opening: defaultdict[int, int]
    closed: defaultdict[dt.date, int]
    taken: defaultdict[dt.date, int]
    zone_name: str

    @classmethod
    def none(cls) -> Self:
        bits = defaultdict[Any, int]
        return cls(BookingPolicy(), bits(int), bits(int), bits(int), settings.TIME_ZONE)

    def offered(self, date: dt.date) -> int:
        """The day's opening hours less the closed ones and those that a clock change blurs."""
        if hours := self.opening.get(date.weekday(), 0):
            hours &= ~(self.closed.get(date, 0) | _unclear_hours(date, self.zone_name))
        return hours

    def open(self, first: dt.date, last: dt.date) -> dict[dt.date, list[int]]:
        """The hours that are offered and not taken, of days that have any.

        A year is its first week again and again, but for the days of which something is known.
        """
        week = [self.opening.get(day % 7, 0) for day in range(first.weekday(), first.weekday() + 7)]
        days = dict(zip(_dates(first, last), cycle(list(_hours(bits)) for bits in week)))
        special = {*self.closed, *self.taken, *_clock_changes(first, last, self.zone_name)}
        for date in days.keys() & special:
            days[date] = list(_hours(self.offered(date) & ~self.taken.get(date, 0)))
        return {date: hours for date, hours in days.items() if hours}

    def thinkable(self, date: dt.date) -> int:
        """All hours that start a session, open or not, less those that a clock change blurs."""
        return _ALL & ~_unclear_hours(date, self.zone_name)


class Window(NamedTuple):
    """What may be booked at all: slots that start at `earliest` or later, up to day `last`."""

    earliest: dt.datetime
    first: dt.date
    last: dt.date


class Availability(NamedTuple):
    """The open hours from `start` to `end`, both included: only days that have one."""

    start: dt.date
    end: dt.date
    days: dict[dt.date, list[int]]

    @classmethod
    def none(cls) -> Self:
        return cls(dt.date.max, dt.date.min, {})

    def slots(self) -> Iterator[Slot]:
        """All open slots, soonest first."""
        return (Slot(date, hour) for date, hours in self.days.items() for hour in hours)

    def nearest(self, lost: Slot, count: int) -> list[Slot]:
        """The open slots nearest to one that is not open, soonest first."""

        def hours_away(slot: Slot) -> int:
            return abs((slot.date - lost.date).days * 24 + slot.hour - lost.hour)

        return sorted(nsmallest(count, self.slots(), key=hours_away))

    def on(self, date: dt.date | None) -> list[int]:
        return self.days.get(date, []) if date else []


def window(policy: BookingPolicy, *, now: dt.datetime, staff: bool = False) -> Window:
    """Return the bookable window at `now`; staff need no notice and look 366 days ahead."""
    today, _hour = local_slot(now)
    earliest = now if staff else now + policy.notice
    first, _hour = local_slot(earliest)
    days = MAX_DAYS if staff else min(policy.horizon_days, MAX_DAYS)
    return Window(earliest, first, today + days * DAY)


def availability(
    *,
    now: dt.datetime,
    start: dt.date | None = None,
    end: dt.date | None = None,
    staff: bool = False,
    leaving: Iterable[Slot] = (),
) -> Availability:
    """Return the hours that can be booked at `now`, for clients or for staff.

    Without `start` and `end` it spans the bookable window, 366 days at most. Slots that are
    `leaving` count as free. Costs one query for any span.
    """
    today, _hour = local_slot(now)
    furthest = today + MAX_DAYS * DAY
    facts = _read(max(today, start or today), min(furthest, end or furthest))
    bookable = window(facts.policy, now=now, staff=staff)
    start, end = _span(bookable, start, end)
    first, last = max(start, bookable.first), min(end, bookable.last)
    facts.closed[bookable.first] |= _too_soon(bookable)
    for date, hour in leaving:
        facts.taken[date] &= ~(1 << hour)
    return Availability(start, end, facts.open(first, last))


def outside(*, now: dt.datetime) -> Availability:
    """Return the hours that only staff can book, `anyway`: the practice is closed, nobody has them.

    It spans the year that staff book ahead, and costs one query.
    """
    today, _hour = local_slot(now)
    facts = _read(today, today + MAX_DAYS * DAY)
    bookable = window(facts.policy, now=now, staff=True)
    facts.taken[bookable.first] |= _too_soon(bookable)
    days = {
        date: list(_hours(free))
        for date in _dates(bookable.first, bookable.last)
        if (free := facts.thinkable(date) & ~facts.offered(date) & ~facts.taken.get(date, 0))
    }
    return Availability(bookable.first, bookable.last, days)


def why_closed(*, date: dt.date, hour: int) -> str:
    """Return the reason of a closure at this hour; nothing outside opening hours."""
    this_hour = Q(first_hour=None) | Q(first_hour__lte=hour, last_hour__gte=hour)
    closures = Closure.objects.filter(this_hour, first_date__lte=date, last_date__gte=date)
    return closures.exclude(reason="").values_list("reason", flat=True).first() or ""


def _span(bookable: Window, start: dt.date | None, end: dt.date | None) -> tuple[dt.date, dt.date]:
    """Fill in the ends that were not asked for, in order and within 366 days."""
    if start is None:
        start = bookable.first
        if end is not None:
            start = end if end < start else max(start, end - MAX_DAYS * DAY)
    if end is None:
        end = start if start > bookable.last else min(bookable.last, start + MAX_DAYS * DAY)
    return start, end


def require_open(
    *, date: dt.date, hour: int, now: dt.datetime, staff: bool = False, anyway: bool = False
) -> BookingPolicy:
    """Raise the `BookingError` that tells why this slot cannot be booked at `now`, if so.

    A taken slot raises `SlotTaken`; a closed one `SlotClosed`, unless `anyway`. This look is a
    courtesy to the asker, not the promise. Return the policy, as far as bookings go by it.
    """
    facts = _read(date, date)
    bookable = window(facts.policy, now=now, staff=staff)
    if date > bookable.last:
        raise errors.TooFar(bookable.last)
    starts = starts_at(date, hour) if date >= local_slot(now)[0] else None
    if starts is None or starts < now:
        raise errors.SlotPast
    if starts < bookable.earliest:
        raise errors.TooSoon(facts.policy.notice_hours)
    if not (facts.thinkable(date) if anyway else facts.offered(date)) & 1 << hour:
        raise errors.SlotClosed
    if facts.taken.get(date, 0) & 1 << hour:
        raise errors.SlotTaken
    return facts.policy


def require_offered(*, date: dt.date, hour: int) -> None:
    """Raise `SlotClosed` when the practice is closed at this hour; taken or not is not asked."""
    if not _read(date, date).offered(date) & 1 << hour:
        raise errors.SlotClosed


def offered_hours(start: dt.date, end: dt.date) -> dict[dt.date, int]:
    """Return how many hours each day from `start` to `end` has, taken or not: days with any.

    By the opening hours of now, whenever the day is or was. Costs one query.
    """
    facts = _read(start, end)
    return {
        date: hours for date in _dates(start, end) if (hours := facts.offered(date).bit_count())
    }


def _read(first: dt.date, last: dt.date) -> Facts:
    """Return the facts about the days from `first` to `last`, in one query."""
    facts = Facts.none()
    with connection.cursor() as cursor:
        cursor.execute(FACTS, {"first": first.isoformat(), "last": last.isoformat()})
        rows = cursor.fetchall()
    for kind, since, until, bits in rows:
        if kind == "taken":
            facts.taken[dt.date.fromisoformat(since)] = bits
        elif kind == "closed":
            start, end = dt.date.fromisoformat(since), dt.date.fromisoformat(until)
            for date in _dates(max(start, first), min(end, last)):
                facts.closed[date] |= bits
        elif kind == "opening":
            facts.opening[int(since)] |= bits
        elif kind == "clients":
            facts.policy.max_upcoming, facts.policy.needs_confirmation = int(since), bool(bits)
        else:
            facts.policy.notice_hours, facts.policy.horizon_days = int(since), int(until)
    return facts


def _too_soon(bookable: Window) -> int:
    """Return the bits of the hours of its first day that have begun when the window opens."""
    date, hour = local_slot(bookable.earliest)
    begun = starts_at(date, hour) < bookable.earliest
    return (1 << hour + begun) - 1


@lru_cache(maxsize=2 ** len(HOURS))
def _hours(bits: int) -> tuple[int, ...]:
    """Return the hours of these bits, ascending."""
    return tuple(hour for hour in HOURS if bits & 1 << hour)


@lru_cache
def _clock_changes(first: dt.date, last: dt.date, zone_name: str) -> list[dt.date]:
    """Return the days that have unclear hours."""
    return [date for date in _dates(first, last) if _unclear_hours(date, zone_name)]


@lru_cache(maxsize=2 * MAX_DAYS)
def _unclear_hours(date: dt.date, zone_name: str) -> int:
    """Return the bits of a day's hours that its clocks skip, repeat or cut short."""
    zone = ZoneInfo(zone_name)
    hours = [dt.datetime.combine(date, dt.time(), zone) + n * HOUR for n in range(25)]
    instants = [hour.astimezone(dt.UTC) for hour in hours]
    return sum(
        1 << n
        for n in range(24)
        if instants[n + 1] - instants[n] != HOUR
        # PEP 495: before and after the change only a skipped or repeated time reads differently.
        or hours[n].utcoffset() != hours[n].replace(fold=1).utcoffset()
    )


def _dates(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    return map(dt.date.fromordinal, range(first.toordinal(), last.toordinal() + 1))
