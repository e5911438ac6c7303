"""The counsellor's week: its days and hours, what closes them, and what waits beside it."""

import datetime as dt

import pytest

from accounts.models import User
from appointments import booking, diary
from appointments.models import Appointment, Closure, OpeningHours, Slot, Status
from tests.conftest import NOW, TUESDAY

pytestmark = pytest.mark.django_db

DAY, WEEK = dt.timedelta(days=1), dt.timedelta(weeks=1)
MONDAY = TUESDAY - DAY
HOURS = range(9, 18)


def week(monday: dt.date = MONDAY, now: dt.datetime = NOW) -> diary.Week:
    return diary.week(monday=monday, now=now)


def of(day: diary.Day) -> list[str]:
    """Return what a day's cells say, hours that belong together once: `9-17 Leave`."""
    return [f"{cell.slot.hour}-{cell.until - 1} {word(cell)}" for cell in day.cells]


def word(cell: diary.Cell) -> str:
    return str(cell.visit.appointment.client) if cell.visit else cell.reason or str(cell.is_free)


def day_of(date: dt.date, now: dt.datetime = NOW) -> list[str]:
    shown = week(diary.monday_of(date), now)
    return of(next(day for day in shown.days if day.date == date))


def free(*hours: int) -> list[str]:
    return [f"{hour}-{hour} True" for hour in hours]


def close(date: dt.date, reason: str = "Leave", *hours: int) -> Closure:
    first, last = hours or (None, None)
    return Closure.objects.create(
        first_date=date, last_date=date, first_hour=first, last_hour=last, reason=reason
    )


def fill(client: User, count: int, *, status: Status, monday: dt.date = MONDAY) -> None:
    slots = [(monday + n * DAY, hour) for n in range(5) for hour in HOURS][:count]
    Appointment.objects.bulk_create(
        Appointment(client=client, date=date, hour=hour, status=status, created_at=NOW)
        for date, hour in slots
    )


class TestWeek:
    def test_has_every_hour_of_monday_to_friday(self, practice):
        shown = week()
        assert [day.date for day in shown.days] == [MONDAY + n * DAY for n in range(5)]
        assert {tuple(of(day)) for day in shown.days} == {tuple(free(*HOURS))}
        assert [(hour, len(cells)) for hour, cells in shown.rows] == [(h, 5) for h in HOURS]

    @pytest.mark.parametrize(
        ("monday", "name", "previous", "following"),
        [
            (dt.date(2026, 11, 23), "2026-W48", "2026-W47", "2026-W49"),
            (dt.date(2026, 12, 28), "2026-W53", "2026-W52", "2027-W01"),
            (dt.date(2027, 1, 4), "2027-W01", "2026-W53", "2027-W02"),
            (dt.date(2029, 12, 31), "2030-W01", "2029-W52", "2030-W02"),
        ],
    )
    def test_is_named_as_iso_counts_weeks(self, practice, monday, name, previous, following):
        shown = week(monday)
        assert (shown.name, shown.previous, shown.next) == (name, previous, following)
        assert {diary.iso_week(day.date) for day in shown.days} == {name}

    def test_appointments_at_its_edges_are_in_it_and_no_others(self, ada, book):
        saturday = OpeningHours.objects.create(weekday=6)
        inside = [book(ada, MONDAY, 9), book(ada, MONDAY + 6 * DAY, 17)]
        saturday.delete()
        book(ada, MONDAY - 3 * DAY, 17), book(ada, MONDAY + WEEK, 9)
        assert [visit.appointment for day in week().days for visit in day.visits] == inside

    def test_weekend_is_in_it_when_something_is_on_it(self, ada):
        def days() -> list[int]:
            return [day.date.weekday() for day in week().days]

        assert days() == [0, 1, 2, 3, 4]
        sunday = Appointment(client=ada, date=MONDAY + 6 * DAY, hour=9, created_at=NOW)
        sunday.save()
        assert days() == [0, 1, 2, 3, 4, 6]
        OpeningHours.objects.create(weekday=5, first_hour=10, last_hour=11)
        assert days() == [0, 1, 2, 3, 4, 5, 6]
        assert of(week().days[5]) == ["9-9 Closed", *free(10, 11), "12-17 Closed"]

    def test_today_is_marked(self, practice):
        assert not week().has_today
        shown = week(NOW.date())
        assert [day.is_today for day in shown.days] == [True, False, False, False, False]

    def test_past_week_has_nothing_free(self, ada, counsellor):
        fill(ada, 1, status=Status.ATTENDED, monday=MONDAY - 2 * WEEK)
        shown = week(MONDAY - 2 * WEEK)
        assert of(shown.days[0]) == ["9-9 Ada", *(f"{h}-{h} False" for h in HOURS[1:])]

    def test_hours_are_free_until_they_begin(self, practice):
        begun = ["9-9 False", "10-10 False"]  # it is half past ten
        assert day_of(NOW.date()) == [*begun, *free(*HOURS[2:])]

    def test_days_further_than_staff_may_book_are_not_free(self, practice):
        last = NOW.date() + 366 * DAY
        assert "True" in " ".join(day_of(last))
        assert "True" not in " ".join(day_of(last + DAY))

    @pytest.mark.parametrize("sunday", [dt.date(2027, 3, 28), dt.date(2027, 10, 31)])
    def test_week_of_a_clock_change_is_like_any_other(self, practice, ada, counsellor, sunday):
        for date in (sunday - 2 * DAY, sunday + DAY):
            now = dt.datetime.combine(date - WEEK, dt.time(12), dt.UTC)
            booking.book(client=ada, date=date, hour=9, by=counsellor, now=now, notify=False)
            assert day_of(date, now) == ["9-9 Ada", *free(*HOURS[1:])]


class TestClosedHours:
    def test_whole_day_is_one_cell_with_its_reason(self, practice):
        close(TUESDAY)
        assert day_of(TUESDAY) == ["9-17 Leave"]

    def test_some_hours_of_a_day(self, practice):
        close(TUESDAY, "Dentist", 11, 13)
        assert day_of(TUESDAY) == [*free(9, 10), "11-13 Dentist", *free(14, 15, 16, 17)]

    def test_reasons_stand_beside_each_other(self, practice):
        close(TUESDAY, "", 9, 9), close(TUESDAY, "Dentist", 10, 17)
        assert day_of(TUESDAY) == ["9-9 Closed", "10-17 Dentist"]

    def test_closure_over_several_weeks_closes_each_day(self, practice):
        Closure.objects.create(
            first_date=MONDAY - WEEK, last_date=MONDAY + 2 * DAY, reason="Holiday"
        )
        assert [of(day)[0] for day in week().days] == ["9-17 Holiday"] * 3 + free(9) * 2

    def test_break_in_the_day(self, practice):
        OpeningHours.objects.filter(weekday=1).update(first_hour=10, last_hour=11)
        OpeningHours.objects.create(weekday=1, first_hour=14, last_hour=16)
        breaks = ["9-9 Closed", *free(10, 11), "12-13 Break", *free(14, 15, 16), "17-17 Closed"]
        assert day_of(TUESDAY) == breaks

    def test_appointment_in_them_shows_all_the_same(self, ada, book):
        book(ada, TUESDAY, 12)
        close(TUESDAY)
        assert day_of(TUESDAY) == ["9-11 Leave", "12-12 Ada", "13-17 Leave"]
        OpeningHours.objects.all().delete()
        Closure.objects.all().delete()
        assert day_of(TUESDAY) == ["9-11 Closed", "12-12 Ada", "13-17 Closed"]

    def test_cancelled_appointment_leaves_its_hour_free(self, ada, book):
        booking.cancel(appointment=book(ada), by=ada, now=NOW, notify=False)
        assert day_of(TUESDAY) == free(*HOURS)

    def test_hour_that_the_clocks_blur_is_closed(self, practice, settings):
        settings.TIME_ZONE = "Pacific/Apia"  # skipped Friday 30 December 2011
        now = dt.datetime(2011, 12, 20, tzinfo=dt.UTC)
        assert day_of(dt.date(2011, 12, 30), now) == ["9-17 The clocks change"]


class TestBesideIt:
    def test_requests_are_soonest_first_and_the_rest_is_counted(self, ada):
        fill(ada, 9, status=Status.PENDING, monday=MONDAY + WEEK)
        fill(ada, 9, status=Status.CONFIRMED)
        shown = week()
        assert [visit.appointment.slot for visit in shown.pending] == [
            Slot(MONDAY + WEEK, hour) for hour in HOURS[: diary.ASKED_AT_ONCE]
        ]
        assert shown.more == 9 - diary.ASKED_AT_ONCE

    def test_request_whose_hour_has_passed_still_waits_for_an_answer(self, ada):
        fill(ada, 1, status=Status.PENDING, monday=MONDAY + WEEK)
        fill(ada, 1, status=Status.PENDING, monday=MONDAY - 2 * WEEK)
        waiting = [visit.appointment.slot for visit in week().pending]
        assert waiting == [Slot(MONDAY - 2 * WEEK, 9), Slot(MONDAY + WEEK, 9)]

    def test_today_is_there_whatever_week_is_shown(self, ada):
        fill(ada, 2, status=Status.CONFIRMED, monday=NOW.date())
        for monday in (MONDAY, NOW.date()):
            assert [visit.appointment.slot.hour for visit in week(monday).today] == [9, 10]

    def test_what_may_be_done(self, ada):
        fill(ada, 3, status=Status.CONFIRMED, monday=NOW.date())
        done = [(visit.may_mark, visit.may_move) for visit in week().today]
        assert done == [(True, False), (True, False), (False, True)]
        Appointment.objects.update(status=Status.ATTENDED)
        assert not any(visit.may_mark or visit.may_move for visit in week().today)
        assert not week().waits
