"""Fill a database with any number of appointments, by SQL, in seconds."""

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from accounts.models import User
from appointments.models import Appointment

CLIENTS = 1_000
WINDOW_DAYS = 90
SLOTS_A_DAY = 9
ACTIVE_IN_TEN = 4  # of ten slots ahead, whatever the number of appointments
CANCELLED_AHEAD = 50  # one of so many appointments is a cancelled one ahead
PAST_SLOTS = 40 * 365 * SLOTS_A_DAY  # four decades; what is more is cancelled

DIALECT = {
    "postgresql": {
        "id": "md5(random()::text || i)::uuid",
        "client": "lpad(to_hex(i %% {clients}), 32, '0')::uuid",
        "date": "%s::date + ({offset})",
    },
    "sqlite": {
        "id": "lower(hex(randomblob(16)))",
        "client": "printf('%%032x', i %% {clients})",
        "date": "date(%s, ({offset}) || ' days')",
    },
}

INSERT = """
WITH RECURSIVE numbers(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < %s - 1)
INSERT INTO appointments_appointment
    (id, client_id, date, hour, status, cancelled_by, cancelled_late, note, reason, created_at)
SELECT {id}, {client}, {date}, 9 + i %% 9, {status}, {cancelled_by}, false, '', '', %s
FROM numbers WHERE {condition}
"""

AHEAD = f"(i / {SLOTS_A_DAY}) %% {WINDOW_DAYS} + 1"
BEHIND = f"-1 - (i %% {PAST_SLOTS}) / {SLOTS_A_DAY}"
ONCE = f"i < {PAST_SLOTS}"  # each past slot is held once, further appointments are cancelled


def fill(total: int, today: dt.date) -> None:
    """Add `total` appointments around `today`, most of them past, to an empty database.

    The active ones in the 90 days to come are the same for any total of 1,000 or more, so that
    what is open is the same too.
    """
    ahead = WINDOW_DAYS * SLOTS_A_DAY
    active = sum((i * 7) % 10 < ACTIVE_IN_TEN for i in range(ahead))
    cancelled = total // CANCELLED_AHEAD
    _add_clients()
    held = f"(i * 7) %% 10 < {ACTIVE_IN_TEN}"
    past = (
        f"CASE WHEN NOT {ONCE} THEN 'cancelled' WHEN i %% 20 = 0 THEN 'no_show' ELSE 'attended' END"
    )
    by = f"CASE WHEN {ONCE} THEN '' ELSE 'practice' END"
    with _indexes_made_afterwards():
        _insert(ahead, today, AHEAD, "'confirmed'", condition=held)
        _insert(cancelled, today, AHEAD, "'cancelled'", "'client'")
        _insert(total - active - cancelled, today, BEHIND, past, by)
    _execute("ANALYZE")


@contextmanager
def _indexes_made_afterwards() -> Iterator[None]:
    """Sorting once is faster than keeping a million random rows sorted all the time."""
    if connection.vendor == "sqlite":
        _execute("PRAGMA cache_size = -200000")  # 200 MB: what is left to sort stays in memory
    with connection.schema_editor() as editor:
        for index in Appointment._meta.indexes:
            editor.remove_index(Appointment, index)
    yield
    with connection.schema_editor() as editor:
        for index in Appointment._meta.indexes:
            editor.add_index(Appointment, index)


def _add_clients() -> None:
    User.objects.bulk_create(
        User(
            id=uuid.UUID(int=n),
            username=f"client{n}",
            email=f"client{n}@example.com",
            name=f"Client {n:04}",
            phone=f"020 7946 {n:04}",
        )
        for n in range(CLIENTS)
    )


def _insert(
    count: int,
    today: dt.date,
    offset: str,
    status: str,
    cancelled_by: str = "''",
    condition: str = "true",
) -> None:
    parts = {
        name: part.format(clients=CLIENTS, offset=offset)
        for name, part in DIALECT[connection.vendor].items()
    }
    statement = INSERT.format(
        status=status, cancelled_by=cancelled_by, condition=condition, **parts
    )
    booked_at = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    _execute(statement, [count, today, booked_at])


def _execute(statement: str, parameters: list | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
