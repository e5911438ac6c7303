"""What is measured, and what of it is promised."""

import datetime as dt
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from . import process
from .booking import BOOK, FLOOR_OF_BOOKING, Bookings
from .load import Round, Site, side_by_side
from .sites import Databases, made_ready, running

SMALL, LARGE = 1_000, 1_000_000
PLAIN, STAFF_LIST = 2_000, 100_000  # each database is made once, so none is of 1,000 again
ROUNDS, ROUNDS_OF_BOOKING = 7, 5
REQUESTS = 15

MOST_QUERIES = 4
MOST_GROWTH = 1.25
LEAST_SHARE, LEAST_SHARE_OF_BOOKING = 0.70, 0.50
MOST_OF_PLAIN = 2  # what any staff list may take of the time of a plain one of few appointments
CALENDAR, MOST_CALENDAR_MS = 500, 50  # appointments in a feed
REPEATS = 3
MOST_MB, MOST_MB_MORE = 120, 5  # of a worker, and what 1,000 requests may add

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
        yield from _booking(small, large)
    with (
        running(databases, PLAIN, who="staff") as plain,
        running(databases, STAFF_LIST, who="staff") as site,
    ):
        yield from _staff_list(plain, site)
    with running(databases, CALENDAR) as site:
        (value,) = _medians([partial(site.ms, site.calendar)])
        yield Figure(f"calendar feed in ms, {CALENDAR}", value, at_most=MOST_CALENDAR_MS)
    yield from _process(databases)


def spans(today: dt.date) -> dict[str, str]:
    """Return what is asked for: one open day, a month, and a year, which is all of the horizon."""
    tuesday = today + dt.timedelta(days=8 - today.weekday())

    def asked(first: dt.date, days: int) -> str:
        return f"?from={first}&to={first + dt.timedelta(days=days - 1)}"

    return {
        "a day": asked(tuesday, 1),
        "a month": asked(tuesday, 31),
        "a year": asked(today + dt.timedelta(days=1), 365),
    }


def _feed(small: Site, large: Site, span: str, asked: str) -> Iterator[Figure]:
    answers = {site.get(path + asked) for site in (small, large) for path in (FEED, FLOOR)}
    if len(answers) != 1:
        raise RuntimeError(f"{span}: the answers to compare are not the same")
    for site, total in ((small, SMALL), (large, LARGE)):
        yield Figure(f"queries, {span} of {total:,}", site.queries(asked), at_most=MOST_QUERIES)
    turns = [partial(site.load, path + asked) for site in (small, large) for path in (FEED, FLOOR)]
    rounds = list(side_by_side(turns, ROUNDS))
    yield from _of_rounds(span, rounds, least_share=LEAST_SHARE)


def _booking(small: Site, large: Site) -> Iterator[Figure]:
    sites = [Bookings.at(site) for site in (small, large)]
    turns = [partial(each.load, path) for each in sites for path in (BOOK, FLOOR_OF_BOOKING)]
    rounds = list(side_by_side(turns, ROUNDS_OF_BOOKING))
    yield from _of_rounds("booking", rounds, least_share=LEAST_SHARE_OF_BOOKING)


def _of_rounds(what: str, rounds: list[Round], *, least_share: float) -> Iterator[Figure]:
    growth = _median([each.growth for each in rounds])
    share = _median([share for each in rounds for share in each.shares])
    yield Figure(f"growth from {SMALL:,}, {what}", growth, at_most=MOST_GROWTH)
    yield Figure(f"share of the floor, {what}", share, at_least=least_share)
    rate = _median([each.large.per_second for each in rounds])
    yield Figure(f"requests/s, {what} of {LARGE:,}", rate)
    yield Figure(f"p50 in ms, {what} of {LARGE:,}", _median([r.large.p50_ms for r in rounds]))


def _process(databases: Databases) -> Iterator[Figure]:
    environment, ready = made_ready(databases, CALENDAR + 1)
    starts = [process.cold_start(environment) for _ in range(REPEATS)]
    yield Figure("cold start in s", _median(starts))
    taken = [process.memory(environment, ready["client"]) for _ in range(REPEATS)]
    yield Figure("memory of a worker in MB", _median([one.mb for one in taken]), at_most=MOST_MB)
    more = _median([one.more for one in taken])
    yield Figure("memory that 1,000 requests add in MB", more, at_most=MOST_MB_MORE)


def _staff_list(plain: Site, site: Site) -> Iterator[Figure]:
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
        before, value = _medians([partial(plain.ms, STAFF), partial(site.ms, STAFF + query)])
        yield Figure(f"staff list in ms, {what}", value)
        share = value / before
        yield Figure(f"of a plain list of {PLAIN:,}, {what}", share, at_most=MOST_OF_PLAIN)


def _medians(turns: list[Callable[[], float]]) -> list[float]:
    """Return the median of what each turn takes, side by side, the first few not counted."""
    taken = [[turn() for turn in turns] for _ in range(REQUESTS + 3)][3:]
    return [_median(list(column)) for column in zip(*taken, strict=True)]


def _median(values: list[float]) -> float:
    return statistics.median(values)
