"""Which sessions a change of the calendar falls on: pure reads."""

import datetime as dt
from collections.abc import Iterable

from django.db.models import Q, QuerySet

from appointments.models import AHEAD, Appointment, Closure, OpeningHours

NOTHING = Q(pk__in=[])


def affected_by_closures(closures: Iterable[Closure], *, now: dt.datetime) -> QuerySet[Appointment]:
    """Return the sessions still to come that lie in one of the closures, soonest first."""
    within = NOTHING
    for closure in closures:
        days = Q(date__gte=closure.first_date, date__lte=closure.last_date)
        if closure.first_hour is not None:
            days &= Q(hour__gte=closure.first_hour, hour__lte=closure.last_hour)
        within |= days
    return _ahead(now).filter(within)


def affected_by_hours(rows: Iterable[OpeningHours], *, now: dt.datetime) -> QuerySet[Appointment]:
    """Return the sessions still to come that `rows` would put outside opening hours.

    One that is outside them already stays as it is, and is not among them.
    """
    closing = _hours(OpeningHours.objects.all()) - _hours(rows)
    outside = NOTHING
    for weekday in {weekday for weekday, _hour in closing}:
        hours = [hour for day, hour in closing if day == weekday]
        outside |= Q(date__iso_week_day=weekday + 1, hour__in=hours)
    return _ahead(now).filter(outside)


def _ahead(now: dt.datetime) -> QuerySet[Appointment]:
    upcoming = Appointment.objects.upcoming(now).filter(status__in=AHEAD)
    return upcoming.select_related("client").order_by("date", "hour")


def _hours(rows: Iterable[OpeningHours]) -> set[tuple[int, int]]:
    return {
        (row.weekday, hour) for row in rows for hour in range(row.first_hour, row.last_hour + 1)
    }
