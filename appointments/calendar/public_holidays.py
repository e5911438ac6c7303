"""The public holidays of the practice's country, offered for leave."""

import datetime as dt
from typing import NamedTuple

from appointments.models import Closure, local_slot
from therapeutics.models import Practice

AHEAD = dt.timedelta(days=365)
LONGEST = 100  # characters, as long as a closure's reason may be


class PublicHoliday(NamedTuple):
    date: dt.date
    name: str
    closed: bool  # the practice is closed all day already


def holidays_ahead(*, now: dt.datetime) -> list[PublicHoliday]:
    """Return the public holidays of the coming twelve months, soonest first.

    None when the practice names no calendar, or one that is not known any more.
    """
    first, _hour = local_slot(now)
    last = first + AHEAD
    leave = Closure.objects.filter(first_hour=None, last_date__gte=first, first_date__lte=last)
    spans = list(leave.values_list("first_date", "last_date"))
    return [
        PublicHoliday(date, name[:LONGEST], any(since <= date <= until for since, until in spans))
        for date, name in _named(Practice.load().holiday_calendar, first, last)
    ]


def holiday_names(first: dt.date, last: dt.date) -> dict[dt.date, str]:
    """Return the names of the public holidays from `first` to `last`."""
    return dict(_named(Practice.load().holiday_calendar, first, last))


def _named(calendar: str, first: dt.date, last: dt.date) -> list[tuple[dt.date, str]]:
    """Return dates and names; the package is fetched when it is first asked for, it is large."""
    if not calendar:
        return []
    import holidays

    country, _dash, part = calendar.partition("-")
    try:
        known = holidays.country_holidays(
            country, subdiv=part or None, years=range(first.year, last.year + 1)
        )
    except NotImplementedError:
        return []
    return sorted((date, name) for date, name in known.items() if first <= date <= last)
