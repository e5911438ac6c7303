"""What a web process takes: how long to start, and how much memory, before and after work."""

import time
from typing import NamedTuple

import psutil

from tests.server import serving

from .load import Site

MEGABYTE = 2**20
WARM, REQUESTS = 500, 1_000
PAGES = [
    *("/appointments/", "/appointments/book/", "/appointments/availability.json"),
    *("/account/", "/appointments/?when=past"),
]


class Memory(NamedTuple):
    """What is resident of a worker in MB, all of it, and how much of that came last."""

    mb: float
    more: float


def cold_start(environment: dict[str, str]) -> float:
    """Return the seconds from nothing to the first page: gunicorn with two workers."""
    start = time.perf_counter()
    with serving(environment) as server:
        Site(server, "").get("/")
        return time.perf_counter() - start


def memory(environment: dict[str, str], session: str) -> Memory:
    """Return what a worker has after it was warmed and 1,000 requests more, and what these add."""
    with serving(environment | {"WEB_CONCURRENCY": "1"}) as server:
        (worker,) = psutil.Process(server.pid).children()
        site = Site(server, session)
        _browse(site, WARM)
        warm = worker.memory_info().rss
        _browse(site, REQUESTS)
        after = worker.memory_info().rss
        return Memory(after / MEGABYTE, (after - warm) / MEGABYTE)


def _browse(site: Site, times: int) -> None:
    """Open pages as a client who is signed in does, one after the other."""
    for n in range(times):
        site.get(PAGES[n % len(PAGES)])
