"""What a slot is: a local date and an hour in the practice's time zone.

It reserves the full hour from `hour` o'clock; hours 9 to 17 start a session.
"""

import datetime as dt
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone

FIRST_HOUR = 9
LAST_HOUR = 17
HOURS = range(FIRST_HOUR, LAST_HOUR + 1)
HOUR_VALIDATORS = [MinValueValidator(FIRST_HOUR), MaxValueValidator(LAST_HOUR)]


class Slot(NamedTuple):
    date: dt.date
    hour: int


def starts_at(date: dt.date, hour: int) -> dt.datetime:
    """Return the UTC instant at which the slot starts on the practice's clock."""
    local = dt.datetime.combine(date, dt.time(hour), tzinfo=ZoneInfo(settings.TIME_ZONE))
    return local.astimezone(dt.UTC)


def local_slot(now: dt.datetime) -> tuple[dt.date, int]:
    """Return the practice's local date and hour at the aware instant `now`."""
    local = timezone.localtime(now, ZoneInfo(settings.TIME_ZONE))
    return local.date(), local.hour
