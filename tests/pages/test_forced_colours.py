"""Where a person's own colours are forced on a page, what matters still differs from the rest."""

import pytest
from playwright.sync_api import Locator
from playwright.sync_api import Page as Window

from .conftest import ADA, case
from .show import look, show

pytestmark = [pytest.mark.once, pytest.mark.browser, pytest.mark.django_db]

STYLE = """(element) => {
  const { backgroundColor, borderColor, borderStyle, borderBottomWidth, color, fontWeight,
    outlineStyle, outlineWidth, textDecorationLine } = getComputedStyle(element);
  return [backgroundColor, borderColor, borderStyle, borderBottomWidth, color, fontWeight,
    outlineStyle, outlineWidth, textDecorationLine].join(" ");
}"""
CHOSEN = "GET /appointments/book/?date=2026-11-10&hour=10"


@pytest.fixture
def booking(pages, window, server) -> Window:
    """Ada's booking page with an hour chosen, in forced colours."""
    page = next(page for page in pages if page.asked == CHOSEN)
    show(window, server, page)
    look(window, forced_colors="active")
    return window


def style(element: Locator) -> str:
    return element.evaluate(STYLE)


@pytest.mark.parametrize("pages", [case(*ADA)], indirect=True)
class TestBooking:
    def test_chosen_hour_differs_from_the_others(self, booking):
        chips = booking.locator(".picker .chip")
        chosen = chips.filter(has=booking.locator("input:checked")).locator("span")
        other = chips.filter(has=booking.locator("input:not(:checked)")).locator("span").first
        assert style(chosen) != style(other)

    def test_page_one_is_on_differs_from_the_others(self, booking):
        links = booking.locator(".site-nav")
        assert style(links.locator("a[aria-current=page]")) != style(
            links.locator("a:not([aria-current])").first
        )

    def test_chosen_day_differs_from_the_others(self, booking):
        open_day = ".flatpickr-day:not(.selected, .flatpickr-disabled, .today)"
        chosen = booking.locator(".flatpickr-day.selected")
        assert style(chosen) != style(booking.locator(open_day).first)

    def test_focus_can_be_seen(self, booking):
        button = booking.get_by_role("button", name="Book this time")
        before = style(button)
        booking.locator(".picker input:checked").focus()
        booking.keyboard.press("Tab")
        button.focus()
        assert style(button) != before
