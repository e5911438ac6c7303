"""Many people at once who look, book, move and cancel, and what they were told of it."""

import random
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.faults.databases import Practice
from tests.faults.visitor import BOOKING, Answer, Regular
from tests.server import Server

CONNECTIONS, STAFF = 32, 4
WANTED = 120  # slots that all of them want: some of them are taken, always
MOST = 6  # appointments that one has at a time
DONE, REFUSED = 302, {403, 409, 422, 429}
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LOOKS = [
    *("/appointments/", "/appointments/book/", "/appointments/availability.json", "/"),
    *("/appointments/?when=past", "/account/"),
]
STAFF_LOOKS = [
    *("/client-admin/", "/client-admin/appointments/", "/client-admin/clients/"),
    *("/appointments/availability.json", "/client-admin/mail/"),
]
Slot = tuple[str, int]


@dataclass
class Person:
    """Somebody at a browser, who remembers what they were told to have."""

    browser: Regular
    client: str  # whose appointments these are
    practice: Practice
    chance: random.Random
    staff: bool = False
    wanted: int = WANTED
    has: dict[str, Slot] = field(default_factory=dict)
    reads: list[Answer] = field(default_factory=list)
    writes: list[Answer] = field(default_factory=list)

    def act(self) -> None:
        """Look, mostly; and book, move or cancel."""
        what = self.chance.choices([self.look, self.book, self.move, self.cancel], [6, 2, 1, 1])[0]
        what()

    def look(self) -> None:
        pages = STAFF_LOOKS if self.staff else LOOKS
        self.reads.append(self.browser.get(self.chance.choice(pages)))

    def book(self) -> None:
        if len(self.has) >= MOST:
            return self.cancel()
        date, hour = wanted = self._wanted()
        fields: dict[str, object] = {"date": date, "hour": hour, "note": "A note."}
        if self.staff:
            path = "/client-admin/appointments/new/"
            answer = self.browser.post(path, client=self.client, repeat="none", **fields)
        else:
            answer = self.browser.post(BOOKING, **fields)
        self.writes.append(answer)
        if answer.status == DONE and (found := UUID.search(answer.place)):
            self.has[found[0]] = wanted
        return None

    def move(self) -> None:
        if not self.has:
            return self.look()
        key, (date, hour) = self.chance.choice(list(self.has)), self._wanted()
        answer = self.browser.post(f"{self._place(key)}move/", date=date, hour=hour)
        self.writes.append(answer)
        if answer.status == DONE:
            self.has[key] = (date, hour)
        return None

    def cancel(self) -> None:
        if not self.has:
            return self.look()
        key = self.chance.choice(list(self.has))
        if self.staff:
            answer = self.browser.post(f"{self._place(key)}status/", status="cancelled")
        else:
            answer = self.browser.post(f"{self._place(key)}cancel/")
        self.writes.append(answer)
        if answer.status == DONE:
            del self.has[key]
        return None

    def _place(self, key: str) -> str:
        return f"{'/client-admin' if self.staff else ''}/appointments/{key}/"

    def _wanted(self) -> Slot:
        free = [slot for slot in self.practice.open[: self.wanted] if slot not in self.has.values()]
        return self.chance.choice(free)


@dataclass
class Outcome:
    """What came of it: all answers, and where the rows say something else than was told."""

    reads: list[Answer]
    writes: list[Answer]
    wrong: list[str]  # who has something else than they were told
    twice: int
    seconds: float

    @property
    def answers(self) -> list[Answer]:
        return self.reads + self.writes

    @property
    def failures(self) -> int:
        """Count the answers that are 5xx, or never came."""
        return sum(one.status >= 500 or one.status == 0 for one in self.answers)

    @property
    def untold(self) -> int:
        """Count the writes with neither a yes nor a no, and the people who were told wrong."""
        return sum(one.status not in {DONE, *REFUSED} for one in self.writes) + len(self.wrong)

    @property
    def refused(self) -> int:
        return sum(one.status in REFUSED for one in self.writes)

    def percentile(self, share: float) -> float:
        """Return the seconds within which that share of the answers came."""
        times = sorted(one.seconds for one in self.answers)
        return times[min(int(share * len(times)), len(times) - 1)]


def put_on(server: Server, practice: Practice, seconds: float, wanted: int = WANTED) -> Outcome:
    """Let 32 people at the site for so many seconds, four of them the counsellor."""
    people = [_person(server, practice, number, wanted) for number in range(CONNECTIONS)]
    until = time.monotonic() + seconds

    def busy(person: Person) -> None:
        while time.monotonic() < until:
            person.act()
        person.browser.leave()

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(busy, people))
    held = Counter(practice.held())
    return Outcome(
        reads=[one for person in people for one in person.reads],
        writes=[one for person in people for one in person.writes],
        wrong=_told_wrong(practice, people),
        twice=sum(times > 1 for times in held.values()),
        seconds=seconds,
    )


def _person(server: Server, practice: Practice, number: int, wanted: int) -> Person:
    staff, name = number < STAFF, f"client{number}"
    session = practice.sessions["counsellor" if staff else name]
    browser = Regular(server, session)
    chance = random.Random(number)
    return Person(browser, practice.ids[name], practice, chance, staff, wanted)


def _told_wrong(practice: Practice, people: list[Person]) -> list[str]:
    rows = practice.rows(
        "SELECT client_id, id, date, hour FROM appointments_appointment WHERE status <> 'cancelled'"
    )
    by_client: dict[str, dict[str, Slot]] = {}
    for client, key, date, hour in rows:
        by_client.setdefault(_plain(client), {})[_plain(key)] = (str(date), hour)
    return [
        person.client
        for person in people
        if by_client.get(_plain(person.client), {})
        != {_plain(key): slot for key, slot in person.has.items()}
    ]


def _plain(key: object) -> str:
    """Return a UUID as both databases write it."""
    return str(key).replace("-", "")
