"""A line in front of SQLite's one writer; PostgreSQL needs none."""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import OperationalError, connection

PATIENCE = 20  # seconds: as long as SQLite itself waits for a writer
TAKEN = "database is locked"  # as SQLite says it

_IN_THIS_PROCESS = threading.Lock()


@contextmanager
def turn() -> Iterator[None]:
    """Wait for this thread's turn to begin a transaction that writes; not to be nested.

    SQLite has no line: who finds its writer busy sleeps, longer each time, while it is free again.
    Here threads wait for their process, and processes for the folder of the database: that can be
    locked when the disk is full, and the system frees it when a process dies. Raises
    `OperationalError`, as SQLite does, when it took longer than `PATIENCE`.
    """
    if connection.vendor == "postgresql":
        yield
        return
    until = time.monotonic() + PATIENCE
    if not _IN_THIS_PROCESS.acquire(timeout=PATIENCE):
        raise OperationalError(TAKEN)
    try:
        with _locked(Path(connection.settings_dict["NAME"]).parent):
            # Who stood in line behind a writer that is stuck has waited as long, and gives up too.
            if time.monotonic() > until:
                raise OperationalError(TAKEN)
            yield
    finally:
        _IN_THIS_PROCESS.release()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)
