"""The pages of each visitor, collected once, and a Chromium that shows them."""

import os
from collections.abc import Iterator
from functools import cache

import pytest
import time_machine
from django.conf import settings
from django.db import transaction
from django.test import override_settings
from playwright.sync_api import Browser
from playwright.sync_api import Page as Window

from tests.addresses import undone
from tests.browser.conftest import PATIENCE
from tests.conftest import NOW

from . import axe, collect, show, world
from .collect import Page, Shown
from .scenarios import SCENARIOS

OWN, SITE_ADMIN = "own pages", "site admin"
WORLDS = {"empty": world.empty, "full": world.full}
ANONYMOUS, ADA, BEN = (
    ("anonymous", "full", OWN, 30),
    ("ada", "full", OWN, 70),
    ("ben", "full", OWN, 40),
)
# Who looks, at how full a practice, at which part of the site, and finds how many pages at least.
CASES = [
    ANONYMOUS,
    ("anonymous", "empty", OWN, 10),
    ADA,
    ("ada", "empty", OWN, 30),
    BEN,
    ("counsellor", "full", OWN, 70),
    ("counsellor", "empty", OWN, 30),
    ("superuser", "full", OWN, 70),
    ("superuser", "empty", OWN, 30),
    ("superuser", "full", SITE_ADMIN, 40),
    ("superuser", "empty", SITE_ADMIN, 20),
]
# Files are served by their own names, as they are in the sources.
SETTINGS = {
    "ROOT_URLCONF": "tests.pages.urls",
    "WHITENOISE_AUTOREFRESH": True,
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    "STORAGES": settings.STORAGES
    | {
        "default": {"BACKEND": "therapeutics.media.DiskStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    },
}


def case(visitor: str, fill: str, part: str, least: int, *more: object) -> object:
    """Return what `pages` takes; one worker has all that is asked of it, and collects it once."""
    name = f"{visitor}-{fill}-{part}".replace(" ", "-")
    group = pytest.mark.xdist_group(name)
    return pytest.param((visitor, fill, part, least), *more, id=name, marks=group)


@pytest.fixture(scope="session", params=[case(*words) for words in CASES])
def pages(request, django_db_setup, django_db_blocker) -> list[Page]:
    """Every page that the visitor can be shown."""
    visitor, fill, part, least = request.param
    with django_db_blocker.unblock():
        found = collected(visitor, fill, part)
    assert len(found) >= least, f"only {len(found)} pages"
    return found


@cache  # pytest keeps a fixture for one parameter only, and comes back to each
def collected(visitor: str, fill: str, part: str) -> list[Page]:
    """Build the practice, look at its pages, and undo it all."""
    with (
        override_settings(**SETTINGS),
        transaction.atomic(),
        time_machine.travel(NOW, tick=False),
    ):
        there = WORLDS[fill]()
        browser = collect.visitor(there, visitor)
        found = list(collect.of_addresses(browser, there, site_admin=part == SITE_ADMIN))
        if fill == "full":
            for scenario in SCENARIOS[part if part == SITE_ADMIN else visitor]:
                with undone(browser):
                    found += scenario(browser)
        transaction.set_rollback(True)
    return found


@pytest.fixture(scope="session")
def shown(tmp_path_factory) -> Shown:
    """What this run has shown in Chromium already, in whichever worker."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # which the workers share
    folder = folder / "shown"
    folder.mkdir(exist_ok=True)
    return Shown(folder)


@pytest.fixture(scope="session")
def server() -> Iterator[show.Stage]:
    with show.stage() as server:
        yield server


@pytest.fixture
def window(chromium_browser: Browser) -> Iterator[Window]:
    # A quarter of the pixels is drawn faster; what is asked is in CSS pixels.
    context = chromium_browser.new_context(locale="en-GB", device_scale_factor=0.25)
    context.set_default_timeout(PATIENCE)
    context.add_init_script(axe.script())
    context.add_init_script(show.NOTE_WHAT_IS_REFUSED)
    page = context.new_page()
    page.clock.set_fixed_time(NOW)
    yield page
    context.close()
