"""The main pages are light and still: bytes, requests, third parties, and what moves."""

import re
from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from accounts import invitations
from appointments import booking
from tests.server import Server
from tests.slow_line import slow_line

from .test_journeys import open_day
from .weight import (
    DESKTOP,
    MOST_BYTES,
    MOST_BYTES_AGAIN,
    MOST_REQUESTS,
    PHONE,
    Visit,
    choose_an_hour,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.once,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]

BOOKING = "/appointments/book/"
MAIN_PAGES = {
    "nobody": ["/", "/accounts/login/", "/accounts/password/reset/"],
    "ada": ["/appointments/", "/account/", "/accounts/2fa/", "/accounts/sessions/"],
    "counsellor": ["/client-admin/appointments/", "/client-admin/invitations/"],
}
# Fonts are compressed in themselves; all that is text is compressed on its way.
TEXT = re.compile(r"\.(css|js|svg)$")


both_sizes = pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])


@pytest.fixture
def size() -> dict[str, int]:
    """A phone's, unless a test asks for both sizes: there pages have the least room."""
    return PHONE


@pytest.fixture(scope="module")
def line(server: Server) -> Iterator[Server]:
    with slow_line(server) as started:
        yield started


@pytest.fixture
def empty_page(new_page, signed_in_page, line, size, ada, counsellor):
    """Opens pages that have loaded nothing yet, in a browser where `who` is signed in."""
    users = {"ada": ada, "counsellor": counsellor}

    def opened(who: str, **options: object) -> Page:
        options |= {"site": line.url, "viewport": size}
        if who == "nobody":
            return new_page(**options)
        return signed_in_page(users[who], "/healthz", **options)  # has no files

    return opened


def assert_light_and_still(visit: Visit) -> None:
    assert visit.bytes <= MOST_BYTES
    assert len(visit.answers) <= MOST_REQUESTS, "\n".join(answer.path for answer in visit.answers)
    assert visit.foreign == []
    assert visit.shift == 0


@pytest.mark.parametrize(
    ("who", "path"), [(who, path) for who, paths in MAIN_PAGES.items() for path in paths]
)
def test_main_page_is_light_and_still(empty_page, who, path):
    assert_light_and_still(Visit(empty_page(who), path))


@pytest.mark.parametrize(
    ("who", "path"),
    [("ada", "/appointments/{}/"), ("counsellor", "/client-admin/appointments/{}/")],
)
def test_appointment_is_light_and_still(empty_page, ada, who, path):
    held = booking.book(client=ada, date=open_day(), hour=9, by=ada, now=timezone.now())
    assert_light_and_still(Visit(empty_page(who), path.format(held.pk)))


def test_sign_up_is_light_and_still(new_page, empty_page, counsellor):
    made = invitations.invite(
        email="grace@example.com", name="Grace", by=counsellor, now=timezone.now()
    )
    guest = new_page()
    guest.goto(re.search(r"/invitations/\S+", made.mail.message).group())
    guest.get_by_role("button", name="Open your account").click()
    guest.wait_for_url("**/accounts/signup/")
    newcomer = empty_page("nobody", storage_state=guest.context.storage_state())
    assert_light_and_still(Visit(newcomer, "/accounts/signup/"))


@both_sizes
def test_booking_page_is_light_and_still_until_an_hour_is_chosen(empty_page):
    page = empty_page("ada")
    visit = Visit(page, BOOKING)
    assert_light_and_still(visit)
    choose_an_hour(page)
    assert visit.bytes <= MOST_BYTES
    assert visit.foreign == []
    assert visit.shift == 0


def test_booking_page_is_lighter_the_second_time(empty_page):
    page = empty_page("ada")
    first = Visit(page, BOOKING)
    again = Visit(page.context.new_page(), BOOKING)
    assert again.bytes < MOST_BYTES_AGAIN
    assert 0 < len(again.answers) < len(first.answers)


def test_files_come_compressed_and_are_kept_for_good(empty_page):
    files = [
        answer
        for who, path in (("nobody", "/accounts/login/"), ("ada", BOOKING))
        for answer in Visit(empty_page(who), path).answers
        if answer.path.startswith("/static/")
    ]
    assert {file.path.rpartition(".")[2] for file in files} >= {"css", "js", "woff2"}
    for file in files:
        assert "immutable" in file.headers["cache-control"], file.path
        if TEXT.search(file.path):
            assert file.headers["content-encoding"] == "br", file.path
