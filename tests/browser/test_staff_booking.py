"""The counsellor books for a client and moves, in Chromium: with scripts and without."""

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from appointments import booking
from appointments.models import Appointment, Closure, Status
from tests.conftest import person

from .test_journeys import choose, open_day, written

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]

NEW = "/client-admin/appointments/new/"


def find(page: Page, words: str, *, script: bool) -> None:
    page.get_by_label("Name, e-mail or phone").press_sequentially(words)
    if not script:
        page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("status").filter(has_text="One client fits.")).to_be_visible()


def test_counsellor_books_for_a_client(signed_in_page, scripted, ada, ben, counsellor):
    day = open_day()
    page = signed_in_page(counsellor, "/client-admin/appointments/", script=scripted)
    page.get_by_role("link", name="Book for a client").click()
    find(page, "ad", script=scripted)
    page.get_by_role("list", name="Clients").get_by_role("link", name="Ada").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Book for Ada")
    choose(page, day, 10, script=scripted)
    page.get_by_label("A note").fill("Ground floor")
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_text(f"Booked for Ada: {written(day)}, 10:00.")).to_be_visible()
    appointment = Appointment.objects.get()
    assert (appointment.client, appointment.slot) == (ada, (day, 10))
    assert (appointment.note, appointment.status) == ("Ground floor", Status.CONFIRMED)


def test_closure_is_asked_about_once_more(signed_in_page, scripted, ada, counsellor):
    day = open_day(after=3)
    Closure.objects.create(first_date=day, last_date=day, reason="Public holiday")
    page = signed_in_page(counsellor, f"{NEW}?client={ada.pk}", script=scripted)
    choose(page, day, 11, script=scripted)
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_role("alert")).to_contain_text("closed then (Public holiday)")
    assert Appointment.objects.count() == 0
    expect(page.get_by_role("radio", name="11:00–11:50")).to_be_checked()
    page.get_by_label(f"Yes, although the practice is closed: {written(day)}, 11:00").check()
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_text("Booked for Ada")).to_be_visible()
    assert Appointment.objects.get().slot == (day, 11)


def test_counsellor_moves_from_the_list(signed_in_page, scripted, ada, counsellor):
    day, later = open_day(), open_day(after=4)
    held = booking.book(client=ada, date=day, hour=9, by=ada, now=timezone.now())
    page = signed_in_page(counsellor, "/client-admin/appointments/?q=ada", script=scripted)
    page.get_by_role("link", name="Move… Ada").click()
    expect(page.get_by_text(f"Now: {written(day)}, 09:00.")).to_be_visible()
    choose(page, later, 15, script=scripted)
    page.get_by_role("button", name="Move to this time").click()
    expect(page.get_by_text(f"Moved to {written(later)}, 15:00.")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/client-admin/appointments/\?q=ada$"))
    held.refresh_from_db()
    assert held.slot == (later, 15)


def test_several_are_confirmed_from_the_list(signed_in_page, scripted, ada, ben, counsellor):
    day = open_day()
    for client, hour in ((ada, 9), (ben, 10)):
        booking.book(client=client, date=day, hour=hour, by=client, now=timezone.now())
    page = signed_in_page(counsellor, "/client-admin/appointments/", script=scripted)
    for name in ("Ada", "Ben"):
        page.get_by_role("checkbox", name=name).check()
    page.get_by_role("button", name="Confirm", exact=True).click()
    expect(page.get_by_text("2 appointments are now marked “Confirmed”.")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Ada")).to_have_count(0)


@pytest.mark.once
def test_address_keeps_the_client_while_one_chooses(signed_in_page, ada, counsellor):
    day = open_day(after=2)
    page = signed_in_page(counsellor, f"{NEW}?client={ada.pk}")
    expect(page.get_by_role("button", name="Next month")).to_be_visible()
    choose(page, day, 14, script=True)
    expect(page).to_have_url(re.compile(rf"\?client={ada.pk}&date={day}&hour=14$"))
    page.reload()
    expect(page.get_by_role("radio", name="14:00–14:50")).to_be_checked()
    expect(page.get_by_role("heading", level=1)).to_have_text("Book for Ada")


@pytest.mark.once
def test_day_without_open_hours_shows_its_closed_ones(signed_in_page, ada, counsellor):
    saturday = open_day()
    saturday += dt.timedelta(days=(5 - saturday.weekday()) % 7)
    page = signed_in_page(counsellor, f"{NEW}?client={ada.pk}")
    expect(page.get_by_role("button", name="Next month")).to_be_visible()
    choose(page, saturday, 17, script=True)
    expect(page.get_by_text("Outside opening hours")).to_be_visible()
    expect(page.get_by_role("radio")).to_have_count(9)
    expect(page.get_by_role("button", name="Book this time")).to_be_visible()


@pytest.mark.once
def test_search_answers_the_last_question_and_says_how_many(signed_in_page, ada, counsellor):
    for number in range(11):
        person(f"guest{number:02}")
    page = signed_in_page(counsellor, NEW)
    field, links = page.get_by_label("Name, e-mail or phone"), page.locator("#found a")
    asked = []
    page.on("request", lambda request: "search.json" in request.url and asked.append(request.url))
    with page.expect_response("**/search.json?q=guest"):
        field.press_sequentially("guest", delay=20)
    expect(page.get_by_role("status").filter(has_text="The first 10 are shown")).to_be_visible()
    expect(links).to_have_count(10)
    assert len(asked) == 1  # one question for what was typed in one go
    field.fill("nobody")
    expect(page.get_by_text("No client fits.")).to_be_visible()
    expect(links).to_have_count(0)
    field.fill("")
    expect(links.first).to_contain_text("Ada")
    page.route("**/search.json*", lambda route: route.fulfill(status=400))
    page.get_by_label("Name, e-mail or phone").fill("guest")
    expect(page.get_by_text("could not be loaded")).to_be_visible()
