"""Chromium against the real site under gunicorn, on the database of the tests that run."""

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.core.cache import cache
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from tests.conftest import PASSWORD
from tests.server import Server, server  # noqa: F401 - a fixture

PHONE = {"width": 360, "height": 780}
PATIENCE = 30_000  # milliseconds that a page may take to show what is expected


@pytest.fixture(params=[True, False], ids=["with-script", "without-script"])
def scripted(request) -> bool:
    """Whether the browser runs scripts: a journey that asks for this is made both ways."""
    return request.param


@pytest.fixture
def new_page(chromium_browser: Browser, server: Server) -> Iterator[Callable[..., Page]]:  # noqa: F811
    """Opens pages, each in a browser of its own; any error in their console fails the test."""
    contexts, complaints = [], []
    cache.clear()  # what other tests have counted against a limit; nothing else empties its table

    def opened(*, script: bool = True, site: str = server.url, **options: object) -> Page:
        context = chromium_browser.new_context(
            base_url=site, java_script_enabled=script, locale="en-GB", **options
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: line.type == "error" and complaints.append(line.text))
        page.on("request", lambda asked: foreign(asked.url, site) and complaints.append(asked.url))
        return page

    def foreign(url: str, site: str) -> bool:
        return not url.startswith((site, "data:", "blob:"))

    yield opened
    for context in contexts:
        context.close()
    # A refused write answers 409 or 422, which Chromium reports as an error of its own.
    assert [line for line in complaints if "status of 4" not in line] == []


@pytest.fixture
def password(ada: User) -> str:
    """The password of Ada, and of who is there by then."""
    return PASSWORD


@pytest.fixture
def signed_in_page(new_page, sign_in, server: Server) -> Callable[..., Page]:  # noqa: F811
    """Opens a page of somebody who is signed in already."""

    def opened(user: User, path: str = "/appointments/", **options: object) -> Page:
        page = new_page(**options)
        user.refresh_from_db()  # a session holds for the password that it began with
        key = sign_in(user).cookies[settings.SESSION_COOKIE_NAME].value
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": key, "url": server.url}
        page.context.add_cookies([cookie])
        page.goto(path)
        return page

    return opened


@pytest.fixture
def picker(signed_in_page, ada: User) -> Page:
    """Ada's booking page, with its calendar drawn."""
    page = signed_in_page(ada, "/appointments/book/")
    expect(page.get_by_role("button", name="Next month")).to_be_visible()
    return page


def sign_in_by_form(page: Page, login: str, password: str) -> None:
    """Sign in on the page that is open, as a person does."""
    page.get_by_label("User name or e-mail").fill(login)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def show_it_is_you(page: Page, password: str) -> None:
    """Give the password once more, before a change that matters."""
    expect(page.get_by_role("heading", level=1)).to_have_text("Is it you?")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Go on").click()


def sign_out(page: Page) -> None:
    page.get_by_role("navigation", name="Main").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
