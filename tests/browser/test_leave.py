"""Leave and opening hours in Chromium: what falls on sessions is decided before it is saved."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from appointments import booking, slots
from appointments.models import Appointment, Closure, OpeningHours, Slot, Status

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]

DAY = dt.timedelta(days=1)


def give(client: User, slot: Slot) -> Appointment:
    return booking.book(
        client=client, date=slot.date, hour=slot.hour, by=client, now=timezone.now(), notify=False
    )


def session(page: Page, appointment: Appointment) -> Locator:
    return page.get_by_role("group", name=f"{appointment.date:%a} {appointment.date.day} ").filter(
        has_text=f"{appointment.hour:02}:00"
    )


def coming_monday() -> dt.date:
    today = timezone.localdate()
    return today + (14 - today.weekday()) * DAY


def test_leave_falls_on_three_sessions(signed_in_page, scripted, ada, ben, counsellor):
    monday = coming_monday()
    hours = [Slot(monday, 10), Slot(monday + DAY, 11), Slot(monday + 2 * DAY, 12)]
    moved, cancelled, kept = (
        give(client, slot) for client, slot in zip((ada, ben, ada), hours, strict=True)
    )
    page = signed_in_page(counsellor, "/client-admin/leave/", script=scripted)
    page.get_by_label("First day").fill(monday.isoformat())
    page.get_by_label("Last day").fill((monday + 3 * DAY).isoformat())
    page.get_by_label("Reason").fill("By the sea")
    page.get_by_role("button", name="Add leave").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Leave: 3 sessions to decide on")
    assert not Closure.objects.exists()

    first = session(page, moved).get_by_role("radio").first
    expect(first).to_be_checked()
    session(page, cancelled).get_by_role("radio", name="Cancel the session").check()
    session(page, kept).get_by_role("radio", name="Keep it as it is").check()
    page.get_by_role("button", name="Save and do this").click()
    said = page.get_by_role("status").first
    expect(said).to_contain_text("Sessions moved: 1, cancelled: 1, kept: 1.")
    expect(page.get_by_role("row", name="By the sea")).to_be_visible()
    for one in (moved, cancelled, kept):
        one.refresh_from_db()
    assert moved.slot == Slot(monday + 4 * DAY, 10)
    assert cancelled.status == Status.CANCELLED
    assert kept.slot == hours[2]

    page.locator("summary", has_text="Remove").click()
    page.get_by_role("button", name="Yes, remove it").click()
    expect(page.get_by_text("No leave is planned.")).to_be_visible()
    assert not Closure.objects.exists()


def test_a_weekday_closes_and_its_session_moves(signed_in_page, scripted, ada, counsellor):
    monday = coming_monday()
    appointment = give(ada, Slot(monday, 10))
    page = signed_in_page(counsellor, "/client-admin/hours/", script=scripted)
    page.get_by_role("group", name="Monday").get_by_label("Open").uncheck()
    friday = page.get_by_role("group", name="Friday")
    friday.get_by_label("Break from").select_option("12:00")
    friday.get_by_label("Break until").select_option("13:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("1 session to decide on")
    page.get_by_role("button", name="Save and do this").click()
    expect(page.get_by_role("status").first).to_contain_text("The opening hours are saved.")
    expect(page.get_by_role("group", name="Monday").get_by_label("Open")).not_to_be_checked()
    appointment.refresh_from_db()
    assert appointment.slot == Slot(monday + DAY, 10)
    found = OpeningHours.objects.filter(weekday__in=[0, 4]).values_list("first_hour", "last_hour")
    assert list(found) == [(9, 11), (13, 17)]
    assert monday not in slots.availability(now=timezone.now()).days


def test_leave_is_planned_by_keyboard(signed_in_page, ada, counsellor):
    monday = coming_monday()
    appointment = give(ada, Slot(monday, 10))
    page = signed_in_page(counsellor, "/client-admin/leave/")
    page.get_by_label("First day").fill(monday.isoformat())
    page.get_by_label("First day").press("Enter")
    chosen = session(page, appointment).get_by_role("radio")
    chosen.first.press("ArrowUp")  # round to the last one
    expect(chosen.last).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("kept: 1")
    assert Closure.objects.get().first_date == monday
