"""What the picker's script adds to the page: a choice that is kept, and times that are true."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from appointments import booking, slots
from appointments.models import Closure

from .test_journeys import choose, open_day, written

pytestmark = [
    pytest.mark.browser,
    pytest.mark.once,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]

TIMES = "**/appointments/availability.json"


def come_back(page: Page) -> None:
    """Tell the page what a browser tells it when its tab is looked at again."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_choice_is_found_again_by_the_back_button(picker):
    day = open_day(after=4)
    choose(picker, day, 14, script=True)
    picker.get_by_role("link", name="Upcoming").click()
    picker.wait_for_url("**/appointments/")
    picker.go_back()
    expect(picker.get_by_role("group", name=written(day))).to_be_visible()
    expect(picker.get_by_role("radio", name="14:00–14:50")).to_be_checked()
    expect(picker.locator("[data-choice]")).to_contain_text("14:00–14:50")
    expect(picker.get_by_role("button", name=written(day), exact=True)).to_be_visible()


def test_hour_taken_while_the_tab_was_away_is_told(picker, ben):
    day = open_day(after=4)
    choose(picker, day, 14, script=True)
    booking.book(client=ben, date=day, hour=14, by=ben, now=timezone.now())
    come_back(picker)
    notice = picker.get_by_role("status").filter(has_text="has just been taken")
    expect(notice).to_contain_text(f"{written(day)}, 14:00–14:50")
    expect(picker.get_by_role("radio", name="14:00–14:50")).to_have_count(0)
    expect(picker.locator("[data-choice]")).to_be_empty()
    notice.get_by_role("button", name="Close").click()
    expect(notice).to_have_count(0)
    expect(picker.get_by_role("radio").first).to_be_focused()


def test_choice_that_is_still_open_stays_when_the_tab_comes_back(picker, ben):
    day = open_day(after=4)
    choose(picker, day, 14, script=True)
    booking.book(client=ben, date=day, hour=15, by=ben, now=timezone.now())
    come_back(picker)
    expect(picker.get_by_role("radio", name="15:00–15:50")).to_have_count(0)
    expect(picker.get_by_role("radio", name="14:00–14:50")).to_be_checked()
    expect(picker.locator("[data-toast]")).to_have_count(0)


def test_focus_stays_when_the_tab_comes_back(picker, ben):
    day = open_day(after=4)
    choose(picker, day, 14, script=True)
    hour = picker.get_by_role("radio", name="14:00–14:50")
    hour.focus()
    booking.book(client=ben, date=day, hour=15, by=ben, now=timezone.now())
    come_back(picker)
    expect(picker.get_by_role("radio", name="15:00–15:50")).to_have_count(0)
    expect(hour).to_be_focused()
    cell = picker.locator(".flatpickr-day[tabindex='0']")
    cell.focus()
    booking.book(client=ben, date=day, hour=16, by=ben, now=timezone.now())
    come_back(picker)
    expect(picker.get_by_role("radio", name="16:00–16:50")).to_have_count(0)
    expect(cell).to_be_focused()


def test_month_of_a_day_without_open_hours_is_reached_by_keyboard(signed_in_page, ada):
    closed = open_day(after=40)
    Closure.objects.create(first_date=closed, last_date=closed)
    page = signed_in_page(ada, f"/appointments/book/?date={closed}")
    month = page.locator(".cur-month")
    expect(month).to_contain_text(closed.strftime("%B"))
    expect(page.locator(".flatpickr-day[tabindex='0']")).to_have_count(1)


def test_calendar_is_left_backwards_by_keyboard(picker):
    picker.locator(".flatpickr-day[tabindex='0']").focus()
    for _press in range(4):
        picker.keyboard.press("Shift+Tab")
    expect(picker.locator(".flatpickr-day:focus")).to_have_count(0)
    assert picker.evaluate("document.activeElement !== document.body")


def test_year_is_typed_in_peace(picker):
    day = open_day(after=4)
    address = picker.url
    field = picker.get_by_label("Date", exact=True)
    field.evaluate(
        "field => { field.value = '0020-01-01'; field.dispatchEvent(new Event('change')) }"
    )
    assert picker.url == address
    field.fill(day.isoformat())
    expect(picker.get_by_role("group", name=written(day))).to_be_visible()


def test_month_is_heard(picker):
    picker.get_by_role("button", name="Next month").click()
    month = picker.evaluate("() => document.querySelector('.cur-month').textContent.trim()")
    expect(picker.locator("[role=status]").filter(has_text=month)).to_have_count(1)


def test_asked_hour_that_is_gone_is_told(signed_in_page, scripted, ada, ben):
    day = open_day(after=4)
    booking.book(client=ben, date=day, hour=14, by=ben, now=timezone.now())
    page = signed_in_page(ada, f"/appointments/book/?date={day}&hour=14", script=scripted)
    expect(page.get_by_role("alert")).to_have_text(
        "That time is no longer open. Please choose another."
    )
    expect(page.locator("[data-choice]")).to_be_empty()


def test_months_ahead_are_loaded_at_once(picker):
    asked = []
    picker.on("request", lambda request: ".json" in request.url and asked.append(request.url))
    for _month in range(2):
        picker.get_by_role("button", name="Next month").click()
    picker.wait_for_timeout(300)
    assert asked == []


def test_focus_is_never_lost_in_the_calendar(picker):
    next_month = picker.get_by_role("button", name="Next month")
    next_month.focus()
    for _month in range(6):
        picker.keyboard.press("Enter")
        assert picker.evaluate("document.activeElement !== document.body")
        if next_month.is_hidden():
            break
    expect(picker.get_by_role("button", name="Previous month")).to_be_focused()
    day = picker.locator(".flatpickr-day[tabindex='0']")
    name = day.get_attribute("aria-label")
    day.focus()
    picker.keyboard.press("Enter")
    expect(picker.get_by_role("group", name=name)).to_be_visible()
    expect(picker.get_by_role("button", name=name)).to_be_focused()


def test_focus_goes_to_the_summary_of_what_is_wrong(new_page, password):
    page = new_page()
    page.goto("/accounts/password/reset/")
    page.get_by_label("E-mail").evaluate("field => field.form.noValidate = true")
    page.get_by_label("E-mail").fill("nobody")
    page.get_by_role("button", name="Send me a link").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="E-mail").click()
    expect(page.get_by_label("E-mail")).to_be_focused()


def test_day_with_nothing_open_leads_to_the_next_that_has(signed_in_page, scripted, ada):
    monday = open_day()
    monday += dt.timedelta(days=7 - monday.weekday())
    saturday = monday - dt.timedelta(days=2)
    page = signed_in_page(ada, f"/appointments/book/?date={saturday}", script=scripted)
    button = page.get_by_role("button", name="Book this time")
    expect(button).to_be_hidden()
    if scripted:
        name = f"{written(saturday)}, nothing open"
        expect(page.get_by_role("button", name=name)).to_be_visible()
    page.get_by_role("link", name=f"The next open day is {written(monday)}.").last.click()
    expect(page.get_by_role("group", name=written(monday))).to_be_visible()
    page.get_by_role("radio").first.check()
    button.click()
    expect(page.get_by_text("Your appointment is booked.")).to_be_visible()


def test_arrow_keys_lead_from_one_open_day_to_another(picker):
    def focused() -> str:
        return picker.evaluate("document.activeElement.getAttribute('aria-label')")

    days = [written(date) for date in slots.availability(now=timezone.now()).days]
    picker.locator(".flatpickr-day[tabindex='0']").focus()
    for key, day in [
        ("ArrowLeft", days[0]),  # there is no earlier one
        ("ArrowUp", days[0]),
        ("ArrowRight", days[1]),
        ("ArrowDown", days[6]),  # a week on; the practice opens on five days
        ("PageDown", days[26]),
        ("ArrowUp", days[21]),
        ("PageUp", days[1]),
        ("ArrowLeft", days[0]),
    ]:
        picker.keyboard.press(key)
        assert focused() == day, key
    picker.keyboard.press("Enter")
    expect(picker.get_by_role("group", name=days[0])).to_be_visible()


def test_what_was_done_has_the_focus(picker):
    picker.get_by_role("radio").first.check()
    picker.get_by_role("button", name="Book this time").click()
    message = picker.get_by_text("Your appointment is booked.")
    expect(message).to_be_visible()
    assert "booked" in picker.evaluate("document.activeElement.textContent")


def test_date_that_cannot_be_booked_goes_back_to_the_day_shown(picker):
    field = picker.get_by_label("Date", exact=True)
    shown = field.input_value()
    field.fill("2020-01-06")
    picker.get_by_role("radio").first.focus()
    expect(field).to_have_value(shown)
    expect(
        picker.get_by_role("status").filter(has_text="Please choose a date from")
    ).to_be_visible()


def test_own_hour_found_by_the_back_button_is_not_called_taken(picker):
    choose(picker, open_day(after=4), 14, script=True)
    picker.get_by_role("button", name="Book this time").click()
    expect(picker.get_by_text("Your appointment is booked.")).to_be_visible()
    picker.go_back()
    expect(picker.get_by_role("alert")).to_contain_text("This time is yours already.")
