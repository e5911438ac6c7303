"""The only writer of appointments: book, move, cancel, set_status.

Each function is one transaction: the change, its event and its mail, or nothing. All take
`by`, the user who acts (staff are bound by opening hours and the slot promise only), and
`now`, an aware instant; `notify=False` tells the client nothing. A refusal is a `BookingError`.
"""

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import IntegrityError, OperationalError, transaction

from accounts.models import User

from . import errors, notifications, slots
from .models import (
    Appointment,
    AppointmentEvent,
    BookingPolicy,
    CancelledBy,
    Status,
)

P = ParamSpec("P")
R = TypeVar("R")

Action = AppointmentEvent.Action
State = tuple[str, dt.date, int]

TRIES = 3
DEADLOCK_DETECTED = "40P01"  # https://www.postgresql.org/docs/current/errcodes-appendix.html

ALLOWED_CHANGES = {
    Status.PENDING: {Status.CONFIRMED, Status.CANCELLED},
    Status.CONFIRMED: {Status.CANCELLED, Status.ATTENDED, Status.NO_SHOW},
    Status.ATTENDED: {Status.NO_SHOW},
    Status.NO_SHOW: {Status.ATTENDED},
    Status.CANCELLED: {Status.CONFIRMED},
}
ONCE_STARTED = {Status.ATTENDED, Status.NO_SHOW}
AHEAD = {Status.PENDING, Status.CONFIRMED}


def in_one_transaction(change: Callable[P, R]) -> Callable[P, R]:
    """Run `change` atomically; when PostgreSQL ends it for a deadlock, run it again."""

    @wraps(change)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        tries_left = 1 if transaction.get_connection().in_atomic_block else TRIES
        while True:
            tries_left -= 1
            try:
                with transaction.atomic():
                    return change(*args, **kwargs)
            except OperationalError as error:
                deadlock = getattr(error.__cause__, "pgcode", None) == DEADLOCK_DETECTED
                if not (deadlock and tries_left):
                    raise

    return run


def book(
    *,
    client: User,
    date: dt.date,
    hour: int,
    by: User,
    now: dt.datetime,
    note: str = "",
    notify: bool = True,
) -> Appointment:
    """Give the slot to `client`: pending when a client books and the policy says so.

    Raises `AlreadyBooked` when the client holds this very slot, else `SlotTaken`,
    `SlotClosed`, `SlotPast`, `TooSoon`, `TooFar` or `TooMany`.
    """
    try:
        slots.require_open(date=date, hour=hour, now=now, staff=by.is_staff)
        return _book(client, date, hour, by, now, note, notify)
    except errors.SlotTaken:
        held = Appointment.objects.active().for_client(client).filter(date=date, hour=hour)
        if appointment := held.first():
            raise errors.AlreadyBooked(appointment) from None
        raise


@in_one_transaction
def _book(
    client: User, date: dt.date, hour: int, by: User, now: dt.datetime, note: str, notify: bool
) -> Appointment:
    policy = BookingPolicy.load()
    client = User.objects.select_for_update().get(pk=client.pk)
    if not by.is_staff:
        upcoming = Appointment.objects.active().for_client(client).upcoming(now)
        if upcoming.count() >= policy.max_upcoming:
            raise errors.TooMany(policy.max_upcoming)
    appointment = Appointment(
        client=client,
        date=date,
        hour=hour,
        status=_status_by(by, policy),
        note=note,
        created_at=now,
    )
    _claim(appointment, force_insert=True)
    _record(Action.BOOKED, appointment, None, by, now)
    if notify:
        notifications.booked(appointment, policy)
    return appointment


def move(
    *,
    appointment: Appointment,
    date: dt.date,
    hour: int,
    by: User,
    now: dt.datetime,
    notify: bool = True,
) -> Appointment:
    """Give the appointment another slot; it keeps its own when the new one is not to be had.

    A client's move waits for confirmation when the policy says so. To the slot it already
    has nothing is written. Raises what `book` raises of the new slot, and `ChangeRefused`,
    `AlreadyStarted` or `TooLate`.
    """
    policy = BookingPolicy.load()
    require_movable(appointment, policy, by=by, now=now)
    if slots.Slot(date, hour) != slots.Slot(appointment.date, appointment.hour):
        slots.require_open(date=date, hour=hour, now=now, staff=by.is_staff)
    return _move(appointment, policy, date, hour, by, now, notify)


@in_one_transaction
def _move(
    appointment: Appointment,
    policy: BookingPolicy,
    date: dt.date,
    hour: int,
    by: User,
    now: dt.datetime,
    notify: bool,
) -> Appointment:
    appointment = _lock(appointment)
    require_movable(appointment, policy, by=by, now=now)
    before = _state(appointment)
    if before[1:] == (date, hour):
        return appointment
    appointment.date, appointment.hour = date, hour
    if not by.is_staff:
        appointment.status = _status_by(by, policy)
    _claim(appointment)
    _record(Action.MOVED, appointment, before, by, now)
    if notify:
        notifications.moved(appointment, policy, was=slots.Slot(*before[1:]))
    return appointment


def require_movable(
    appointment: Appointment, policy: BookingPolicy, *, by: User, now: dt.datetime
) -> None:
    """Raise what forbids `by` to move this appointment at `now`, whatever the new slot."""
    require_cancellable(appointment, by=by, now=now)
    if not by.is_staff and is_late(appointment, policy, now=now):
        raise errors.TooLate


def require_cancellable(appointment: Appointment, *, by: User, now: dt.datetime) -> None:
    """Raise what forbids `by` to cancel this appointment at `now`."""
    if appointment.status not in AHEAD:
        raise errors.ChangeRefused(appointment.get_status_display())
    if not by.is_staff and appointment.starts_at <= now:
        raise errors.AlreadyStarted


def may_cancel(appointment: Appointment, *, by: User, now: dt.datetime) -> bool:
    return _permits(require_cancellable, appointment, by=by, now=now)


def may_move(
    appointment: Appointment, policy: BookingPolicy, *, by: User, now: dt.datetime
) -> bool:
    return _permits(require_movable, appointment, policy, by=by, now=now)


def _permits(requirement: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> bool:
    try:
        requirement(*args, **kwargs)
    except errors.BookingError:
        return False
    return True


def is_late(appointment: Appointment, policy: BookingPolicy, *, now: dt.datetime) -> bool:
    """Tell whether `now` is inside the appointment's cancellation notice."""
    return now > appointment.starts_at - policy.cancellation_notice


@in_one_transaction
def cancel(
    *,
    appointment: Appointment,
    by: User,
    now: dt.datetime,
    reason: str = "",
    notify: bool = True,
) -> Appointment:
    """Cancel, and free the slot. A client's cancellation inside the notice is marked late.

    Raises `ChangeRefused` or `AlreadyStarted`.
    """
    appointment = _lock(appointment)
    require_cancellable(appointment, by=by, now=now)
    before = _state(appointment)
    appointment.status = Status.CANCELLED
    appointment.cancelled_by = CancelledBy.PRACTICE if by.is_staff else CancelledBy.CLIENT
    appointment.cancelled_late = not by.is_staff and is_late(
        appointment, BookingPolicy.load(), now=now
    )
    appointment.reason = reason or appointment.reason
    appointment.save()
    _record(Action.CANCELLED, appointment, before, by, now)
    if notify:
        notifications.cancelled(appointment)
    return appointment


@in_one_transaction
def set_status(
    *,
    appointment: Appointment,
    status: Status,
    by: User,
    now: dt.datetime,
    reason: str = "",
    notify: bool = True,
) -> Appointment:
    """Change the status as the practice: confirm, cancel, attended, did not attend, reinstate.

    Raises `ChangeRefused`, `NotStarted`, or `SlotTaken` when a cancelled appointment's slot
    has been given to another.
    """
    if status == Status.CANCELLED:
        return cancel(appointment=appointment, by=by, now=now, reason=reason, notify=notify)
    appointment = _lock(appointment)
    if status not in ALLOWED_CHANGES[Status(appointment.status)]:
        raise errors.ChangeRefused(appointment.get_status_display())
    if status in ONCE_STARTED and now < appointment.starts_at:
        raise errors.NotStarted
    before = _state(appointment)
    appointment.status = status
    appointment.cancelled_by, appointment.cancelled_late = "", False
    appointment.reason = reason or appointment.reason
    _claim(appointment)
    _record(Action(status.value), appointment, before, by, now)
    if notify and status == Status.CONFIRMED:
        notifications.confirmed(appointment)
    return appointment


def changes(appointment: Appointment, *, now: dt.datetime) -> list[Status]:
    """Return the statuses that the practice may give this appointment at `now`."""
    allowed = ALLOWED_CHANGES[Status(appointment.status)]
    if now < appointment.starts_at:
        allowed = allowed - ONCE_STARTED
    return [status for status in Status if status in allowed]


def _status_by(by: User, policy: BookingPolicy) -> Status:
    return Status.CONFIRMED if by.is_staff or not policy.needs_confirmation else Status.PENDING


def _lock(appointment: Appointment) -> Appointment:
    """Return the row as it is now, held until the transaction ends."""
    return (
        Appointment.objects.select_for_update(of=["self"])
        .select_related("client")
        .get(pk=appointment.pk)
    )


def _claim(appointment: Appointment, *, force_insert: bool = False) -> None:
    """Write the appointment into its slot, or raise `SlotTaken`: the constraint decides."""
    try:
        with transaction.atomic():
            appointment.save(force_insert=force_insert)
    except IntegrityError as error:
        raise errors.SlotTaken from error


def _state(appointment: Appointment) -> State:
    return appointment.status, appointment.date, appointment.hour


def _record(
    action: Action, appointment: Appointment, before: State | None, by: User, now: dt.datetime
) -> None:
    from_status, from_date, from_hour = before or ("", None, None)
    to_status, to_date, to_hour = _state(appointment)
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
    )
