"""Who writes to SQLite stands in line, for as long as SQLite itself would wait."""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import OperationalError, connection

from appointments.booking import line
from appointments.models import Appointment

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL has many writers"),
]


@contextmanager
def another_process_writes(seconds: float) -> Iterator[None]:
    """The folder is locked, as by another process, until so many seconds are over."""
    folder = os.open(Path(connection.settings_dict["NAME"]).parent, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    timer = threading.Timer(seconds, os.close, [folder])
    timer.start()
    try:
        yield
    finally:
        timer.join()


def test_waits_for_another_process(ada, book):
    with another_process_writes(0.3):
        began = time.monotonic()
        book(ada)
        assert time.monotonic() - began > 0.25
    assert Appointment.objects.count() == 1


def test_who_has_waited_too_long_gives_up_and_the_next_does_not(ada, book, monkeypatch):
    monkeypatch.setattr(line, "PATIENCE", 0.1)
    with (
        another_process_writes(0.4),
        pytest.raises(OperationalError, match="locked"),
    ):
        book(ada)
    assert not Appointment.objects.exists()
    book(ada)
    assert Appointment.objects.count() == 1


def test_threads_wait_for_their_process_and_no_longer(monkeypatch):
    monkeypatch.setattr(line, "PATIENCE", 0.1)

    def begin() -> str:
        try:
            with line.turn():
                return "its turn"
        except OperationalError as error:
            return str(error)

    with ThreadPoolExecutor(1) as pool:
        with line.turn():
            assert pool.submit(begin).result() == line.TAKEN
        assert pool.submit(begin).result() == "its turn"


def test_line_is_free_again_after_a_failure(ada, book):
    with pytest.raises(ZeroDivisionError), line.turn():
        raise ZeroDivisionError
    book(ada)
    assert Appointment.objects.count() == 1
