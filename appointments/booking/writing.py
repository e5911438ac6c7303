"""How a change is written: one transaction, a held row, a claimed slot, an event."""

import datetime as dt
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import IntegrityError, OperationalError, connection, transaction

from accounts.models import User
from appointments import errors
from appointments.models import Appointment, AppointmentEvent

from . import line

P = ParamSpec("P")
R = TypeVar("R")
Action = AppointmentEvent.Action
State = tuple[str, dt.date, int]

# How PostgreSQL and SQLite name the constraint that promises a slot.
PROMISE = (
    "one_active_appointment_per_slot",
    "appointments_appointment.date, appointments_appointment.hour",
)
TRIES = 3
PAUSE = 0.05  # seconds, in which the other transaction ends
CALENDAR = 0x7E4AA  # a number that no other advisory lock of this database uses
DEADLOCK_DETECTED = "40P01"  # https://www.postgresql.org/docs/current/errcodes-appendix.html


def in_one_transaction(change: Callable[P, R]) -> Callable[P, R]:
    """Run `change` atomically; when PostgreSQL ends it for a deadlock, run it again."""

    @wraps(change)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            return whole(*args, **kwargs)
        tries_left = TRIES
        while True:
            tries_left -= 1
            try:
                with line.turn():
                    return whole(*args, **kwargs)
            except OperationalError as error:
                deadlock = getattr(error.__cause__, "pgcode", None) == DEADLOCK_DETECTED
                if not (deadlock and tries_left):
                    raise
                time.sleep(PAUSE)

    whole = transaction.atomic(change)
    return run


def hold_calendar(*, to_change: bool = False) -> None:
    """Keep opening hours and closures as they are until the transaction ends, or alone change them.

    Take it before any row. Bookings share it; who changes the calendar waits until none is under
    way, and keeps new ones waiting. SQLite has one writer anyway.
    """
    if connection.vendor == "postgresql":
        shared = "" if to_change else "_shared"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_advisory_xact_lock{shared}(%s)", [CALENDAR])


def lock(appointment: Appointment) -> Appointment:
    """Return the row as it is now, held until the transaction ends, and its client as of then.

    Two statements: PostgreSQL reads again what it had to wait for, not what is joined to it.
    """
    held = Appointment.objects.select_for_update().get(pk=appointment.pk)
    held.client = User.objects.get(pk=held.client_id)
    return held


def write(appointment: Appointment, now: dt.datetime) -> None:
    """Write the row, and that it has changed: calendars tell an update by the number of changes."""
    is_new = appointment._state.adding
    appointment.changed_at = now
    appointment.changes += not is_new
    appointment.save(force_insert=is_new)


def claim(appointment: Appointment, now: dt.datetime) -> None:
    """Write the appointment into its slot, or raise `SlotTaken`: the constraint decides.

    Then the transaction is of no use any more: let the exception end it.
    """
    try:
        write(appointment, now)
    except IntegrityError as error:
        if not any(name in str(error) for name in PROMISE):
            raise
        raise errors.SlotTaken from error


def state(appointment: Appointment) -> State:
    return appointment.status, appointment.date, appointment.hour


def record(
    action: Action,
    appointment: Appointment,
    before: State | None,
    by: User,
    now: dt.datetime,
    *,
    told: bool = True,
    to_tell: bool = False,
) -> None:
    """Write the event down; `told` says whether the client hears of it, where mail has its way.

    With `to_tell` the worker writes the mail about it.
    """
    from_status, from_date, from_hour = before or ("", None, None)
    to_status, to_date, to_hour = state(appointment)
    AppointmentEvent.objects.create(
        appointment=appointment,
        at=now,
        by=by,
        action=action,
        from_status=from_status,
        from_date=from_date,
        from_hour=from_hour,
        to_status=to_status,
        to_date=to_date,
        to_hour=to_hour,
        late=appointment.cancelled_late,
        told=told,
        to_tell=to_tell,
    )
