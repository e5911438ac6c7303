"""Chromium against the real site under gunicorn, on the database of the tests that run."""

import os
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from playwright.sync_api import Browser, Page, sync_playwright

from accounts.models import User
from tests.browser import chromium
from tests.conftest import PASSWORD
from tests.server import Server, server  # noqa: F401 - a fixture

PHONE = {"width": 360, "height": 780}
PATIENCE = 10_000  # milliseconds that a page may take to show what is expected


@pytest.fixture(scope="session")
def chromium_browser() -> Iterator[Browser]:
    path = chromium.find()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("No Chromium on this machine: `make browser` installs one.")
        pytest.skip("no Chromium on this machine: `make browser` installs one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=chromium.FLAGS)
        yield browser
        browser.close()


@pytest.fixture(params=[True, False], ids=["with-script", "without-script"])
def scripted(request) -> bool:
    """Whether the browser runs scripts: a journey that asks for this is made both ways."""
    return request.param


@pytest.fixture
def new_page(chromium_browser: Browser, server: Server) -> Iterator[Callable[..., Page]]:  # noqa: F811
    """Opens pages, each in a browser of its own; any error in their console fails the test."""
    contexts, complaints = [], []

    def opened(*, script: bool = True, **options: object) -> Page:
        context = chromium_browser.new_context(
            base_url=server.url, java_script_enabled=script, locale="en-GB", **options
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: line.type == "error" and complaints.append(line.text))
        page.on("request", lambda asked: foreign(asked.url) and complaints.append(asked.url))
        return page

    def foreign(url: str) -> bool:
        return not url.startswith((server.url, "data:", "blob:"))

    yield opened
    for context in contexts:
        context.close()
    # A refused write answers 409 or 422, which Chromium reports as an error of its own.
    assert [line for line in complaints if "status of 4" not in line] == []


@pytest.fixture
def password(ada: User) -> str:
    """Gives Ada a password that the server, whose hasher is the real one, can check."""
    User.objects.update(password=PBKDF2PasswordHasher().encode(PASSWORD, "salt"))
    return PASSWORD


@pytest.fixture
def signed_in_page(new_page, sign_in, server: Server) -> Callable[..., Page]:  # noqa: F811
    """Opens a page of somebody who is signed in already."""

    def opened(user: User, path: str = "/appointments/", **options: object) -> Page:
        page = new_page(**options)
        key = sign_in(user).cookies[settings.SESSION_COOKIE_NAME].value
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": key, "url": server.url}
        page.context.add_cookies([cookie])
        page.goto(path)
        return page

    return opened
