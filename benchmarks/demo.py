"""The demo practice under gunicorn, and browsers in which somebody is signed in there."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, BrowserType, Page

from tests.browser import chromium
from tests.server import Server, serving

from .sites import prepared

ONE_DAY = 24 * 60 * 60


@dataclass(frozen=True)
class Demo:
    """The running site; `sessions` has who may be signed in, `paths` the pages with a key."""

    server: Server
    sessions: dict[str, str]
    paths: dict[str, str]

    def opened(self, browser: Browser, who: str | None, **options: Any) -> Page:
        """Return an empty page in a browser of its own in which `who`, if any, is signed in."""
        context = browser.new_context(base_url=self.server.url, locale="en-GB", **options)
        self._sign_in(context, who)
        return context.new_page()

    def keep_profile(self, browsers: BrowserType, who: str | None, folder: Path) -> None:
        """Write a browser profile in which `who`, if any, is signed in, for a later browser."""
        with browsers.launch_persistent_context(
            folder, executable_path=chromium.find(whole=True), args=chromium.FLAGS
        ) as context:
            self._sign_in(context, who)

    def _sign_in(self, context: BrowserContext, who: str | None) -> None:
        if who:
            cookie = {"name": "sessionid", "value": self.sessions[who], "url": self.server.url}
            # A profile keeps only cookies that have an end.
            context.add_cookies([{**cookie, "expires": time.time() + ONE_DAY}])


@contextmanager
def running(folder: Path) -> Iterator[Demo]:
    """Load the demo practice into a new database in the folder, and serve it as in production."""
    environment = {
        "DATABASE_URL": f"sqlite:///{folder}/demo.sqlite3",
        "DJANGO_SETTINGS_MODULE": "therapeutics.settings",
    }
    ready = prepared("demo", environment)
    sessions = {who: ready.pop(who) for who in ("client", "staff")}
    with serving(environment) as server:
        yield Demo(server, sessions, paths=ready)
