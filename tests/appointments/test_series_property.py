"""Any opening hours, closures, appointments and choices, across both weeks of a clock change:
a series books exactly the dates that were chosen and open, at the hour chosen, or nothing at all.

What is open is worked out here slot by slot, without the code under test.
"""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appointments import errors, series
from appointments.models import Appointment, Closure, OpeningHours, Rhythm, Series, Slot, starts_at
from tests.rows import all_rows

DAY, WEEK = dt.timedelta(days=1), dt.timedelta(weeks=1)
LONDON = ZoneInfo("Europe/London")
# The clocks go forward on 28 March and back on 31 October 2027: a fortnight on each side.
CHANGES = [dt.date(2027, 3, 28), dt.date(2027, 10, 31)]
HOURS = range(9, 18)

hours = st.sampled_from([9, 10, 13, 17])
days = st.integers(min_value=0, max_value=34)
spans = st.tuples(st.integers(9, 17), st.integers(9, 17)).map(sorted)
opening = st.dictionaries(st.integers(0, 6), spans, min_size=1)
closures = st.lists(st.tuples(days, st.integers(0, 3), st.none() | spans), max_size=3)
choices = st.lists(
    st.sampled_from(["as planned", "as planned", "as planned", "skip", "other", "insist"]),
    min_size=9,
    max_size=9,
)


@st.composite
def wishes(draw) -> dict[str, object]:
    return {
        "weekday": draw(days),
        "hour": draw(hours),
        "rhythm": draw(st.sampled_from(Rhythm)),
        "sessions": draw(st.integers(1, 5)),
    }


class Practice:
    """What we believe of the practice: which slots are open."""

    def __init__(self, change, opening, closures, taken):
        self.start = change - 2 * WEEK
        self.opening, self.taken = opening, {Slot(self.day(ahead), hour) for ahead, hour in taken}
        self.closures = [(self.day(a), self.day(a + more), span) for a, more, span in closures]
        self.now = dt.datetime.combine(self.start - DAY, dt.time(12), dt.UTC)

    def day(self, ahead: int) -> dt.date:
        return self.start + ahead * DAY

    def write_down(self, client) -> None:
        OpeningHours.objects.all().delete()
        for weekday, (first, last) in self.opening.items():
            OpeningHours.objects.create(weekday=weekday, first_hour=first, last_hour=last)
        for first, last, span in self.closures:
            low, high = span or (None, None)
            Closure.objects.create(first_date=first, last_date=last, first_hour=low, last_hour=high)
        for date, hour in self.taken:
            Appointment.objects.create(client=client, date=date, hour=hour, created_at=self.now)

    def is_open(self, slot: Slot) -> bool:
        first, last = self.opening.get(slot.date.weekday(), (1, 0))
        closed = any(
            since <= slot.date <= until and (span is None or span[0] <= slot.hour <= span[1])
            for since, until, span in self.closures
        )
        return first <= slot.hour <= last and not closed and slot not in self.taken


def choose(practice: Practice, planned, choices) -> dict[dt.date, int | None]:
    """Decide about each date: as planned where it is open, left out, another hour, or insist."""
    chosen = {}
    for (slot, *_rest), choice in zip(planned, choices, strict=False):
        open_hours = [hour for hour in HOURS if practice.is_open(Slot(slot.date, hour))]
        as_planned = slot.hour if practice.is_open(slot) else None
        chosen[slot.date] = {
            "as planned": as_planned,
            "skip": None,
            "other": open_hours[-1] if open_hours else None,
            "insist": slot.hour,  # open or not
        }[choice]
    return chosen


@pytest.mark.django_db
@pytest.mark.parametrize("change", CHANGES, ids=["forward", "back"])
def test_series_books_the_chosen_open_dates_or_nothing(change, ada, ben, counsellor):
    @settings(
        max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @given(opening, closures, st.sets(st.tuples(days, hours), max_size=6), wishes(), choices)
    def holds(opening, closures, taken, wish, choices):
        practice = Practice(change, opening, closures, taken)
        with transaction.atomic():
            practice.write_down(ben)
            check(practice, wish, choices, ada, counsellor)
            transaction.set_rollback(True)

    holds()


def check(practice: Practice, wish, choices, client, by) -> None:
    first = practice.day(wish["weekday"])
    wanted = Series(
        client=client,
        first_date=first,
        hour=wish["hour"],
        rhythm=wish["rhythm"],
        last_date=Series.last_of(first, wish["rhythm"], wish["sessions"]),
    )
    planned = series.plan(series=wanted, now=practice.now)
    dates = [first + n * wish["rhythm"] * WEEK for n in range(wish["sessions"])]
    assert [one.slot for one in planned] == [Slot(date, wish["hour"]) for date in dates]
    for one in planned:
        assert (one.verdict == "open") == practice.is_open(one.slot)
        assert (one.verdict == "taken") == (one.slot in practice.taken)
    chosen = choose(practice, planned, choices)
    slots = [Slot(date, hour) for date, hour in chosen.items() if hour is not None]
    before = all_rows()
    book = {"series": wanted, "hours": chosen, "by": by, "now": practice.now}
    if not slots or not all(map(practice.is_open, slots)):
        with pytest.raises(errors.BookingError):
            series.book(**book)
        assert all_rows() == before
        return
    series.book(**book)
    held = Appointment.objects.filter(client=client)
    assert [Slot(*slot) for slot in held.values_list("date", "hour")] == slots
    for date, hour in slots:  # on the clock on the wall, whatever the clocks do
        assert starts_at(date, hour).astimezone(LONDON).hour == hour
    assert {gap.date for gap in wanted.gaps.all()} == set(dates) - {slot.date for slot in slots}
