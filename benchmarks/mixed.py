"""A minute of everything at once: 32 connections that browse, book, move and cancel, staff too."""

from collections.abc import Iterator
from pathlib import Path

from tests.faults import databases, load
from tests.faults.databases import Practice
from tests.server import serving

from .measure import Figure

SECONDS = 60
MOST_SPREAD = 20  # of the slowest hundredth, over the median


def postgresql(_folder: Path) -> Practice:
    return databases.cluster().practice()


PRACTICES = {"postgresql": postgresql, "sqlite": databases.sqlite}


def mixed(folder: Path) -> Iterator[tuple[str, Iterator[Figure]]]:
    for name, practice in PRACTICES.items():
        yield name, figures(practice(folder))


def figures(practice: Practice, seconds: float = SECONDS) -> Iterator[Figure]:
    """Put the load on, and tell what came of it. Of SQLite, nothing is promised about times."""
    with serving({**databases.SETTINGS, "DATABASE_URL": practice.url}) as server:
        came = load.put_on(server, practice, seconds)
    p50, p99 = came.percentile(0.50), came.percentile(0.99)
    spread = None if practice.url.startswith("sqlite") else MOST_SPREAD
    yield Figure("answers 5xx, or none", came.failures, at_most=0)
    yield Figure("slots held twice", came.twice, at_most=0)
    yield Figure("writes not told, or told wrong", came.untold, at_most=0)
    yield Figure("p99 over p50", p99 / p50, at_most=spread)
    yield Figure("p50 in ms", p50 * 1000)
    yield Figure("p99 in ms", p99 * 1000)
    yield Figure("requests/s", len(came.answers) / came.seconds)
    yield Figure("writes", len(came.writes))
    yield Figure("writes refused", came.refused)
