"""The next release changes the busiest table while this one is in use."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.faults.conftest import client
from tests.faults.databases import Practice, manage
from tests.server import Server

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("faults-postgresql")]

PEOPLE = 6
FORTH, BACK = ("column",), ("column", "zero")
WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'ALTER%'
"""
COLUMN = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'room'"


class Clients:
    """People who book, cancel, and book again, until it is over."""

    def __init__(self, server: Server, practice: Practice) -> None:
        self.server, self.practice = server, practice
        self.over = threading.Event()
        self.answers: Counter[tuple[str, int]] = Counter()
        self.slowest = 0.0

    def go(self, number: int) -> None:
        person = client(self.server, self.practice, number)
        own = self.practice.open[number::PEOPLE]
        for slot in itertools.cycle(own):
            if self.over.is_set():
                return
            booked = person.book(slot)
            self._note("book", booked)
            if booked.status == 302:
                self._note("cancel", person.post(f"{booked.place}cancel/"))
            self._note("look", person.get("/appointments/"))

    def _note(self, what: str, answer) -> None:
        self.answers[what, answer.status] += 1
        self.slowest = max(self.slowest, answer.seconds)

    def assert_all_served(self) -> None:
        assert {*self.answers} == {("book", 302), ("cancel", 302), ("look", 200)}
        told = self.answers["book", 302]
        events = "SELECT count(*) FROM appointments_appointmentevent WHERE action = '{}'"
        for action in ("booked", "cancelled"):
            assert self.practice.rows(events.format(action)) == [(told,)]
        assert self.practice.held() == []
        self.practice.assert_whole()


@contextmanager
def clients(server: Server, practice: Practice) -> Iterator[Clients]:
    busy = Clients(server, practice)
    with ThreadPoolExecutor(PEOPLE) as pool:
        going = [pool.submit(busy.go, number) for number in range(PEOPLE)]
        try:
            yield busy
        finally:
            busy.over.set()
    for one in going:
        one.result()


def migrate(practice: Practice, to: tuple[str, ...]) -> str:
    ran = manage(practice.url, "manage", "migrate", *to)
    assert ran.returncode == 0, ran.stderr
    return ran.stderr


def test_forth_and_back_while_people_book(in_postgresql, serve):
    server = serve(in_postgresql)
    with clients(server, in_postgresql) as busy:
        migrate(in_postgresql, FORTH)
        assert in_postgresql.rows(COLUMN) == [(1,)]
        so_far = busy.answers["book", 302]
        migrate(in_postgresql, BACK)
        assert in_postgresql.rows(COLUMN) == [(0,)]
        assert busy.answers["book", 302] > so_far > 0
    busy.assert_all_served()


def test_migration_that_has_to_wait_lets_the_others_by(in_postgresql, serve):
    """Somebody reads the table for long: everybody would stand behind the migration."""
    server = serve(in_postgresql)
    with ThreadPoolExecutor(1) as pool, clients(server, in_postgresql) as busy:
        with in_postgresql.connect() as reader, reader.cursor() as cursor:
            reader.autocommit = False
            cursor.execute("SELECT count(*) FROM appointments_appointment")
            migrating = pool.submit(migrate, in_postgresql, FORTH)
            wait_for_a_try(in_postgresql, migrating)
            time.sleep(3)
            assert in_postgresql.rows(COLUMN) == [(0,)]
            so_far = busy.answers["book", 302]
        assert "trying again" in migrating.result()
        assert so_far > 0
    assert in_postgresql.rows(COLUMN) == [(1,)]
    assert busy.slowest < 20
    busy.assert_all_served()


def wait_for_a_try(practice: Practice, migrating: Future) -> None:
    """Return when the migration stands before the table."""
    while practice.rows(WAITING) == [(0,)]:
        assert not migrating.done()
        time.sleep(0.05)
