"""The main job in Chromium: with scripts, without them, and by keyboard alone."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from appointments import booking, slots
from appointments.models import Appointment, Status

from .conftest import PHONE

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]


def open_day(*, after: int = 0) -> dt.date:
    """Return an open day of the coming weeks: the first, or `after` more."""
    return list(slots.availability(now=timezone.now()).days)[after + 2]


def written(day: dt.date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"


def choose(page: Page, day: dt.date, hour: int, *, script: bool) -> None:
    page.get_by_label("Date", exact=True).fill(day.isoformat())
    if not script:
        page.get_by_role("button", name="Show times").click()
    expect(page.get_by_role("group", name=written(day))).to_be_visible()
    page.get_by_role("radio", name=f"{hour:02}:00–{hour:02}:50").check()


def test_client_books_counsellor_confirms_client_sees_it(signed_in_page, scripted, ada, counsellor):
    day = open_day()
    client = signed_in_page(ada, script=scripted)
    expect(client.get_by_text("You have no upcoming appointments.")).to_be_visible()

    client.get_by_role("navigation", name="Main").get_by_text("Book an appointment").click()
    choose(client, day, 10, script=scripted)
    client.get_by_label("A note for the counsellor").fill("Ground floor, please")
    client.get_by_role("button", name="Book this time").click()
    expect(client.get_by_text("Your appointment is booked.")).to_be_visible()
    client.get_by_role("link", name="All appointments").click()
    mine = client.get_by_role("main").get_by_role("listitem")
    expect(mine).to_contain_text([written(day)])
    expect(mine).to_contain_text(["Pending confirmation"])

    counsellor = signed_in_page(counsellor, script=scripted)
    counsellor.get_by_role("link", name="Client admin").click()
    asked = counsellor.get_by_role("region", name="Needs your answer")
    asked.get_by_role("link", name="Ada").click()
    expect(counsellor.get_by_text("Ground floor, please")).to_be_visible()
    counsellor.get_by_role("button", name="Confirm").click()
    expect(counsellor.get_by_role("status").first).to_contain_text("Confirmed")

    client.reload()
    expect(mine).to_contain_text(["Confirmed"])
    appointment = Appointment.objects.get()
    assert (appointment.client, appointment.date, appointment.hour) == (ada, day, 10)
    assert appointment.status == Status.CONFIRMED


def test_client_moves_and_cancels(signed_in_page, scripted, ada):
    day, later = open_day(), open_day(after=5)
    appointment = booking.book(client=ada, date=day, hour=9, by=ada, now=timezone.now())
    page = signed_in_page(ada, script=scripted)
    page.get_by_role("link", name=written(day)).click()
    page.get_by_role("link", name="Move").click()
    choose(page, later, 15, script=scripted)
    page.get_by_role("button", name="Move to this time").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(written(later))

    page.get_by_role("link", name="Cancel appointment").click()
    expect(page.get_by_text("up to 24 hours before the appointment")).to_be_visible()
    page.get_by_role("button", name="Cancel appointment").click()
    expect(page.get_by_text("Your appointment is cancelled.")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("by you")
    appointment.refresh_from_db()
    assert (appointment.date, appointment.hour) == (later, 15)
    assert appointment.status == Status.CANCELLED


def test_counsellor_is_asked_before_a_cancellation(signed_in_page, scripted, ada, counsellor):
    held = booking.book(client=ada, date=open_day(), hour=9, by=ada, now=timezone.now())
    address = reverse("client_admin:appointment", args=[held.pk])
    page = signed_in_page(counsellor, address, script=scripted)
    reason = page.get_by_label("Reason, for your eyes only")
    expect(reason).to_be_hidden()
    page.locator("summary", has_text="Cancel appointment").click()
    reason.fill("Client rang")
    reason.press("Enter")  # sends the form of the cancellation, and no other
    expect(page.get_by_text("is now marked “Cancelled”")).to_be_visible()
    held.refresh_from_db()
    assert (held.status, held.reason) == (Status.CANCELLED, "Client rang")


def test_taken_meanwhile_keeps_the_note_and_offers_others(signed_in_page, scripted, ada, ben):
    day = open_day()
    page = signed_in_page(ada, "/appointments/book/", script=scripted)
    choose(page, day, 11, script=scripted)
    page.get_by_label("A note for the counsellor").fill("Please keep this")
    booking.book(client=ben, date=day, hour=11, by=ben, now=timezone.now())
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_role("alert")).to_contain_text("taken")
    expect(page.get_by_label("A note for the counsellor")).to_have_value("Please keep this")
    expect(page.get_by_role("heading", name="Other times")).to_be_visible()
    expect(page.get_by_role("radio", name="11:00–11:50")).to_have_count(0)
    page.get_by_role("radio", name="12:00–12:50").check()
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_text("Your appointment is booked.")).to_be_visible()
    assert Appointment.objects.get(client=ada).hour == 12


def test_soonest_time_is_one_tap_and_the_button(signed_in_page, scripted, ada):
    soonest = next(slots.availability(now=timezone.now()).slots())
    page = signed_in_page(ada, "/appointments/book/", script=scripted, viewport=PHONE)
    page.get_by_role("region", name="Soonest times").get_by_role("link").first.click()
    expect(page.locator("[data-choice]")).to_contain_text(written(soonest.date))
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_text("Your appointment is booked.")).to_be_visible()
    assert slots.Slot(*Appointment.objects.values_list("date", "hour").get()) == soonest


def test_calendar_shows_open_days_only(signed_in_page, ada, ben, counsellor):
    day = open_day()
    for hour in range(9, 18):
        booking.book(client=ada, date=day, hour=hour, by=counsellor, now=timezone.now())
    other = open_day()
    page = signed_in_page(ben, "/appointments/book/")
    expect(page.get_by_role("button", name="Next month")).to_be_visible()
    while not page.get_by_role("button", name=written(other), exact=True).is_visible():
        page.get_by_role("button", name="Next month").click()
    page.get_by_role("button", name=written(other), exact=True).click()
    expect(page.get_by_role("group", name=written(other))).to_be_visible()
    expect(page.get_by_role("radio")).to_have_count(9)
    if day.month == other.month:
        full = page.get_by_role("button", name=f"{written(day)}, nothing open")
        expect(full).to_have_attribute("aria-disabled", "true")


def test_double_click_books_once(signed_in_page, ada):
    page = signed_in_page(ada, "/appointments/book/")
    choose(page, open_day(), 16, script=True)
    page.get_by_role("button", name="Book this time").dblclick()
    expect(page.get_by_role("heading", level=1)).to_contain_text(written(open_day()))
    assert Appointment.objects.count() == 1


def tab_to(page: Page, name: str, *, role: str) -> None:
    """Press Tab until the element has focus, as somebody without a mouse does."""
    wanted = page.get_by_role(role, name=name).first
    for _press in range(80):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{role} {name!r} cannot be reached by Tab")


def press_on(page: Page, name: str, *, role: str, key: str = "Enter") -> None:
    tab_to(page, name, role=role)
    page.keyboard.press(key)


def test_whole_journey_by_keyboard_alone(new_page, password, ada):
    page = new_page()
    page.goto("/accounts/login/")
    tab_to(page, "User name or e-mail", role="textbox")
    page.keyboard.type("ada")
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/appointments/")
    book_by_keyboard(page)
    move_by_keyboard(page)
    cancel_by_keyboard(page)
    press_on(page, "Sign out", role="button")
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
    assert Appointment.objects.get().status == Status.CANCELLED


def book_by_keyboard(page: Page) -> None:
    press_on(page, "Book an appointment", role="link")
    expect(page.get_by_role("button", name="Next month")).to_be_visible()
    press_on(page, "Next month", role="button")
    day = page.locator(".flatpickr-day[tabindex='0']").get_attribute("aria-label")
    press_on(page, day, role="button", key="Space")
    group = page.get_by_role("group", name=day)
    expect(group).to_be_visible()
    expect(page.get_by_role("button", name=day)).to_be_focused()
    press_on(page, first_hour(page), role="radio", key="Space")
    expect(page.locator("[data-choice]")).to_contain_text(day)
    press_on(page, "Book this time", role="button")
    expect(page.get_by_text("Your appointment is booked.")).to_be_visible()


def move_by_keyboard(page: Page) -> None:
    press_on(page, "Move", role="link")
    expect(page.get_by_role("heading", name="Move your appointment")).to_be_visible()
    press_on(page, first_hour(page), role="radio", key="Space")
    press_on(page, "Move to this time", role="button")
    expect(page.get_by_text("Your appointment is moved.")).to_be_visible()


def cancel_by_keyboard(page: Page) -> None:
    press_on(page, "Cancel appointment", role="link")
    expect(page.get_by_role("heading", name="Cancel this appointment?")).to_be_visible()
    press_on(page, "Cancel appointment", role="button")
    expect(page.get_by_text("Your appointment is cancelled.")).to_be_visible()


def first_hour(page: Page) -> str:
    hour = page.get_by_role("radio").first
    expect(hour).to_be_visible()
    return hour.evaluate("element => element.labels[0].textContent.trim()")
