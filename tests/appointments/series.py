"""Series for tests: as wanted, as booked, and what is left of them."""

import datetime as dt

from accounts.models import User
from appointments import series
from appointments.models import Appointment, Rhythm, Series, Slot
from appointments.series import Verdict
from tests.conftest import NOW, TUESDAY

DAY, WEEK = dt.timedelta(days=1), dt.timedelta(weeks=1)


def weekly(client: User, *, sessions: int | None = 5, **fields: object) -> Series:
    given = {"client": client, "first_date": TUESDAY, "hour": 10, "rhythm": Rhythm.WEEKLY, **fields}
    last = Series.last_of(given["first_date"], given["rhythm"], sessions) if sessions else None
    return Series(**{"last_date": last, **given})


def as_planned(wanted: Series, *, now: dt.datetime = NOW) -> dict[dt.date, int | None]:
    """Choose what is open, and leave out the rest."""
    return {
        one.slot.date: one.slot.hour if one.verdict == Verdict.OPEN else None
        for one in series.plan(series=wanted, now=now)
    }


def slots_of(one: Series) -> list[Slot]:
    found = Appointment.objects.active().filter(series=one)
    return [Slot(*slot) for slot in found.values_list("date", "hour")]


def weeks(count: int, first: dt.date = TUESDAY, hour: int = 10) -> list[Slot]:
    return [Slot(first + n * WEEK, hour) for n in range(count)]
