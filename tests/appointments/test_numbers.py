"""The numbers of a month: each appointment counted once, compared with counting row by row."""

import datetime as dt
import random
import uuid
from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appointments import booking, numbers
from appointments.models import HOURS, Appointment, CancelledBy, Closure, OpeningHours, Status
from appointments.numbers import Figures
from tests.conftest import NOW, TUESDAY

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
NOVEMBER = {"start": dt.date(2026, 11, 1), "end": dt.date(2026, 11, 30)}
FIRST, DAYS = dt.date(2025, 1, 20), 400
OUTCOMES = {
    "attended": {"status": Status.ATTENDED},
    "missed": {"status": Status.NO_SHOW},
    "booked": {"status": Status.CONFIRMED},
    "on_time": {"status": Status.CANCELLED, "cancelled_by": CancelledBy.CLIENT},
    "late": {
        "status": Status.CANCELLED,
        "cancelled_by": CancelledBy.CLIENT,
        "cancelled_late": True,
    },
    "by_practice": {"status": Status.CANCELLED, "cancelled_by": CancelledBy.PRACTICE},
}


def add(client, slots, **state) -> list[Appointment]:
    return Appointment.objects.bulk_create(
        Appointment(client=client, date=date, hour=hour, created_at=NOW, **state)
        for date, hour in slots
    )


@pytest.fixture
def year(ada) -> None:
    """400 days with every outcome, closures of days and of hours, and a break at noon."""
    chance = random.Random(7)
    slots = [(FIRST + n * DAY, hour) for n in range(DAYS) for hour in HOURS]
    for state in OUTCOMES.values():
        chosen = chance.sample(slots, 150)
        add(ada, chosen, **state)
        if state["status"] != Status.CANCELLED:
            slots = sorted(set(slots) - set(chosen))
    OpeningHours.objects.filter(weekday=0).update(last_hour=11)
    OpeningHours.objects.create(weekday=0, first_hour=13, last_hour=16)
    OpeningHours.objects.filter(weekday=3).delete()
    for n in range(12):
        first = FIRST + chance.randrange(DAYS) * DAY
        hours = {"first_hour": 10, "last_hour": 12} if n % 2 else {}
        last = first + chance.randrange(12) * DAY
        Closure.objects.create(first_date=first, last_date=last, **hours)


def hours_offered(date: dt.date) -> int:
    """Count the hours of one day the slow way."""
    opens = OpeningHours.objects.filter(weekday=date.weekday())
    hours = {hour for row in opens for hour in range(row.first_hour, row.last_hour + 1)}
    for closure in Closure.objects.filter(first_date__lte=date, last_date__gte=date):
        hours -= set(range(closure.first_hour or 0, (closure.last_hour or 23) + 1))
    return len(hours)


def outcome(appointment: Appointment) -> str:
    if appointment.status == Status.CANCELLED:
        late = "late" if appointment.cancelled_late else "on_time"
        return late if appointment.cancelled_by == "client" else "by_practice"
    return {"attended": "attended", "no_show": "missed"}.get(appointment.status, "booked")


def test_months_are_those_counted_row_by_row(year):
    every_day = {FIRST + n * DAY: hours_offered(FIRST + n * DAY) for n in range(DAYS)}
    rows = [(one.date, outcome(one)) for one in Appointment.objects.all()]
    for start, end in [(0, DAYS - 1), (0, 0), (11, 12), (40, 75), (12, 39), (100, 399)]:
        span = (FIRST + start * DAY, FIRST + end * DAY)
        naive: dict[tuple[int, int], Counter] = {}
        for date, hours in every_day.items():
            if span[0] <= date <= span[1]:
                naive.setdefault((date.year, date.month), Counter())["offered"] += hours
        for date, name in rows:
            if span[0] <= date <= span[1]:
                naive[date.year, date.month][name] += 1
        found = numbers.months(start=span[0], end=span[1])
        assert [(month.first.year, month.first.month) for month in found] == list(naive)
        assert (found[0].first, found[-1].last) == span
        for month, counted in zip(found, naive.values(), strict=True):
            for name in [*OUTCOMES, "offered"]:
                assert getattr(month, name) == counted[name], (month, name)
        total = numbers.total(found)
        assert total.appointments == sum(span[0] <= date <= span[1] for date, _name in rows)


def test_costs_two_queries_at_any_number_of_rows_and_months(ada):
    add(ada, [(TUESDAY, 10)])
    with CaptureQueriesContext(connection) as at_one:
        numbers.months(**NOVEMBER)
    add(ada, [(TUESDAY - n * DAY, 9) for n in range(300)])
    with CaptureQueriesContext(connection) as at_many:
        months = numbers.months(start=dt.date(2024, 1, 1), end=NOVEMBER["end"])
    assert numbers.total(months).booked == 301
    assert len(at_one) == len(at_many) == 2


def test_month_of_a_practice_without_opening_hours(ada):
    OpeningHours.objects.all().delete()
    add(ada, [(TUESDAY, 10)])
    (month,) = numbers.months(**NOVEMBER)
    assert (month.offered, month.used, month.used_share) == (0, 1, None)


def test_hour_outside_opening_hours_is_used_but_not_offered(ada):
    OpeningHours.objects.exclude(weekday=1).delete()
    OpeningHours.objects.update(first_hour=9, last_hour=9)
    add(ada, [(TUESDAY, 9), (TUESDAY, 10), (TUESDAY + 4 * DAY, 9)])
    (month,) = numbers.months(**{**NOVEMBER, "start": TUESDAY, "end": TUESDAY + 6 * DAY})
    assert (month.offered, month.used, month.used_share) == (1, 3, 3.0)


def test_waived_late_cancellation_counts_as_on_time(ada, counsellor, book):
    one = book(ada, NOW.date() + DAY, 9, by=counsellor)
    one = booking.cancel(appointment=one, by=ada, now=NOW, notify=False)
    assert [(month.late, month.on_time) for month in numbers.months(**NOVEMBER)] == [(1, 0)]
    booking.waive(appointment=one, by=counsellor, now=NOW, reason="ill")
    assert [(month.late, month.on_time) for month in numbers.months(**NOVEMBER)] == [(0, 1)]


@pytest.mark.once
def test_shares_are_of_what_they_say():
    figures = Figures(
        attended=6, missed=2, booked=3, on_time=4, late=5, by_practice=100, offered=22
    )
    assert figures.used == 11
    assert figures.used_share == 0.5
    assert figures.missed_share == 2 / 8
    assert figures.late_share == 5 / 20
    assert figures + figures == Figures(
        attended=12, missed=4, booked=6, on_time=8, late=10, by_practice=200, offered=44
    )
    only_by_practice = Figures(by_practice=3)
    assert (only_by_practice.missed_share, only_by_practice.late_share) == (None, None)


@pytest.mark.once
@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        ("2026-11-02T10:30+00:00", "2025-12-01", "2026-11-30"),
        ("2026-12-31T23:30+00:00", "2026-01-01", "2026-12-31"),
        ("2028-02-29T00:00+00:00", "2027-03-01", "2028-02-29"),
        ("2026-05-31T23:30+00:00", "2025-07-01", "2026-06-30"),  # June has begun in London
    ],
)
def test_usual_span_is_twelve_months_by_the_practices_clock(today, first, last):
    span = numbers.usual_span(now=dt.datetime.fromisoformat(today))
    assert tuple(map(str, span)) == (first, last)


@pytest.mark.once
@pytest.mark.parametrize(
    ("oldest", "first"),
    [
        (dt.date(2026, 9, 17), dt.date(2026, 9, 1)),
        (dt.date(2025, 9, 17), dt.date(2025, 12, 1)),
        (dt.date(2027, 1, 5), dt.date(2026, 11, 1)),
    ],
    ids=["young", "old", "not begun"],
)
def test_usual_span_begins_with_the_first_appointment(ada, oldest, first):
    add(ada, [(oldest, 10), (dt.date(2027, 2, 2), 10)], status=Status.CONFIRMED)
    assert numbers.usual_span(now=NOW) == (first, dt.date(2026, 11, 30))


def test_month_that_the_span_cuts_is_not_whole(db):
    months = numbers.months(start=dt.date(2026, 1, 2), end=dt.date(2026, 3, 31))
    assert [month.is_whole for month in months] == [False, True, True]


def test_every_outcome_is_counted_by_exactly_one_name(ada):
    for n, (name, state) in enumerate(OUTCOMES.items()):
        (one,) = add(ada, [(TUESDAY, HOURS[n])], **state, id=uuid.uuid4())
        (month,) = numbers.months(start=TUESDAY, end=TUESDAY)
        assert [getattr(month, other) for other in OUTCOMES] == [int(o == name) for o in OUTCOMES]
        one.delete()
