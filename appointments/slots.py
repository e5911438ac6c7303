"""Which hours are open: pure reads. Whether a slot is given is decided by the database alone."""

import datetime as dt
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings

from . import errors
from .models import (
    HOURS,
    Appointment,
    BookingPolicy,
    Closure,
    OpeningHours,
    Slot,
    local_slot,
    starts_at,
)

MAX_DAYS = 366
DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)
NO_HOURS: frozenset[int] = frozenset()


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

    def slots(self) -> Iterator[Slot]:
        """All open slots, soonest first."""
        return (Slot(date, hour) for date, hours in self.days.items() for hour in hours)

    def on(self, date: dt.date | None) -> list[int]:
        return self.days.get(date, []) if date else []


def window(policy: BookingPolicy, *, now: dt.datetime, staff: bool = False) -> Window:
    """Return the bookable window at `now`; staff need no notice and look 366 days ahead."""
    today, _hour = local_slot(now)
    earliest = now if staff else now + policy.notice
    first, _hour = local_slot(earliest)
    return Window(earliest, first, today + (MAX_DAYS if staff else policy.horizon_days) * DAY)


def availability(
    *,
    now: dt.datetime,
    start: dt.date | None = None,
    end: dt.date | None = None,
    staff: bool = False,
) -> Availability:
    """Return the hours that can be booked at `now`, for clients or for staff.

    Without `start` and `end` it spans the bookable window, 366 days at most. Costs four
    queries for any span.
    """
    policy = BookingPolicy.load()
    bookable = window(policy, now=now, staff=staff)
    start, end = _span(bookable, start, end)
    first, last = max(start, bookable.first), min(end, bookable.last)
    if first > last:
        return Availability(start, end, {})
    opening = _opening()
    busy = _closed_hours(first, last)
    too_soon = {h for h in HOURS if starts_at(bookable.first, h) < bookable.earliest}
    busy.setdefault(bookable.first, set()).update(too_soon)
    taken = Appointment.objects.active().between(first, last).order_by()
    for date, hour in taken.values_list("date", "hour"):
        busy.setdefault(date, set()).add(hour)
    return Availability(start, end, _open_days(first, last, opening, busy))


def _span(bookable: Window, start: dt.date | None, end: dt.date | None) -> tuple[dt.date, dt.date]:
    """Fill in the ends that were not asked for, in order and within 366 days."""
    if start is None:
        start = bookable.first
        if end is not None:
            start = end if end < start else max(start, end - MAX_DAYS * DAY)
    if end is None:
        end = start if start > bookable.last else min(bookable.last, start + MAX_DAYS * DAY)
    return start, end


def require_open(*, date: dt.date, hour: int, now: dt.datetime, staff: bool = False) -> None:
    """Raise the `BookingError` that tells why this slot cannot be booked at `now`, if so.

    A taken slot raises `SlotTaken`. This look is a courtesy to the asker, not the promise.
    """
    policy = BookingPolicy.load()
    bookable = window(policy, now=now, staff=staff)
    if date > bookable.last:
        raise errors.TooFar(bookable.last)
    starts = starts_at(date, hour) if date >= local_slot(now)[0] else None
    if starts is None or starts < now:
        raise errors.SlotPast
    if starts < bookable.earliest:
        raise errors.TooSoon(policy.notice_hours)
    if hour not in _open_days(date, date, _opening(), _closed_hours(date, date)).get(date, []):
        raise errors.SlotClosed
    if Appointment.objects.active().filter(date=date, hour=hour).exists():
        raise errors.SlotTaken


def _opening() -> dict[int, tuple[int, ...]]:
    """Return the hours that start a session by weekday, ascending."""
    opening: dict[int, set[int]] = {}
    rows = OpeningHours.objects.order_by().values_list("weekday", "first_hour", "last_hour")
    for weekday, first, last in rows:
        opening.setdefault(weekday, set()).update(range(first, last + 1))
    return {weekday: tuple(sorted(hours)) for weekday, hours in opening.items()}


def _closed_hours(first: dt.date, last: dt.date) -> dict[dt.date, set[int]]:
    """Return the closed hours by day, of the days that have any."""
    closed: dict[dt.date, set[int]] = {}
    rows = Closure.objects.filter(first_date__lte=last, last_date__gte=first).order_by()
    for start, end, from_hour, to_hour in rows.values_list(
        "first_date", "last_date", "first_hour", "last_hour"
    ):
        hours = HOURS if from_hour is None or to_hour is None else range(from_hour, to_hour + 1)
        for date in _dates(max(start, first), min(end, last)):
            closed.setdefault(date, set()).update(hours)
    return closed


def _open_days(
    first: dt.date,
    last: dt.date,
    opening: dict[int, tuple[int, ...]],
    busy: dict[dt.date, set[int]],
) -> dict[dt.date, list[int]]:
    """Return opening hours less the busy ones and those that a clock change makes unclear."""
    days = {}
    for date in _dates(first, last):
        gone = busy.get(date, NO_HOURS) | _unclear_hours(date, settings.TIME_ZONE)
        if free := [hour for hour in opening.get(date.weekday(), ()) if hour not in gone]:
            days[date] = free
    return days


@lru_cache(maxsize=2 * MAX_DAYS)
def _unclear_hours(date: dt.date, zone_name: str) -> frozenset[int]:
    """Return the hours of a day that its clocks skip, repeat or cut short."""
    zone = ZoneInfo(zone_name)
    hours = [dt.datetime.combine(date, dt.time(), zone) + n * HOUR for n in range(25)]
    instants = [hour.astimezone(dt.UTC) for hour in hours]
    return frozenset(
        n
        for n in range(24)
        if instants[n + 1] - instants[n] != HOUR
        # PEP 495: before and after the change only a skipped or repeated time reads differently.
        or hours[n].utcoffset() != hours[n].replace(fold=1).utcoffset()
    )


def _dates(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    return (first + offset * DAY for offset in range((last - first).days + 1))
