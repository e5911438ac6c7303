"""A million appointments, decades of past and cancelled ones among them: as cheap as none."""

import datetime as dt
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from appointments import slots
from appointments.models import HOURS, Appointment, Closure
from benchmarks import rows
from tests.conftest import person

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

MILLION = 1_000_000
URL = "/appointments/availability.json"
DAY = dt.timedelta(days=1)


@pytest.fixture
def today(practice) -> Iterator[dt.date]:
    """Today, with a million appointments around it."""
    today = timezone.localdate()
    rows.fill(MILLION, today)
    Closure.objects.create(first_date=today + 20 * DAY, last_date=today + 24 * DAY)
    Closure.objects.create(
        first_date=today + 30 * DAY, last_date=today + 60 * DAY, first_hour=12, last_hour=13
    )
    yield today
    if connection.vendor == "sqlite":  # which otherwise looks at each row before it is deleted
        with connection.constraint_checks_disabled(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM appointments_appointment")


def open_days(today: dt.date) -> dict[str, list[int]]:
    """Return the answer for the coming days the slow way: slot by slot."""
    active = Appointment.objects.exclude(status="cancelled").filter(date__gt=today)
    taken = set(active.values_list("date", "hour"))
    closed = {(today + n * DAY, hour) for n in range(20, 25) for hour in HOURS}
    closed |= {(today + n * DAY, hour) for n in range(30, 61) for hour in (12, 13)}
    weekdays = [day for n in range(3, 91) if (day := today + n * DAY).weekday() < 5]
    free = {day: [hour for hour in HOURS if (day, hour) not in taken | closed] for day in weekdays}
    return {day.isoformat(): hours for day, hours in free.items() if hours}


def plan(sql: str, parameters: dict[str, str]) -> str:
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {sql}", parameters)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def test_a_million_appointments(today, sign_in):
    browser = sign_in(person("ada"))
    counts = {}
    for days in (1, 90):
        asked = {"from": today + 3 * DAY, "to": today + (2 + days) * DAY}
        with CaptureQueriesContext(connection) as captured:
            browser.get(URL, asked)
        counts[days] = len(captured)
    assert counts[1] == counts[90] <= 2 + 4  # session and user, and four

    answer = browser.get(URL, {"from": today + 3 * DAY, "to": today + 90 * DAY}).json()
    assert answer["days"] == open_days(today)

    span = {"first": today.isoformat(), "last": (today + 90 * DAY).isoformat()}
    assert "one_active_appointment_per_slot" in plan(slots.FACTS, span)
