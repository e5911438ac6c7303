"""Which links each visitor sees: the ones they may use, and no others."""

import re

import pytest
from django.test import Client

from .conftest import text

pytestmark = [pytest.mark.once, pytest.mark.django_db]

HOME = ("Home", "/")
BOOK = ("Book an appointment", "/appointments/book/")
UPCOMING = ("Upcoming appointments", "/appointments/")
CLIENT_ADMIN = ("Client admin", "/client-admin/")
SITE_ADMIN = ("Site admin", "/admin/")
SIGN_IN = ("Sign in", "/accounts/login/")
SEEN_BY = {
    "stranger": [HOME, SIGN_IN],
    "ada": [HOME, BOOK, UPCOMING],
    "counsellor": [HOME, UPCOMING, CLIENT_ADMIN],
    "superuser": [HOME, UPCOMING, CLIENT_ADMIN, SITE_ADMIN],
}
PAGES = {
    "stranger": ["/", "/accounts/login/"],
    "ada": ["/", "/appointments/", "/appointments/book/"],
    "counsellor": ["/", "/appointments/", "/client-admin/appointments/"],
    "superuser": ["/", "/client-admin/appointments/"],
}


def navigation(page: str) -> str:
    return page[page.index("<nav") : page.index("</nav>")]


def links(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'<a\s[^>]*?href="([^"]*)"[^>]*>(.*?)</a>', navigation(page), re.DOTALL)
    return [(re.sub(r"<.*?>", "", label, flags=re.DOTALL).strip(), url) for url, label in found]


@pytest.fixture
def browser_of(request, clock, practice, sign_in):
    """Returns the visitor's browser: signed in, unless it is a stranger's."""

    def opened(visitor: str) -> Client:
        return Client() if visitor == "stranger" else sign_in(request.getfixturevalue(visitor))

    return opened


@pytest.mark.parametrize(
    ("visitor", "page"), [(visitor, page) for visitor, pages in PAGES.items() for page in pages]
)
class TestEachPage:
    def test_shows_the_visitors_links_in_order(self, browser_of, visitor, page):
        assert links(text(browser_of(visitor).get(page))) == SEEN_BY[visitor]

    def test_marks_the_current_page(self, browser_of, visitor, page):
        nav = navigation(text(browser_of(visitor).get(page)))
        marked = re.findall(r'<a\s[^>]*?href="([^"]*)"[^>]*aria-current="(\w+)"', nav)
        assert [(page if page.startswith(url) else url) for url, _kind in marked] == [page]
        assert len(marked) == 1

    def test_has_sign_out_as_a_post_button_for_who_is_signed_in(self, browser_of, visitor, page):
        nav = navigation(text(browser_of(visitor).get(page)))
        forms = re.findall(r'<form[^>]*method="post"[^>]*action="/accounts/logout/"', nav)
        assert len(forms) == (visitor != "stranger")
        assert ("csrfmiddlewaretoken" in nav) is (visitor != "stranger")
        assert 'href="/accounts/logout/"' not in nav


@pytest.mark.parametrize("visitor", SEEN_BY)
def test_every_link_shown_can_be_followed(browser_of, visitor):
    browser = browser_of(visitor)
    for _label, url in SEEN_BY[visitor]:
        answer = browser.get(url, follow=True)
        assert answer.status_code == 200
        if visitor != "stranger":
            assert all("login" not in place for place, _status in answer.redirect_chain)


@pytest.mark.parametrize("visitor", SEEN_BY)
def test_address_that_is_not_shown_is_not_open(browser_of, visitor):
    """A client's booking page is not shown to staff, who are sent to their own."""
    browser = browser_of(visitor)
    every = {BOOK, UPCOMING, CLIENT_ADMIN, SITE_ADMIN}
    for _label, url in every - set(SEEN_BY[visitor]):
        assert browser.get(url).status_code in {302, 403}


@pytest.mark.parametrize("visitor", ["stranger", "ada", "counsellor"])
def test_page_that_is_not_there_keeps_the_navigation(browser_of, visitor):
    answer = browser_of(visitor).get("/no/such/page/")
    assert answer.status_code == 404
    assert links(text(answer)) == SEEN_BY[visitor]


def test_refused_page_keeps_the_navigation(browser_of):
    answer = browser_of("ada").get("/client-admin/")
    assert answer.status_code == 403
    assert links(text(answer)) == SEEN_BY["ada"]


def test_signing_out_ends_at_home(browser_of):
    browser = browser_of("ada")
    answer = browser.post("/accounts/logout/", follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert links(text(answer)) == SEEN_BY["stranger"]
    assert browser.get("/appointments/").status_code == 302
