"""What is measured, and what of it is promised."""

import datetime as dt
import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from .load import Load, Site
from .sites import Databases, running

SMALL, STAFF_LIST, LARGE = 1_000, 100_000, 1_000_000
ROUNDS = 7
REQUESTS = 15

MOST_QUERIES = 4
MOST_GROWTH = 1.25
LEAST_SHARE = 0.60
MOST_MS = 100
CALENDAR, MOST_CALENDAR_MS = 500, 50  # appointments in a feed

FEED = "/appointments/availability.json"
FLOOR = "/floor/availability.json"
STAFF = "/client-admin/appointments/"


@dataclass(frozen=True)
class Figure:
    """One measured value; `at_most` or `at_least` is what is promised of it, if anything is."""

    what: str
    value: float
    at_most: float | None = None
    at_least: float | None = None

    @property
    def kept(self) -> bool:
        most = self.at_most is None or self.value <= self.at_most
        return most and (self.at_least is None or self.value >= self.at_least)


def figures(databases: Databases) -> Iterator[Figure]:
    with running(databases, SMALL) as small, running(databases, LARGE) as large:
        for span, asked in spans(dt.datetime.now(dt.UTC).date()).items():
            yield from _feed(small, large, span, asked)
    with running(databases, STAFF_LIST, who="staff") as site:
        yield from _staff_list(site)
    with running(databases, CALENDAR) as site:
        value = site.median_ms(site.calendar, REQUESTS)
        yield Figure(f"calendar feed in ms, {CALENDAR}", value, at_most=MOST_CALENDAR_MS)


def spans(today: dt.date) -> dict[str, str]:
    """Return what is asked for: one open day, thirty days, and all ninety of the horizon."""
    tomorrow = today + dt.timedelta(days=1)
    tuesday = today + dt.timedelta(days=8 - today.weekday())

    def asked(first: dt.date, days: int) -> str:
        return f"?from={first}&to={first + dt.timedelta(days=days - 1)}"

    return {
        "1 day": asked(tuesday, 1),
        "30 days": asked(tuesday, 30),
        "90 days": asked(tomorrow, 90),
    }


def _feed(small: Site, large: Site, span: str, asked: str) -> Iterator[Figure]:
    answers = {site.get(path + asked) for site in (small, large) for path in (FEED, FLOOR)}
    if len(answers) != 1:
        raise RuntimeError(f"{span}: the answers to compare are not the same")
    for site, total in ((small, SMALL), (large, LARGE)):
        yield Figure(f"queries, {span} of {total:,}", site.queries(asked), at_most=MOST_QUERIES)
    rounds = list(_side_by_side(small, large, asked))
    growth = [r.large.p50_ms / r.small.p50_ms for r in rounds]
    shares = [r.large.per_second / r.large_floor.per_second for r in rounds]
    shares += [r.small.per_second / r.small_floor.per_second for r in rounds]
    yield Figure(f"p50 growth from {SMALL:,}, {span}", _median(growth), at_most=MOST_GROWTH)
    yield Figure(f"share of the floor, {span}", _median(shares), at_least=LEAST_SHARE)
    yield Figure(f"requests/s, {span} of {LARGE:,}", _median([r.large.per_second for r in rounds]))
    yield Figure(f"p50 in ms, {span} of {LARGE:,}", _median([r.large.p50_ms for r in rounds]))


@dataclass(frozen=True)
class Round:
    small: Load
    small_floor: Load
    large: Load
    large_floor: Load


def _side_by_side(small: Site, large: Site, asked: str) -> Iterator[Round]:
    """Load all four in turn, so that a slow moment of the machine meets each of them."""
    turns = [(small, FEED), (small, FLOOR), (large, FEED), (large, FLOOR)]
    for site, path in turns:
        site.load(path + asked, seconds=2)
    for _ in range(ROUNDS):
        yield Round(*(site.load(path + asked) for site, path in turns))


def _staff_list(site: Site) -> Iterator[Figure]:
    asked = {
        "all": "",
        "confirmed": "?status=confirmed",
        "cancelled": "?status=cancelled",
        "one client by name": "?q=Client+0042",
        "every client by name": "?q=client+0",
        "a year": "?from=2020-01-01&to=2020-12-31",
        "page 1,000": "?page=1000",
    }
    for what, query in asked.items():
        value = site.median_ms(STAFF + query, REQUESTS)
        yield Figure(f"staff list in ms, {what}", value, at_most=MOST_MS)


def _median(values: list[float]) -> float:
    return statistics.median(values)
