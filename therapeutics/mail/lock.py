"""One worker at a time delivers mail, whichever machines the workers run on."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

LOCK_ID = 0x7E4A9  # any number that no other advisory lock of this database uses
Still = Callable[[], bool]


@contextmanager
def the_only_worker() -> Iterator[Still]:
    """Yield what tells whether this process alone may deliver; the lock ends with the process.

    On PostgreSQL it is an advisory lock, on a connection of its own: one that Django has closed
    and opened again in between would have lost it without a word. On SQLite it is a lock on a
    file beside the database.
    """
    if connection.vendor == "postgresql":
        with _advisory_lock() as still:
            yield still
    else:
        with _file_lock(Path(f"{connection.settings_dict['NAME']}.deliver")) as alone:
            yield lambda: alone


@contextmanager
def _advisory_lock() -> Iterator[Still]:
    own = connection.copy()
    try:
        alone = _ask(own, "SELECT pg_try_advisory_lock(%s)", LOCK_ID)

        def still() -> bool:
            with suppress(DatabaseError):
                return alone and _ask(own, "SELECT true")
            return False

        try:
            yield still
        finally:
            if still():  # closing alone frees it a moment later
                _ask(own, "SELECT pg_advisory_unlock(%s)", LOCK_ID)
    finally:
        own.close()


def _ask(database: BaseDatabaseWrapper, sql: str, *values: int) -> bool:
    with database.cursor() as cursor:
        cursor.execute(sql, values)
        return bool(cursor.fetchone()[0])


@contextmanager
def _file_lock(path: Path) -> Iterator[bool]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
