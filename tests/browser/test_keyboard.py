"""Coming in by keyboard alone: from the link of an invitation to the first page of one's own."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User

from .test_accounts import NEW_PASSWORD, invited

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]

# Where the focus is: what it is called, and whether it can be seen there.
FOCUS = """() => {
  const here = document.activeElement;
  const style = getComputedStyle(here);
  const box = here.getBoundingClientRect();
  return {
    name: here.name || here.textContent.trim(),
    seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
      && box.bottom > 0 && box.top < innerHeight,
  };
}"""


def tab_to(page: Page, name: str) -> list[str]:
    """Press Tab until the element has the focus; return the stops on the way to it, and it."""
    stops: list[str] = []
    while name not in stops:
        assert len(stops) < 30, f"{name!r} cannot be reached by Tab: {stops}"
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        assert focus["seen"], f"the focus cannot be seen on {focus['name']!r}"
        stops.append(focus["name"])
    return stops


def test_invited_person_signs_up_by_keyboard_alone(new_page, counsellor):
    page = new_page()
    page.goto(invited(counsellor, "Grace Hopper", "grace@example.com"))
    stops = tab_to(page, "Open your account")
    assert stops[0] == "Skip to the content"
    page.keyboard.press("Enter")

    expect(page.get_by_label("User name")).to_be_visible()
    stops = tab_to(page, "password1")
    assert [stop for stop in stops if stop in {"username", "name", "password1"}] == [
        "username",
        "name",
        "password1",
    ]
    page.keyboard.type("sent too soon")
    page.keyboard.press("Enter")
    expect(page.get_by_label("User name")).to_be_focused()  # the browser shows what is missing

    page.keyboard.type("grace")
    tab_to(page, "password1")
    page.keyboard.type(NEW_PASSWORD)  # a field that Tab leads to is selected
    tab_to(page, "Open your account")
    page.keyboard.press("Space")
    page.wait_for_url("**/appointments/book/")
    expect(page.get_by_text("Welcome. Your account is open")).to_be_visible()
    person = User.objects.get(username="grace")
    assert (person.name, person.email) == ("Grace Hopper", "grace@example.com")


def test_skip_link_leads_past_the_menu(new_page, ada):
    page = new_page()
    page.goto("/accounts/login/")
    tab_to(page, "Skip to the content")
    page.keyboard.press("Enter")
    assert tab_to(page, "login") == ["login"]
