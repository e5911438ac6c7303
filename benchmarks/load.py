"""Put load on a running site, and read what came of it."""

import http.client
import json
import re
import statistics
import subprocess
import time
from contextlib import closing
from dataclasses import dataclass

from tests.server import Server

CONNECTIONS = 8
SECONDS = 1

UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True)
class Site:
    """A running site with so many appointments, and who is signed in there."""

    server: Server
    session: str
    calendar: str = ""  # the address of the counsellor's calendar feed

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

    def median_ms(self, path: str, times: int) -> float:
        """Return the median time of one request at a time, the first few not counted."""
        taken = [self._ms(path) for _ in range(times + 3)]
        return statistics.median(taken[3:])

    def load(self, path: str, seconds: int = SECONDS) -> "Load":
        """Ask again and again over eight connections, for so many seconds."""
        wrk = ["wrk", "--threads", "1", "--connections", str(CONNECTIONS), "--latency"]
        wrk += ["--duration", f"{seconds}s", "--timeout", "10s"]
        for name, value in self._headers().items():
            wrk += ["--header", f"{name}: {value}"]
        ran = subprocess.run(
            [*wrk, self.server.url + path], capture_output=True, text=True, check=True, timeout=60
        )
        return Load.read(ran.stdout)

    def _ms(self, path: str) -> float:
        start = time.perf_counter()
        self.get(path)
        return (time.perf_counter() - start) * 1000

    def _headers(self) -> dict[str, str]:
        return {"Cookie": f"sessionid={self.session}"}


@dataclass(frozen=True)
class Load:
    per_second: float
    p50_ms: float

    @classmethod
    def read(cls, report: str) -> "Load":
        """Read wrk's report; an answer other than 2xx or 3xx, or none, is an error."""
        if problem := re.search(r"Non-2xx.*|Socket errors.*", report):
            raise RuntimeError(f"wrk: {problem[0]}")
        rate = re.search(r"Requests/sec:\s+([\d.]+)", report)
        median = re.search(r"50%\s+([\d.]+)(us|ms|s)", report)
        if not (rate and median):
            raise RuntimeError(f"wrk: {report}")
        return cls(float(rate[1]), float(median[1]) * UNITS[median[2]])
