"""The booking page while answers are late, and when they never come."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from appointments import booking, slots
from appointments.models import Appointment

from .test_journeys import choose, open_day, written
from .test_picker import TIMES, come_back

END_WAITING = """() => {
  for (const animation of document.getAnimations()) {
    if (animation.animationName === "out-of-the-way") animation.finish();
  }
}"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.once,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]


def test_choice_made_while_the_times_are_loading_again_is_kept(picker):
    day = open_day(after=4)
    choose(picker, day, 14, script=True)
    picker.route(TIMES, lambda route: (picker.wait_for_timeout(400), route.continue_()))
    come_back(picker)
    picker.get_by_role("radio", name="16:00–16:50").check()
    expect(picker.locator("[data-picker]")).not_to_have_attribute("aria-busy", "true")
    expect(picker.get_by_role("radio", name="16:00–16:50")).to_be_checked()


def test_page_books_when_the_times_cannot_be_loaded(signed_in_page, ada):
    day = open_day()
    page = signed_in_page(ada)
    page.route(TIMES, lambda route: route.fulfill(status=404, body="gone"))
    page.goto("/appointments/book/")
    expect(page.get_by_text("The open times could not be loaded.")).to_be_visible()
    choose(page, day, 10, script=False)
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_text("Your appointment is booked.")).to_be_visible()


def test_date_chosen_while_the_times_are_loading_is_kept(signed_in_page, ada):
    day = open_day(after=3)
    page = signed_in_page(ada)
    page.route(TIMES, lambda route: (page.wait_for_timeout(300), route.continue_()))
    page.goto("/appointments/book/", wait_until="commit")
    page.get_by_label("Date", exact=True).fill(day.isoformat())
    expect(page.get_by_role("button", name="Next month")).to_be_visible()
    expect(page.get_by_role("group", name=written(day))).to_be_visible()


@pytest.mark.parametrize("file", ["flatpickr", "js/picker", "js/calendar", "availability.json"])
def test_page_books_when_something_does_not_arrive(signed_in_page, ada, file):
    """The way without a script comes instead, and no day is taken for another."""
    day = open_day(after=5)
    page = signed_in_page(ada)
    page.clock.install()
    stop = (
        (lambda route: None) if file.endswith("json") else (lambda route: route.fulfill(status=404))
    )
    page.route(lambda url: file in url, stop)
    page.goto("/appointments/book/", wait_until="commit")
    show = page.get_by_role("button", name="Show times")
    expect(page.get_by_role("radio").first).to_be_visible()
    page.get_by_label("Date", exact=True).fill(day.isoformat())
    page.clock.run_for(9_000)  # of scripts; the style sheet's ten seconds end here as well
    page.evaluate(END_WAITING)
    show.click()
    expect(page.get_by_role("group", name=written(day))).to_be_visible()
    page.get_by_role("radio", name="10:00–10:50").check()
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_text("Your appointment is booked.")).to_be_visible()
    assert slots.Slot(*Appointment.objects.values_list("date", "hour").get()) == (day, 10)


def test_hours_of_another_day_are_away_until_the_times_are_there(signed_in_page, ada):
    page = signed_in_page(ada)
    page.route(TIMES, lambda route: (page.wait_for_timeout(500), route.fulfill(status=404)))
    page.goto("/appointments/book/", wait_until="commit")
    page.get_by_label("Date", exact=True).fill(open_day(after=5).isoformat())
    button = page.get_by_role("button", name="Book this time")
    expect(button).to_be_hidden()
    expect(page.get_by_role("button", name="Show times")).to_be_visible()
    expect(button).to_be_hidden()


def test_older_answer_does_not_undo_a_newer_one(picker, ben):
    day = open_day(after=4)
    choose(picker, day, 14, script=True)
    old = picker.request.get("/appointments/availability.json").text()
    waits = iter([600, 0])

    def answer(route):
        wait = next(waits)
        if wait:
            picker.wait_for_timeout(wait)
            route.fulfill(body=old, content_type="application/json")
        else:
            route.continue_()

    picker.route(TIMES, answer)
    come_back(picker)
    booking.book(client=ben, date=day, hour=14, by=ben, now=timezone.now())
    come_back(picker)
    picker.wait_for_timeout(1000)
    expect(picker.get_by_role("radio", name="14:00–14:50")).to_have_count(0)


def test_form_can_be_sent_again_when_no_answer_came(picker):
    picker.clock.install()
    picker.get_by_role("radio").first.check()
    picker.locator("#hours").evaluate(
        "form => form.addEventListener('submit', (event) => event.preventDefault())"
    )
    button = picker.get_by_role("button", name="Book this time")
    button.click()
    expect(button).to_have_attribute("aria-disabled", "true")
    picker.clock.run_for(11_000)
    expect(button).not_to_have_attribute("aria-disabled", "true")
