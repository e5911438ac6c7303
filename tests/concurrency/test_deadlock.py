"""Two transactions that wait for each other: PostgreSQL ends one, and the domain runs it again."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, transaction

from appointments.booking import writing
from appointments.models import Appointment

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "connection.vendor != 'postgresql'",
        reason="SQLite has one writer at a time: nothing to wait for crosswise",
    ),
]

Change = Callable[[Appointment, Appointment], None]


@pytest.fixture
def pair(ada, ben, book) -> tuple[Appointment, Appointment]:
    return book(ada, hour=10), book(ben, hour=11)


class Crossing:
    """Takes two rows one after the other, and meets its opposite in between the first time."""

    def __init__(self) -> None:
        self.runs = 0
        self.both_hold_one = threading.Barrier(2)

    def note_on_both(self, first: Appointment, second: Appointment) -> None:
        self.runs += 1
        self._note(first, "first")
        if self.runs <= 2:
            self.both_hold_one.wait(timeout=10)
        self._note(second, "second")

    def _note(self, appointment: Appointment, note: str) -> None:
        Appointment.objects.filter(pk=appointment.pk).update(note=note)

    def run(self, change: Change, pair: tuple[Appointment, Appointment]) -> list[str]:
        """Run `change` both ways at once; return what ended each of them."""
        with ThreadPoolExecutor(2) as pool:
            ways = [pair, pair[::-1]]
            return list(pool.map(lambda way: self._outcome(change, way), ways))

    def _outcome(self, change: Change, way: tuple[Appointment, Appointment]) -> str:
        try:
            change(*way)
        except OperationalError as error:
            return str(error.__cause__.pgcode)
        else:
            return "done"
        finally:
            connection.close()


def test_without_a_second_try_a_deadlock_ends_one(pair):
    crossing = Crossing()
    outcomes = crossing.run(transaction.atomic(crossing.note_on_both), pair)
    assert sorted(outcomes) == [writing.DEADLOCK_DETECTED, "done"]
    assert crossing.runs == 2


def test_who_is_ended_by_a_deadlock_tries_again(pair):
    crossing = Crossing()
    outcomes = crossing.run(writing.in_one_transaction(crossing.note_on_both), pair)
    assert outcomes == ["done", "done"]
    assert crossing.runs >= 3  # who tries again may meet the other once more


def test_inside_another_transaction_the_outermost_decides(pair):
    crossing = Crossing()
    inner = writing.in_one_transaction(crossing.note_on_both)
    outcomes = crossing.run(transaction.atomic(inner), pair)
    assert sorted(outcomes) == [writing.DEADLOCK_DETECTED, "done"]
    assert crossing.runs == 2
