"""What became of the practice's hours, month by month: pure reads."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import TruncMonth

from . import slots
from .models import Appointment, CancelledBy, Status, local_slot

DAY = dt.timedelta(days=1)
MONTHS_SHOWN = 12
_CANCELLED = Q(status=Status.CANCELLED)
_BY_CLIENT = _CANCELLED & Q(cancelled_by=CancelledBy.CLIENT)

# Each appointment is counted in exactly one of these.
COUNTS = {
    "attended": Count("pk", Q(status=Status.ATTENDED)),
    "missed": Count("pk", Q(status=Status.NO_SHOW)),
    "booked": Count("pk", Q(status__in=[Status.PENDING, Status.CONFIRMED])),
    "on_time": Count("pk", _BY_CLIENT & Q(cancelled_late=False)),
    "late": Count("pk", _BY_CLIENT & Q(cancelled_late=True)),
    "by_practice": Count("pk", _CANCELLED & Q(cancelled_by=CancelledBy.PRACTICE)),
}


@dataclass(frozen=True, kw_only=True)
class Figures:
    """How many appointments came to what, and how many hours there were for them."""

    attended: int = 0
    missed: int = 0  # no-shows
    booked: int = 0  # pending or confirmed: ahead, or past and not marked yet
    on_time: int = 0  # cancelled by the client; late ones that were waived are among them
    late: int = 0  # cancelled by the client inside the notice
    by_practice: int = 0  # cancelled by the practice
    offered: int = 0  # opening hours less closures

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            **{
                field.name: getattr(self, field.name) + getattr(other, field.name)
                for field in fields(Figures)
            }
        )

    @property
    def used(self) -> int:
        """Hours held by an appointment, inside and outside opening hours."""
        return self.attended + self.missed + self.booked

    @property
    def appointments(self) -> int:
        """All of them, cancelled ones included."""
        return self.used + self.on_time + self.late + self.by_practice

    @property
    def used_share(self) -> float | None:
        """Hours used per hour offered: above 1 when many were outside opening hours."""
        return _share(self.used, self.offered)

    @property
    def missed_share(self) -> float | None:
        """No-shows per session that was due and marked: attended and no-shows."""
        return _share(self.missed, self.attended + self.missed)

    @property
    def late_share(self) -> float | None:
        """Late cancellations per appointment, those that the practice cancelled left out."""
        return _share(self.late, self.appointments - self.by_practice)


@dataclass(frozen=True, kw_only=True)
class Month(Figures):
    """The figures of a month's days from `first` to `last`: all of them, or those asked for."""

    first: dt.date
    last: dt.date

    @property
    def is_whole(self) -> bool:
        return self.first.day == 1 and (self.last + DAY).day == 1


def usual_span(*, now: dt.datetime) -> tuple[dt.date, dt.date]:
    """Return the first and the last day of the twelve months that end with the current one.

    Of a younger practice: since the month of its first appointment.
    """
    today, _hour = local_slot(now)
    start, this_month = first_of_month(today, 1 - MONTHS_SHOWN), first_of_month(today)
    if oldest := Appointment.objects.order_by("date").first():
        start = min(max(start, first_of_month(oldest.date)), this_month)
    return start, last_of_month(today)


def months(*, start: dt.date, end: dt.date) -> list[Month]:
    """Return each month from `start` to `end`, both days included, with its figures.

    Only the days of the span are counted in a first or last month that it cuts. The hours offered
    are by today's opening hours, as past ones are not kept. Costs two queries for any span.
    """
    counted = {month: dict(zip(COUNTS, row, strict=True)) for month, *row in _counts(start, end)}
    offered = Counter[dt.date]()
    for date, hours in slots.offered_hours(start, end).items():
        offered[first_of_month(date)] += hours
    return [
        Month(first=first, last=last, offered=offered[month], **counted.get(month, {}))
        for first, last in _cut_into_months(start, end)
        for month in [first_of_month(first)]
    ]


def total(months: Iterable[Month]) -> Figures:
    """Return the figures of all these months together."""
    return sum(months, Figures())


def first_of_month(date: dt.date, later: int = 0) -> dt.date:
    """Return the first day of the date's month, or of the one so many months later."""
    year, month = divmod(date.year * 12 + date.month - 1 + later, 12)
    return dt.date(year, month + 1, 1)


def last_of_month(date: dt.date) -> dt.date:
    return first_of_month(date, 1) - DAY


def _cut_into_months(start: dt.date, end: dt.date) -> Iterator[tuple[dt.date, dt.date]]:
    while start <= end:
        last = min(last_of_month(start), end)
        yield start, last
        start = last + DAY


def _counts(start: dt.date, end: dt.date) -> Iterable[tuple[Any, ...]]:
    found = Appointment.objects.between(start, end).order_by().annotate(month=TruncMonth("date"))
    return found.values("month").annotate(**COUNTS).values_list("month", *COUNTS)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
