"""The counsellor's week in Chromium: dragging, arrow keys, one-tap answers, and on a phone."""

import datetime as dt
import re
from urllib.parse import parse_qs

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect
from post_office.models import Email

from accounts.models import User
from appointments import booking, diary
from appointments.models import Appointment, Slot, Status, local_slot

from .conftest import PHONE

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]

DAY, WEEK = dt.timedelta(days=1), dt.timedelta(weeks=1)
TUESDAY = diary.monday_of(local_slot(timezone.now())[0]) + WEEK + DAY  # of next week
THERE = f"/client-admin/?week={diary.iso_week(TUESDAY)}"


@pytest.fixture
def held(ada: User, counsellor: User) -> Appointment:
    """Ada's next Tuesday at ten, confirmed."""
    now = timezone.now()
    return booking.book(client=ada, date=TUESDAY, hour=10, by=counsellor, now=now, notify=False)


def written(slot: Slot) -> str:
    return f"{slot.date:%a} {slot.date.day} {slot.date:%b}, {slot.hour:02}:00"


def free(page: Page, date: dt.date, hour: int) -> Locator:
    return page.get_by_role("link", name=f"Book {written(Slot(date, hour))}")


def ada_in(page: Page) -> Locator:
    return page.get_by_role("table").get_by_role("link", name="Ada")


def dropped(page: Page, date: dt.date, hour: int) -> Locator:
    """Drag Ada's appointment to a free hour; return the dialog."""
    ada_in(page).drag_to(free(page, date, hour))
    dialog = page.get_by_role("dialog")
    was, to = written(Slot(TUESDAY, 10)), written(Slot(date, hour))
    expect(dialog.get_by_role("heading")).to_have_text(f"Move Ada from {was} to {to}?")
    return dialog


def test_dragging_asks_and_then_moves(signed_in_page, held, counsellor):
    page = signed_in_page(counsellor, THERE)
    dialog = dropped(page, TUESDAY + DAY, 11)
    expect(dialog.get_by_label("Tell the client")).to_be_checked()
    with page.expect_request(f"**/{held.pk}/move/*") as asked:
        dialog.get_by_role("button", name="Move").click()
    sent = parse_qs(asked.value.post_data)
    del sent["csrfmiddlewaretoken"]
    assert asked.value.method == "POST"
    assert asked.value.url.endswith(f"/move/?seen={held.changes}")
    told = ["off", "on"]  # the last one counts
    assert sent == {"date": [f"{TUESDAY + DAY}"], "hour": ["11"], "tell": told, "next": [THERE]}
    page.wait_for_url(f"**{THERE}")
    expect(free(page, TUESDAY, 10)).to_be_visible()
    held.refresh_from_db()
    assert held.slot == Slot(TUESDAY + DAY, 11)
    assert Email.objects.count() == 1


def test_dragging_tells_nobody_when_it_is_unticked(signed_in_page, held, counsellor):
    page = signed_in_page(counsellor, THERE)
    dialog = dropped(page, TUESDAY + DAY, 11)
    dialog.get_by_label("Tell the client").uncheck()
    dialog.get_by_role("button", name="Move").click()
    expect(free(page, TUESDAY, 10)).to_be_visible()
    assert not Email.objects.exists()


def test_what_is_not_meant_moves_nothing(signed_in_page, held, counsellor):
    """Kept by the button, kept by Escape, dropped on the heading."""
    page = signed_in_page(counsellor, THERE)
    dropped(page, TUESDAY, 12).get_by_role("button", name="Keep").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    dropped(page, TUESDAY + 3 * DAY, 9)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    ada_in(page).drag_to(page.get_by_role("heading", level=1))
    free(page, TUESDAY, 9).drag_to(free(page, TUESDAY, 11))
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page).to_have_url(f"{page.url.split('/client-admin')[0]}{THERE}")
    held.refresh_from_db()
    assert held.slot == Slot(TUESDAY, 10)


def test_free_hours_show_while_dragging(signed_in_page, held, counsellor):
    page = signed_in_page(counsellor, THERE)
    target = free(page, TUESDAY, 11)
    ada_in(page).hover()
    page.mouse.down()
    target.hover()
    target.hover()
    expect(target).to_have_css("outline-style", "solid")
    expect(free(page, TUESDAY, 12)).to_have_css("outline-style", "dashed")
    page.mouse.up()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(free(page, TUESDAY, 12)).not_to_have_css("outline-style", "dashed")


def test_arrow_keys_go_from_hour_to_hour(signed_in_page, held, counsellor):
    page = signed_in_page(counsellor, THERE)
    stops = page.get_by_role("table").locator("a[tabindex='0']")
    expect(stops).to_have_count(1)
    stops.focus()
    for key, date, hour in (
        ("ArrowDown", TUESDAY - DAY, 10),
        ("End", TUESDAY + 3 * DAY, 10),
        ("ArrowUp", TUESDAY + 3 * DAY, 9),
        ("ArrowUp", TUESDAY + 3 * DAY, 9),
        ("Home", TUESDAY - DAY, 9),
        ("Control+End", TUESDAY + 3 * DAY, 17),
        ("ArrowLeft", TUESDAY + 2 * DAY, 17),
        ("Control+Home", TUESDAY - DAY, 9),
        ("ArrowRight", TUESDAY, 9),
    ):
        page.keyboard.press(key)
        expect(free(page, date, hour)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(ada_in(page)).to_be_focused()
    expect(stops).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/client-admin/appointments/{held.pk}/")


def test_one_tap_confirms(signed_in_page, scripted, ada, counsellor):
    asked = booking.book(client=ada, date=TUESDAY, hour=9, by=ada, now=timezone.now())
    page = signed_in_page(counsellor, "/client-admin/", script=scripted)
    page.get_by_role("button", name="Confirm Ada").click()
    expect(page.get_by_role("status").first).to_contain_text("Confirmed")
    asked.refresh_from_db()
    assert asked.status == Status.CONFIRMED


def test_phone_has_a_list_of_days(signed_in_page, scripted, held, counsellor):
    page = signed_in_page(counsellor, THERE, script=scripted, viewport=PHONE)
    expect(page.get_by_role("table")).to_be_hidden()
    expect(page.get_by_role("link", name=re.compile("10:00 Ada ?, Confirmed"))).to_be_visible()
    expect(free(page, TUESDAY, 11)).to_be_visible()
    expect(free(page, TUESDAY + DAY, 11)).to_be_hidden()
    page.get_by_role("group").filter(has_text=f"{TUESDAY + DAY:%a}").locator("summary").click()
    expect(free(page, TUESDAY + DAY, 11)).to_be_visible()
