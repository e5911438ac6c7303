"""Clock changes, month ends, leap days, midnights and notice, always with a fixed clock."""

import datetime as dt
import os
import time
from zoneinfo import ZoneInfo

import pytest

from appointments import booking, errors, slots
from appointments.models import Appointment, BookingPolicy, OpeningHours, local_slot, starts_at
from tests.conftest import NOW, TUESDAY

ALL_DAY = list(range(9, 18))
SECOND = dt.timedelta(seconds=1)
HOUR = dt.timedelta(hours=1)
DAY = 24 * HOUR


def utc(*fields: int) -> dt.datetime:
    return dt.datetime(*fields, tzinfo=dt.UTC)


def open_on(date: dt.date, *, now: dt.datetime, staff: bool = False) -> list[int]:
    return slots.availability(now=now, start=date, end=date, staff=staff).on(date)


@pytest.fixture
def every_day(practice):
    for weekday in (5, 6):
        OpeningHours.objects.get_or_create(weekday=weekday)


@pytest.fixture
def practice_in(settings):
    """Puts the practice into a time zone, and its server half around the world from it."""

    def put(zone: str, server: str = "Pacific/Auckland") -> None:
        settings.TIME_ZONE = zone
        os.environ["TZ"] = server
        time.tzset()

    yield put
    os.environ["TZ"] = settings.TIME_ZONE
    time.tzset()


@pytest.mark.parametrize(
    ("zone", "date", "hour", "instant"),
    [
        ("Europe/London", dt.date(2027, 3, 27), 9, utc(2027, 3, 27, 9)),  # winter time
        ("Europe/London", dt.date(2027, 3, 28), 9, utc(2027, 3, 28, 8)),  # it changed at 1 am
        ("Europe/London", dt.date(2026, 10, 24), 17, utc(2026, 10, 24, 16)),
        ("Europe/London", dt.date(2026, 10, 25), 17, utc(2026, 10, 25, 17)),
        ("Europe/London", dt.date(2028, 2, 29), 9, utc(2028, 2, 29, 9)),
        ("Pacific/Auckland", dt.date(2027, 1, 1), 9, utc(2026, 12, 31, 20)),
        ("Asia/Kathmandu", dt.date(2026, 11, 10), 9, utc(2026, 11, 10, 3, 15)),
        ("America/Los_Angeles", dt.date(2026, 12, 31), 17, utc(2027, 1, 1, 1)),
    ],
)
def test_slot_is_an_hour_on_the_practices_clock(settings, zone, date, hour, instant):
    settings.TIME_ZONE = zone
    assert starts_at(date, hour) == instant
    assert local_slot(instant) == (date, hour)
    assert local_slot(instant - SECOND) == (date, hour - 1)
    assert local_slot(instant + HOUR - SECOND) == (date, hour)


@pytest.mark.parametrize(
    ("zone", "date", "unclear"),
    [
        ("Africa/Khartoum", dt.date(2000, 1, 15), {12}),  # noon jumped to 1 pm
        ("Pacific/Honolulu", dt.date(1933, 5, 21), {11}),  # 11 to noon came twice
        ("Pacific/Apia", dt.date(2011, 12, 30), set(ALL_DAY)),  # this Friday never was
        ("Pacific/Apia", dt.date(1892, 7, 4), set(ALL_DAY)),  # this Monday came twice
        ("Europe/London", dt.date(2027, 3, 28), set()),  # 1 am is before we open
        ("Europe/London", dt.date(2026, 10, 25), set()),
        ("Australia/Lord_Howe", dt.date(2026, 10, 4), set()),  # by half an hour, at night
    ],
)
def test_hour_that_is_skipped_or_repeated_is_never_offered(
    settings, every_day, counsellor, ada, zone, date, unclear
):
    settings.TIME_ZONE = zone
    now = dt.datetime.combine(date - 3 * dt.timedelta(days=1), dt.time(), dt.UTC)
    assert open_on(date, now=now) == [hour for hour in ALL_DAY if hour not in unclear]
    assert open_on(date, now=now, staff=True) == open_on(date, now=now)
    for hour in unclear:
        with pytest.raises(errors.SlotClosed):
            slots.require_open(date=date, hour=hour, now=now, staff=True)


@pytest.mark.parametrize(
    ("now", "first"),
    [
        # Spring: 24 hours after Saturday 10:30 are 11:30 on Sunday's clock.
        (utc(2027, 3, 27, 10, 30), (dt.date(2027, 3, 28), 12)),
        # Autumn: 24 hours after Saturday 10:30 (9:30 UTC) are 9:30 on Sunday's.
        (utc(2026, 10, 24, 9, 30), (dt.date(2026, 10, 25), 10)),
    ],
)
def test_notice_is_counted_in_real_hours_over_a_clock_change(every_day, now, first):
    soonest = next(slots.availability(now=now).slots())
    assert soonest == first
    assert starts_at(*first) - now >= DAY
    assert starts_at(first[0], first[1] - 1) - now < DAY


@pytest.mark.parametrize("change", [dt.date(2027, 3, 28), dt.date(2026, 10, 25)])
def test_cancellation_notice_is_counted_in_real_hours(every_day, ada, book, change):
    appointment = book(ada, change, 12, now=utc(change.year, change.month, 1, 9))
    policy = BookingPolicy.load()
    limit = appointment.starts_at - DAY
    assert not booking.is_late(appointment, policy, now=limit)
    assert booking.is_late(appointment, policy, now=limit + SECOND)
    assert limit.astimezone(ZoneInfo("Europe/London")).hour != 12


@pytest.mark.parametrize(
    ("now", "date"),
    [
        (utc(2026, 11, 28, 9), dt.date(2026, 11, 30)),  # 30 days
        (utc(2026, 12, 29, 9), dt.date(2026, 12, 31)),  # the year's last
        (utc(2026, 12, 30, 9), dt.date(2027, 1, 1)),
        (utc(2028, 2, 26, 9), dt.date(2028, 2, 29)),  # a Tuesday
        (utc(2028, 2, 28, 9), dt.date(2028, 3, 1)),
        (utc(2027, 2, 25, 9), dt.date(2027, 3, 1)),  # no 29 February between
    ],
)
def test_month_ends_and_leap_days_are_days_like_others(ada, book, now, date):
    assert open_on(date, now=now) == ALL_DAY
    assert book(ada, date, 17, now=now).date == date
    assert open_on(date, now=now) == ALL_DAY[:-1]


@pytest.mark.parametrize(
    ("now", "last"),
    [
        (utc(2026, 11, 3, 10), dt.date(2027, 2, 1)),
        (utc(2027, 12, 1, 10), dt.date(2028, 2, 29)),
        (utc(2026, 12, 1, 10), dt.date(2027, 3, 1)),
    ],
)
def test_last_bookable_hour_is_5_pm_on_the_horizon_day(ada, book, now, last):
    found = list(slots.availability(now=now).slots())
    assert found[-1] == (last, 17)
    assert book(ada, last, 17, now=now).hour == 17
    with pytest.raises(errors.TooFar):
        book(ada, last + dt.timedelta(days=1), 9, now=now)


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [
        ("Europe/London", utc(2026, 11, 10)),
        ("Europe/London", utc(2026, 7, 13, 23)),  # summer time
        ("Pacific/Auckland", utc(2026, 11, 9, 11)),
        ("America/Los_Angeles", utc(2026, 11, 10, 8)),
        ("Asia/Kathmandu", utc(2026, 11, 9, 18, 15)),
    ],
)
def test_day_turns_at_the_practices_midnight(practice_in, every_day, zone, midnight):
    practice_in(zone)
    before = slots.availability(now=midnight - SECOND)
    after = slots.availability(now=midnight)
    today = local_slot(midnight)[0]
    assert midnight.astimezone(ZoneInfo(zone)).date() == today
    assert (before.start, before.end) == (today, today + 89 * DAY)
    assert (after.start, after.end) == (today + DAY, today + 90 * DAY)


@pytest.mark.parametrize("zone", ["Europe/London", "America/Los_Angeles", "Pacific/Kiritimati"])
def test_upcoming_turns_to_past_when_its_hour_is_over(practice_in, every_day, ada, book, zone):
    practice_in(zone)
    appointment = book(ada, TUESDAY, 17)
    over = appointment.starts_at + HOUR
    for now, upcoming in ((over - SECOND, True), (over, False), (over + DAY, False)):
        assert Appointment.objects.upcoming(now).exists() is upcoming
        assert Appointment.objects.past(now).exists() is not upcoming


def test_feed_shows_the_practices_day_whatever_the_servers(practice_in, clock, ada, sign_in):
    practice_in("America/Los_Angeles")
    browser = sign_in(ada)
    clock.move_to(utc(2026, 11, 10, 7, 59, 59))  # 11:59:59 pm on the 9th in Los Angeles
    answer = browser.get("/appointments/availability.json").json()
    assert (answer["timezone"], answer["from"]) == ("America/Los_Angeles", "2026-11-10")
    clock.move_to(utc(2026, 11, 10, 8))
    assert browser.get("/appointments/availability.json").json()["from"] == "2026-11-11"


@pytest.mark.parametrize(
    ("now", "bookable"), [(utc(2026, 11, 9, 10), True), (utc(2026, 11, 9, 10, 0, 1), False)]
)
def test_notice_to_the_second(ada, book, now, bookable):
    """24 hours before TUESDAY 10:00 it can be booked; a second later it cannot."""
    assert (10 in open_on(TUESDAY, now=now)) is bookable
    if bookable:
        book(ada, TUESDAY, 10, now=now)
    else:
        with pytest.raises(errors.TooSoon):
            book(ada, TUESDAY, 10, now=now)


@pytest.mark.parametrize("microseconds", [0, 1])
def test_staff_book_up_to_the_start(counsellor, ada, book, microseconds):
    now = starts_at(TUESDAY, 10) + dt.timedelta(microseconds=microseconds)
    if microseconds:
        with pytest.raises(errors.SlotPast):
            book(ada, TUESDAY, 10, by=counsellor, now=now)
    else:
        assert book(ada, TUESDAY, 10, by=counsellor, now=now).starts_at == now
    assert 10 not in open_on(TUESDAY, now=now, staff=True)


def test_instants_are_aware_and_in_utc(ada, book):
    appointment = book(ada, TUESDAY, 10)
    assert appointment.starts_at.tzinfo is dt.UTC
    assert appointment.starts_at == utc(2026, 11, 10, 10)
    assert NOW.tzinfo is dt.UTC
