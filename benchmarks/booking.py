"""What a booking costs, beside the least that any booking would: session, CSRF, one INSERT."""

import datetime as dt
import json
from dataclasses import dataclass, field
from itertools import cycle

from .load import CONNECTIONS, Load, Site

SECONDS = 1
MOST_A_SECOND = 2_000  # wishes that are written down for a load; who is faster is told
BOOK, FLOOR_OF_BOOKING = "/appointments/book/", "/floor/book/"
COUNT = "/floor/count/"
AFTERWARDS = dt.date(2300, 1, 1)  # no feed looks so far: the floor takes its slots from there

Slot = tuple[str, int]


@dataclass
class Bookings:
    """A site and the slots that can be asked for there, each of them once."""

    site: Site
    slots: dict[str, list[Slot]] = field(default_factory=dict)

    @classmethod
    def at(cls, site: Site) -> "Bookings":
        days = json.loads(site.get("/appointments/availability.json"))["days"]
        free = [(day, hour) for day, hours in days.items() for hour in hours]
        never = [(str(AFTERWARDS + dt.timedelta(n // 9)), 9 + n % 9) for n in range(99_999)]
        return cls(site, {BOOK: free, FLOOR_OF_BOOKING: never})

    def load(self, path: str, seconds: int = SECONDS) -> Load:
        """Book for so many seconds; an answer that has made no appointment is an error."""
        wanted = self.slots[path][: MOST_A_SECOND * seconds]
        forms = [f"date={date}&hour={hour}&note=" for date, hour in wanted]
        before = self._count()
        load = self.site.post(path, zip(cycle(self.site.sessions), forms, strict=False), seconds)
        if (made := self._count() - before) < load.requests:
            raise RuntimeError(f"{path}: {load.requests} answers, {made} appointments")
        # wrk asks for one at its start, and for one on each line when time is over.
        del self.slots[path][: load.requests + CONNECTIONS + 1]
        return load

    def _count(self) -> int:
        return int(json.loads(self.site.get(COUNT))["appointments"])
