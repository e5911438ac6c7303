"""Book, move, cancel, set_status."""

import datetime as dt

from accounts.models import User
from appointments import errors, notifications, slots
from appointments.models import Appointment, BookingPolicy, CancelledBy, Slot, Status

from .rules import (
    is_late,
    require_cancellable,
    require_change,
    require_movable,
    require_own,
    status_by,
)
from .writing import Action, claim, in_one_transaction, lock, record, state


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
    require_own(client, by=by)
    try:
        slots.require_open(date=date, hour=hour, now=now, staff=by.is_staff)
        return _book(client, date, hour, by, now, note, notify)
    except (errors.SlotTaken, errors.TooMany):
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
        status=status_by(by, policy),
        note=note,
        created_at=now,
    )
    claim(appointment, force_insert=True)
    record(Action.BOOKED, appointment, None, by, now)
    if notify:
        notifications.booked(appointment)
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
    try:
        if appointment.slot != (date, hour):
            slots.require_open(date=date, hour=hour, now=now, staff=by.is_staff)
        return _move(appointment, policy, date, hour, by, now, notify)
    except errors.SlotTaken:
        appointment.refresh_from_db()
        if appointment.is_active and appointment.slot == (date, hour):
            return appointment  # a double click: the first one has moved it there
        raise


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
    appointment = lock(appointment)
    require_movable(appointment, policy, by=by, now=now)
    before = state(appointment)
    if before[1:] == (date, hour):
        return appointment
    appointment.date, appointment.hour = date, hour
    if not by.is_staff:
        appointment.status = status_by(by, policy)
    claim(appointment)
    record(Action.MOVED, appointment, before, by, now)
    if notify:
        notifications.moved(appointment, was=Slot(*before[1:]))
    return appointment


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
    appointment = lock(appointment)
    require_cancellable(appointment, by=by, now=now)
    before = state(appointment)
    appointment.status = Status.CANCELLED
    appointment.cancelled_by = CancelledBy.PRACTICE if by.is_staff else CancelledBy.CLIENT
    appointment.cancelled_late = not by.is_staff and is_late(
        appointment, BookingPolicy.load(), now=now
    )
    appointment.reason = reason
    appointment.save()
    record(Action.CANCELLED, appointment, before, by, now)
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
    if not by.is_staff:
        raise errors.NotYours
    if status == Status.CANCELLED:
        return cancel(appointment=appointment, by=by, now=now, reason=reason, notify=notify)
    appointment = lock(appointment)
    require_change(appointment, status, now=now)
    before = state(appointment)
    appointment.status = status
    appointment.cancelled_by, appointment.cancelled_late = "", False
    appointment.reason = reason
    claim(appointment)
    record(Action(status.value), appointment, before, by, now)
    if notify and status == Status.CONFIRMED and now < appointment.starts_at:
        notifications.confirmed(appointment)
    return appointment
