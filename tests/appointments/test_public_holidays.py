"""The public holidays that are offered for leave."""

import datetime as dt

import pytest

from appointments import calendar
from appointments.models import Closure
from tests.conftest import NOW
from therapeutics.models import Practice

DAY = dt.timedelta(days=1)


def names() -> dict[str, bool]:
    return {one.name: one.closed for one in calendar.holidays_ahead(now=NOW)}


def test_those_of_the_coming_year_in_order(db):
    found = calendar.holidays_ahead(now=NOW)
    assert found[0][:2] == (dt.date(2026, 12, 25), "Christmas Day")
    assert [one.date for one in found] == sorted(one.date for one in found)
    assert all(NOW.date() <= one.date <= NOW.date() + 365 * DAY for one in found)
    assert not any(one.closed for one in found)


def test_days_that_are_closed_already_are_marked(db):
    Closure.objects.create(first_date=dt.date(2026, 12, 24), last_date=dt.date(2026, 12, 26))
    new_year = dt.date(2027, 1, 1)
    Closure.objects.create(first_date=new_year, last_date=new_year, first_hour=9, last_hour=12)
    closed = [name for name, is_closed in names().items() if is_closed]
    assert closed == ["Christmas Day", "Boxing Day"]


@pytest.mark.parametrize(
    ("code", "name"), [("US-NY", "Thanksgiving Day"), ("IE", "Saint Stephen's Day")]
)
def test_of_the_practices_country(db, code, name):
    Practice.objects.create(holiday_calendar=code)
    assert name in names()


@pytest.mark.parametrize("code", ["", "XX", "GB-XYZ"])
def test_none_without_a_known_country(db, code):
    Practice.objects.create(holiday_calendar=code)
    assert names() == {}
