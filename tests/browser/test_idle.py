"""Staff who leave the desk are warned, and then signed out; the clock is the page's own."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Session

from .conftest import sign_in_by_form

pytestmark = [
    pytest.mark.browser,
    pytest.mark.once,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]

INVITATIONS = "/client-admin/invitations/?page=1"


@pytest.fixture
def desk(signed_in_page, counsellor, password) -> Page:
    """A page of the counsellor's, in a browser whose time the test can wind on."""
    page = signed_in_page(counsellor)
    page.clock.install()
    page.goto(INVITATIONS)
    return page


def warning(page: Page):
    return page.get_by_role("dialog", name="Are you still there?")


def test_warned_person_may_stay(desk):
    desk.clock.fast_forward("26:00")
    expect(warning(desk)).to_be_hidden()
    desk.clock.fast_forward("02:00")
    expect(warning(desk)).to_be_visible()
    expect(warning(desk).get_by_role("timer")).to_have_text(re.compile("1:00|0:5."))
    with desk.expect_response("**/accounts/stay/") as answer:
        desk.get_by_role("button", name="Stay signed in").click()
    assert (answer.value.request.method, answer.value.status) == ("POST", 204)
    expect(warning(desk)).to_be_hidden()

    desk.clock.fast_forward("28:00")  # the time began anew
    expect(warning(desk)).to_be_visible()
    with desk.expect_response("**/accounts/stay/") as answer:
        desk.keyboard.press("Escape")
    assert answer.value.status == 204
    expect(warning(desk)).to_be_hidden()
    desk.clock.fast_forward("26:00")
    expect(warning(desk)).to_be_hidden()
    assert desk.url.endswith(INVITATIONS)


def test_another_tab_keeps_both_signed_in(desk):
    desk.clock.fast_forward("28:00")
    expect(warning(desk)).to_be_visible()
    other = desk.context.new_page()  # its clock is the context's
    other.goto("/appointments/")
    desk.clock.run_for(1000)
    expect(warning(desk)).to_be_hidden()
    expect(warning(other)).to_be_hidden()


def test_nobody_answers_and_the_page_signs_out(desk, password):
    desk.clock.fast_forward("28:00")
    expect(warning(desk)).to_be_visible()
    desk.clock.fast_forward("01:01")
    desk.wait_for_url(re.compile(r"/accounts/login/\?next=.+"))
    expect(desk.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert not Session.objects.exclude(user=None).exists()
    sign_in_by_form(desk, "counsellor", password)
    desk.wait_for_url(f"**{INVITATIONS}")
    expect(desk.get_by_role("heading", level=1)).to_have_text("Invitations")


def test_site_admin_warns_as_well(signed_in_page, superuser):
    page = signed_in_page(superuser)
    page.clock.install()
    page.goto("/admin/")
    page.clock.fast_forward("28:00")
    expect(warning(page)).to_be_visible()
    with page.expect_response("**/accounts/stay/") as answer:
        page.get_by_role("button", name="Stay signed in").click()
    assert answer.value.status == 204
    expect(warning(page)).to_be_hidden()


def test_session_that_ended_elsewhere_leads_to_sign_in(desk, counsellor):
    Session.objects.filter(user=counsellor).delete()
    desk.clock.fast_forward("28:00")
    desk.get_by_role("button", name="Stay signed in").click()
    desk.wait_for_url(re.compile(r"/accounts/login/\?next=.+"))
    expect(desk.get_by_role("heading", level=1)).to_have_text("Sign in")
