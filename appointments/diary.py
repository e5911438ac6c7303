"""The counsellor's week: whose hour each one is, free, or closed and why. Pure reads."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

from django.db.models import Count, Window
from django.utils.translation import gettext as _

from . import slots
from .models import (
    HOURS,
    Appointment,
    Closure,
    OpeningHours,
    Slot,
    Status,
    Weekday,
    local_slot,
)

DAY, WEEK = dt.timedelta(days=1), dt.timedelta(weeks=1)
WEEKEND = {Weekday.SATURDAY, Weekday.SUNDAY}
ASKED_AT_ONCE = 6  # how many requests are listed; the rest is counted


class Visit(NamedTuple):
    """An appointment as the diary shows it."""

    appointment: Appointment
    has_started: bool

    @property
    def may_move(self) -> bool:
        """Whether it is still ahead; `booking` decides when it is tried."""
        ahead = self.appointment.status in {Status.PENDING, Status.CONFIRMED}
        return ahead and not self.has_started

    @property
    def may_mark(self) -> bool:
        """Whether attended, or not, is what it waits for."""
        return self.has_started and self.appointment.status == Status.CONFIRMED


@dataclass(frozen=True)
class Cell:
    """An hour of a day: with a visit, or free to book, or closed, or none of these: over.

    Closed hours in a row with one reason are one cell that spans `hours`.
    """

    slot: Slot
    visit: Visit | None = None
    reason: str = ""
    is_free: bool = False
    hours: int = 1

    @property
    def until(self) -> int:
        """The o'clock at which it ends."""
        return self.slot.hour + self.hours

    def continues(self, other: Self) -> bool:
        return bool(self.reason) and self.reason == other.reason


class Day(NamedTuple):
    date: dt.date
    is_today: bool
    cells: list[Cell]

    @property
    def visits(self) -> list[Visit]:
        return [cell.visit for cell in self.cells if cell.visit]


class Week(NamedTuple):
    """A week's days, and what is to be done now whatever week is shown.

    `today` are today's visits. `pending` are the requests that wait for an answer, soonest
    first; `more` says how many further ones there are.
    """

    monday: dt.date
    days: list[Day]
    today: list[Visit]
    pending: list[Visit]
    more: int

    @property
    def name(self) -> str:
        return iso_week(self.monday)

    @property
    def previous(self) -> str:
        return iso_week(self.monday - WEEK)

    @property
    def next(self) -> str:
        return iso_week(self.monday + WEEK)

    @property
    def has_today(self) -> bool:
        return any(day.is_today for day in self.days)

    @property
    def waits(self) -> bool:
        """Whether anything beside the week waits for the counsellor's word."""
        return bool(self.pending) or any(visit.may_mark for visit in self.today)

    @property
    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        """Each hour with the cells that begin at it, day by day."""
        for hour in HOURS:
            yield hour, [cell for day in self.days for cell in day.cells if cell.slot.hour == hour]


class _Calendar(NamedTuple):
    """What closes hours, read once for the week."""

    opening: set[tuple[int, int]]  # weekday, hour
    closures: list[Closure]

    def reason(self, slot: Slot) -> str:
        """Return why the practice is closed in this hour; empty when it is open."""
        for closure in self.closures:
            if closure.covers(slot):
                return closure.reason or _("Closed")
        if (slot.date.weekday(), slot.hour) not in self.opening:
            return _("Break") if self._is_between(slot) else _("Closed")
        if not slots.Facts.none().thinkable(slot.date) & 1 << slot.hour:
            return _("The clocks change")
        return ""

    def opens_on(self, date: dt.date) -> bool:
        return any(weekday == date.weekday() for weekday, _hour in self.opening)

    def _is_between(self, slot: Slot) -> bool:
        hours = [hour for weekday, hour in self.opening if weekday == slot.date.weekday()]
        return bool(hours) and min(hours) < slot.hour < max(hours)


def iso_week(date: dt.date) -> str:
    """Return the name of the date's week: `2026-W48`."""
    year, week, _weekday = date.isocalendar()
    return f"{year}-W{week:02}"


def monday_of(date: dt.date) -> dt.date:
    return date - date.weekday() * DAY


def week(*, monday: dt.date, now: dt.datetime) -> Week:
    """Return the week that begins on `monday`, with what there is to do at `now`.

    Costs four queries, whatever is in it. Appointments outside of the opening hours and in
    closures are in it like all others; cancelled ones are not. A Saturday or Sunday is in it
    when the practice opens on it, or somebody comes.
    """
    today, _hour = local_slot(now)
    sunday = monday + 6 * DAY
    rows = Appointment.objects.active().select_related("client")
    visits = {
        one.slot: _visit(one, now=now)
        for one in rows.between(monday, sunday) | rows.between(today, today)
    }
    calendar = _calendar(monday, sunday)
    days = [
        Day(date, date == today, _cells(date, visits, calendar, now))
        for date in (monday + n * DAY for n in range(7))
        if _is_shown(date, visits, calendar)
    ]
    todays = [visit for slot, visit in visits.items() if slot.date == today]
    return Week(monday, days, todays, *_pending(now))


def _visit(appointment: Appointment, *, now: dt.datetime) -> Visit:
    return Visit(appointment, has_started=appointment.slot <= local_slot(now))


def _pending(now: dt.datetime) -> tuple[list[Visit], int]:
    """Return the first requests, and how many more there are, in one query.

    One whose hour has passed without an answer still waits for it.
    """
    rows = Appointment.objects.matching(status=Status.PENDING)
    rows = rows.select_related("client").annotate(count=Window(Count("pk")))
    first = list(rows[:ASKED_AT_ONCE])
    more = first[0].count - len(first) if first else 0
    return [_visit(one, now=now) for one in first], more


def _calendar(first: dt.date, last: dt.date) -> _Calendar:
    opening = {
        (hours.weekday, hour)
        for hours in OpeningHours.objects.all()
        for hour in range(hours.first_hour, hours.last_hour + 1)
    }
    closures = Closure.objects.filter(first_date__lte=last, last_date__gte=first)
    return _Calendar(opening, list(closures))


def _is_shown(date: dt.date, visits: Iterable[Slot], calendar: _Calendar) -> bool:
    return (
        date.weekday() not in WEEKEND
        or calendar.opens_on(date)
        or any(slot.date == date for slot in visits)
    )


def _cells(
    date: dt.date, visits: dict[Slot, Visit], calendar: _Calendar, now: dt.datetime
) -> list[Cell]:
    today, hour = local_slot(now)
    begun, furthest = Slot(today, hour), today + slots.MAX_DAYS * DAY
    cells: list[Cell] = []
    for slot in (Slot(date, hour) for hour in HOURS):
        if slot in visits:
            cells.append(Cell(slot, visit=visits[slot]))
            continue
        reason = calendar.reason(slot)
        cell = Cell(slot, reason=reason, is_free=not reason and begun < slot and date <= furthest)
        if cells and cell.continues(cells[-1]):
            cells[-1] = replace(cells[-1], hours=cells[-1].hours + 1)
        else:
            cells.append(cell)
    return cells
