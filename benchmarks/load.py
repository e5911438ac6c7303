"""Put load on a running site, and read what came of it."""

import http.client
import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.server import Server

CONNECTIONS = 8
POST = Path(__file__).with_name("post.lua")
TOKEN = "b" * 32  # the double submit of Django's CSRF protection
SECONDS = 1

UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True)
class Site:
    """A running site with so many appointments, and who is signed in there."""

    server: Server
    session: str
    calendar: str = ""  # the address of the counsellor's calendar feed
    sessions: tuple[str, ...] = ()  # of clients who book

    def get(self, path: str) -> bytes:
        """Return one answer's body; anything but 200 is an error."""
        target = (self.server.host, self.server.port)
        with closing(http.client.HTTPConnection(*target, timeout=60)) as connection:
            connection.request("GET", path, headers=self._headers())
            answer = connection.getresponse()
            body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}")
        return body

    def queries(self, asked: str) -> int:
        counted = json.loads(self.get(f"/queries/availability.json{asked}"))
        return counted["queries"]

    def ms(self, path: str) -> float:
        """Return how long one request takes while there is no other."""
        start = time.perf_counter()
        self.get(path)
        return (time.perf_counter() - start) * 1000

    def load(self, path: str, seconds: int = SECONDS) -> "Load":
        """Ask again and again over eight connections, for so many seconds."""
        headers = [f"--header={name}: {value}" for name, value in self._headers().items()]
        return self._wrk(path, seconds, *headers)

    def post(self, path: str, wishes: Iterable[tuple[str, str]], seconds: int) -> "Load":
        """Send forms, each once and in its session, over eight connections."""
        with tempfile.NamedTemporaryFile("w", prefix="wishes-") as file:
            file.writelines(f"{session} {form}\n" for session, form in wishes)
            file.flush()
            environment = {"WISHES": file.name, "TOKEN": TOKEN}
            return self._wrk(path, seconds, f"--script={POST}", **environment)

    def _wrk(self, path: str, seconds: int, *options: str, **environment: str) -> "Load":
        ran = subprocess.run(
            [
                *("wrk", "--threads=1", f"--connections={CONNECTIONS}", "--latency"),
                *(f"--duration={seconds}s", "--timeout=10s", *options, self.server.url + path),
            ],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        if ran.returncode:
            raise RuntimeError(f"wrk: {ran.stderr}")
        return Load.read(ran.stdout + ran.stderr)

    def _headers(self) -> dict[str, str]:
        return {"Cookie": f"sessionid={self.session}"}


@dataclass(frozen=True)
class Load:
    per_second: float
    p50_ms: float
    requests: int

    @classmethod
    def read(cls, report: str) -> "Load":
        """Read wrk's report; an answer other than 2xx or 3xx, or none, is an error."""
        if problem := re.search(r"Non-2xx.*|Socket errors.*", report):
            raise RuntimeError(f"wrk: {problem[0]}")
        rate = re.search(r"Requests/sec:\s+([\d.]+)", report)
        median = re.search(r"50%\s+([\d.]+)(us|ms|s)", report)
        count = re.search(r"(\d+) requests in", report)
        if not (rate and median and count) or "no wish is left" in report:
            raise RuntimeError(f"wrk: {report}")
        return cls(float(rate[1]), float(median[1]) * UNITS[median[2]], int(count[1]))


@dataclass(frozen=True)
class Round:
    """One look at a site with few appointments and one with many, each beside its floor."""

    small: Load
    small_floor: Load
    large: Load
    large_floor: Load

    @property
    def growth(self) -> float:
        """How many times the mean time of a request, as connections that never wait tell it.

        Not the median: that depends on how many of them one of the two processes has.
        """
        return self.small.per_second / self.large.per_second

    @property
    def shares(self) -> list[float]:
        return [
            self.small.per_second / self.small_floor.per_second,
            self.large.per_second / self.large_floor.per_second,
        ]


def side_by_side(turns: list[Callable[[], Load]], count: int) -> Iterator[Round]:
    """Put on all four loads in turn, so that a slow moment of the machine meets each of them."""
    for turn in turns:
        turn()
    for _ in range(count):
        yield Round(*(turn() for turn in turns))
