"""What each main page costs the person who opens it, and what Lighthouse says of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser import chromium, weight
from tests.browser.weight import Visit, choose_an_hour
from tests.slow_line import slow_line

from . import lighthouse
from .demo import Demo, running
from .measure import Figure

LEAST_PERFORMANCE = 98
FULL_MARKS = 100


@dataclass(frozen=True)
class Opened:
    """A page, and who opens it."""

    path: str
    who: str | None = None

    @property
    def public(self) -> bool:
        return self.who is None


BOOKING = "booking"
PAGES = {
    "home": Opened("/"),
    "sign in": Opened("/accounts/login/"),
    BOOKING: Opened("/appointments/book/", "client"),
    "upcoming": Opened("/appointments/", "client"),
    "diary": Opened("/client-admin/", "staff"),
    "client admin": Opened("/client-admin/appointments/", "staff"),
}


def pages(folder: Path) -> Iterator[tuple[str, list[Figure]]]:
    """Yield each page's figures, column by column; all pages have the same columns."""
    with running(folder) as demo:
        with sync_playwright() as playwright:
            weights = _weigh_all(demo, playwright)
            for who in (None, "client", "staff"):
                demo.keep_profile(playwright.chromium, who, _profile(folder, who))
        for name, opened in PAGES.items():  # by now no other browser is running
            report = lighthouse.look(
                demo.server.url + opened.path, profile=_profile(folder, opened.who)
            )
            for complaint in report.complaints:
                print(f"{name}: {complaint}", flush=True)
            yield name, [*_scores(report, opened), *weights[name]]


def _profile(folder: Path, who: str | None) -> Path:
    return folder / f"profile-{who or 'nobody'}"


def _scores(report: lighthouse.Report, opened: Opened) -> list[Figure]:
    score = report.scores
    return [
        Figure("performance", score["performance"], at_least=LEAST_PERFORMANCE),
        Figure("accessibility", score["accessibility"], at_least=FULL_MARKS),
        Figure("best practices", score["best-practices"], at_least=FULL_MARKS),
        Figure("SEO", score["seo"], at_least=FULL_MARKS if opened.public else None),
        Figure("LCP in s", report.lcp_s),
    ]


def _weigh_all(demo: Demo, playwright: Playwright) -> dict[str, list[Figure]]:
    browser = playwright.chromium.launch(
        executable_path=chromium.find(whole=True), args=chromium.FLAGS
    )
    with slow_line(demo.server) as line:
        slow = replace(demo, server=line)
        found = {name: _weigh(slow, browser, name, opened) for name, opened in PAGES.items()}
    browser.close()
    return found


def _weigh(demo: Demo, browser: Browser, name: str, opened: Opened) -> list[Figure]:
    """Open the page on a desk, on a phone, and there once more; the worse jump counts."""
    visits = []
    for size in (weight.DESKTOP, weight.PHONE):
        page = demo.opened(browser, opened.who, viewport=size)
        visits.append(Visit(page, opened.path))
        if name == BOOKING:
            choose_an_hour(page)
    first = visits[-1]
    again = Visit(page.context.new_page(), opened.path)
    most_again = weight.MOST_BYTES_AGAIN / 1000 if name == BOOKING else None
    return [
        Figure("CLS", max(visit.shift for visit in visits), at_most=0),
        Figure("kB", first.bytes / 1000, at_most=weight.MOST_BYTES / 1000),
        Figure("kB again", again.bytes / 1000, at_most=most_again),
        Figure("requests", len(first.answers), at_most=weight.MOST_REQUESTS),
        Figure("third parties", len(first.foreign), at_most=0),
    ]
