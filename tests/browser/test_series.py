"""A weekly series over a holiday, and what becomes of it, as the counsellor makes it."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from appointments import booking, slots
from appointments.models import Appointment, Closure, Series, Slot

from .test_journeys import choose, written

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]

WEEK = dt.timedelta(weeks=1)


def short(day: dt.date) -> str:
    return f"{day:%a} {day.day} {day:%b} {day.year}"


@pytest.fixture
def first(practice) -> dt.date:
    """An open day of next week; a week later is a holiday, and a fortnight later it is taken."""
    day = list(slots.availability(now=timezone.now()).days)[2]
    Closure.objects.create(first_date=day + WEEK, last_date=day + WEEK, reason="Public holiday")
    return day


def ask_for_a_series(page: Page, client: User, day: dt.date, *, script: bool) -> None:
    page.goto(f"/client-admin/appointments/new/?client={client.pk}")
    choose(page, day, 10, script=script)
    page.locator("summary", has_text="Repeat every week").click()
    page.get_by_label("Repeat").last.select_option("weekly")
    page.get_by_label("Number of sessions").fill("5")
    page.get_by_role("button", name="Book this time").click()


def test_weekly_series_over_a_holiday(signed_in_page, scripted, first, ada, ben, counsellor):
    taken = Slot(first + 2 * WEEK, 10)
    booking.book(client=ben, by=counsellor, now=timezone.now(), **taken._asdict())
    page = signed_in_page(counsellor, "/client-admin/appointments/", script=scripted)
    ask_for_a_series(page, ada, first, script=scripted)

    expect(page.get_by_text("Nothing is booked yet.")).to_be_visible()
    expect(page.get_by_role("row", name=short(first + WEEK))).to_contain_text("Public holiday")
    expect(page.get_by_role("row", name=short(taken.date))).to_contain_text("Taken by Ben")
    assert not Series.objects.exists()
    page.get_by_label(short(taken.date)).select_option(label="At 11:00")
    page.get_by_label(short(first + 4 * WEEK)).select_option(label="Stop before this date")
    page.get_by_role("button", name="Book these dates").click()
    expect(page.get_by_text("3 sessions are booked.")).to_be_visible()
    expect(page.get_by_text(f"{short(first + WEEK)}: The practice was closed")).to_be_visible()
    expected = [Slot(first, 10), Slot(taken.date, 11), Slot(first + 3 * WEEK, 10)]
    assert sessions_of(ada) == expected

    move_all_but_the_first(page, first)
    assert sessions_of(ada) == [expected[0], *(Slot(s.date, s.hour + 2) for s in expected[1:])]

    page.locator("summary", has_text="End the series").click()
    page.get_by_label("First day without a session").fill((first + 3 * WEEK).isoformat())
    page.get_by_role("button", name="Yes, end it").click()
    expect(page.get_by_text("1 session is cancelled.")).to_be_visible()
    assert sessions_of(ada) == [expected[0], Slot(taken.date, 13)]


def move_all_but_the_first(page: Page, first: dt.date) -> None:
    """From the second session on: at noon, the one that was at eleven at one."""
    page.get_by_role("link", name=short(first + 2 * WEEK)).click()
    page.get_by_role("link", name="Change this and all following").click()
    page.get_by_label("New time").select_option("12")
    page.get_by_role("button", name="Show what that means").click()
    page.get_by_label(short(first + 2 * WEEK)).select_option(label="At 13:00")
    page.get_by_role("button", name="Move these sessions").click()
    expect(page.get_by_text("The sessions have moved.")).to_be_visible()


def sessions_of(client: User) -> list[Slot]:
    found = Appointment.objects.active().for_client(client)
    return [Slot(*slot) for slot in found.values_list("date", "hour")]


def test_client_sees_the_series(signed_in_page, first, ada, counsellor):
    page = signed_in_page(counsellor, "/client-admin/appointments/", script=False)
    ask_for_a_series(page, ada, first, script=False)
    page.get_by_role("button", name="Book these dates").click()
    own = signed_in_page(ada)
    expect(own.get_by_role("main").get_by_text("Weekly").first).to_be_visible()
    own.get_by_role("link", name=written(first)).click()
    expect(own.get_by_text("One of a series:")).to_be_visible()
