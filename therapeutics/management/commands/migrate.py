"""Django's `migrate`, which on PostgreSQL makes nobody wait behind it.

A change of a table waits until nobody reads it, and everybody who comes later waits behind the
change. So it waits for moments only, lets the others by, and tries again.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import DatabaseError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

WAITS, TRIES, PAUSE = 2, 30, 1  # seconds for a lock, times, seconds in between
LOCK_NOT_AVAILABLE = "55P03"  # https://www.postgresql.org/docs/current/errcodes-appendix.html


class Command(migrate.Command):
    def handle(self, *arguments: Any, **options: Any) -> Any:
        connection = connections[options["database"]]
        if connection.vendor != "postgresql":
            return super().handle(*arguments, **options)
        for _ in range(TRIES):
            try:
                with _waiting_for_moments_only(connection):
                    return super().handle(*arguments, **options)
            except OperationalError as error:  # the migration has undone itself
                if getattr(error.__cause__, "pgcode", None) != LOCK_NOT_AVAILABLE:
                    raise
            self.stderr.write("The tables are in use; trying again.")
            time.sleep(PAUSE)
        raise CommandError("The tables were in use all the time. Nothing is half done: try later.")


@contextmanager
def _waiting_for_moments_only(connection: BaseDatabaseWrapper) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{WAITS}s'")
    try:
        yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
