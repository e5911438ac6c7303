"""Book, move, cancel, set_status, waive."""

import datetime as dt
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from uuid import UUID

from accounts.models import Mailing, User
from appointments import errors, notifications, slots
from appointments.models import Appointment, BookingPolicy, CancelledBy, Series, Slot, Status

from .rules import (
    is_late,
    require_cancellable,
    require_change,
    require_movable,
    require_own,
    require_seen,
    status_by,
)
from .writing import Action, claim, hold_calendar, in_one_transaction, lock, record, state, write

NOTHING_SEEN: Mapping[UUID, int] = MappingProxyType({})


def book(
    *,
    client: User,
    date: dt.date,
    hour: int,
    by: User,
    now: dt.datetime,
    note: str = "",
    notify: bool = True,
    anyway: bool = False,
    series: Series | None = None,
) -> Appointment:
    """Give the slot to `client`: pending when a client books and the policy says so.

    With `anyway` staff book outside opening hours and into closures too. What belongs to a
    `series` does not count towards the client's limit. Raises `AlreadyBooked` when the client
    holds this very slot, else `SlotTaken`, `SlotClosed`, `SlotPast`, `TooSoon`, `TooFar`,
    `TooMany` or `ClientErased`.
    """
    require_own(client, by=by)
    anyway = anyway and by.is_staff
    wanted = Appointment(client=client, date=date, hour=hour, note=note, series=series)
    try:
        return _book(wanted, by, now, notify=notify, anyway=anyway)
    except (errors.SlotTaken, errors.TooMany):
        held = Appointment.objects.active().for_client(client).filter(date=date, hour=hour)
        if appointment := held.first():
            raise errors.AlreadyBooked(appointment) from None
        raise


@in_one_transaction
def _book(
    wanted: Appointment, by: User, now: dt.datetime, *, notify: bool, anyway: bool
) -> Appointment:
    hold_calendar()
    policy = _require_open(wanted.slot, by, now, anyway=anyway)
    client = User.objects.select_for_update().filter(pk=wanted.client_id)
    if client.values_list("erased_at", flat=True).get():
        raise errors.ClientErased
    if not by.is_staff:
        own = Appointment.objects.active().for_client(wanted.client).filter(series=None)
        if own.upcoming(now).count() >= policy.max_upcoming:
            raise errors.TooMany(policy.max_upcoming)
    wanted.created_at, wanted.status = now, status_by(by, policy)
    claim(wanted, now)
    told = _hears(wanted, by, Mailing.BOOKED, notify)
    record(Action.BOOKED, wanted, None, by, now, told=told, to_tell=notify)
    return wanted


def _require_open(slot: Slot, by: User, now: dt.datetime, *, anyway: bool) -> BookingPolicy:
    return slots.require_open(**slot._asdict(), now=now, staff=by.is_staff, anyway=anyway)


def _hears(appointment: Appointment, by: User, mailing: Mailing, notify: bool) -> bool:
    """Tell whether the client knows of a change: it is their own, or they have mail about it."""
    return by.pk == appointment.client_id or (notify and appointment.client.wants(mailing))


@in_one_transaction
def move(
    *,
    appointment: Appointment,
    date: dt.date,
    hour: int,
    by: User,
    now: dt.datetime,
    notify: bool = True,
    anyway: bool = False,
    closed: bool = False,
    seen: int | None = None,
) -> Appointment:
    """Give the appointment another slot; it keeps its own when the new one is not to be had.

    A client's move waits for confirmation when the policy says so. To the slot it already
    has nothing is written. With `anyway` staff move to a closed hour too; `closed` says that the
    old one is closing, which the client is told. `seen` is as for `cancel`. Raises what `book`
    raises of the new slot, and `ChangeRefused`, `AlreadyStarted`, `TooLate` or `Overtaken`.
    """
    hold_calendar()
    appointment = lock(appointment)
    policy, to, anyway = BookingPolicy.load(), Slot(date, hour), anyway and by.is_staff
    require_movable(appointment, policy, by=by, now=now)
    before = state(appointment)
    if appointment.slot == to:
        return appointment  # a double click: the first one has moved it there
    require_seen(appointment, seen)
    _require_open(to, by, now, anyway=anyway)
    appointment.date, appointment.hour = to
    if not by.is_staff:
        appointment.status = status_by(by, policy)
    claim(appointment, now)
    told = _hears(appointment, by, Mailing.MOVED, notify)
    record(Action.MOVED, appointment, before, by, now, told=told)
    was = Slot(*before[1:])
    notifications.moved(appointment, was=was, by=by, now=now, notify=notify, closed=closed)
    return appointment


@in_one_transaction
def cancel(
    *,
    appointment: Appointment,
    by: User,
    now: dt.datetime,
    reason: str = "",
    notify: bool = True,
    seen: int | None = None,
    closed: bool = False,
) -> Appointment:
    """Cancel, and free the slot. A client's cancellation inside the notice is marked late.

    `closed` says that the slot is closing, which the client is told. `seen` is the number of
    changes that the appointment had when this was decided. Raises `ChangeRefused`,
    `AlreadyStarted`, or `Overtaken` when there were more since.
    """
    appointment = lock(appointment)
    require_cancellable(appointment, by=by, now=now)
    require_seen(appointment, seen)
    before = state(appointment)
    appointment.status = Status.CANCELLED
    appointment.cancelled_by = CancelledBy.PRACTICE if by.is_staff else CancelledBy.CLIENT
    appointment.cancelled_late = not by.is_staff and is_late(
        appointment, BookingPolicy.load(), now=now
    )
    appointment.reason = "" if appointment.client.erased_at else reason
    write(appointment, now)
    record(Action.CANCELLED, appointment, before, by, now)
    notifications.cancelled(appointment, by=by, notify=notify, closed=closed)
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
    anyway: bool = False,
    seen: int | None = None,
) -> Appointment:
    """Change the status as the practice: confirm, cancel, attended, did not attend, reinstate.

    `seen` is as for `cancel`. Raises `ChangeRefused`, `NotConfirmed`, `NotStarted` or `Overtaken`;
    of a cancelled appointment that is still to come also `SlotTaken`, `ClientErased`, and, unless
    `anyway`, `SlotClosed`.
    """
    if not by.is_staff:
        raise errors.NotYours
    if status == Status.CANCELLED:
        return cancel(
            appointment=appointment, by=by, now=now, reason=reason, notify=notify, seen=seen
        )
    hold_calendar()  # leave that is saved meanwhile sees a session that comes back
    appointment = lock(appointment)
    require_change(appointment, status, now=now)
    require_seen(appointment, seen)
    before, is_ahead = state(appointment), now < appointment.starts_at
    comes_back = is_ahead and not appointment.is_active
    if comes_back and appointment.client.erased_at:
        raise errors.ClientErased
    appointment.status = status
    appointment.cancelled_by, appointment.cancelled_late = "", False
    appointment.reason = reason
    claim(appointment, now)
    if comes_back and not anyway:
        slots.require_offered(date=appointment.date, hour=appointment.hour)
    told = _hears(appointment, by, Mailing.CONFIRMED, notify)
    record(Action(status.value), appointment, before, by, now, told=told)
    if is_ahead:
        notifications.confirmed(appointment, notify=notify)
    return appointment


@in_one_transaction
def set_statuses(
    *, appointments: Iterable[Appointment], status: Status, by: User, now: dt.datetime,
    notify: bool = True, seen: Mapping[UUID, int] = NOTHING_SEEN,
) -> list[Appointment]:  # fmt: skip
    """Give all of these appointments the status, or none of them.

    `seen` has, by key, what `cancel` is told of one. Raises `OneRefused`, which names the
    appointment that cannot have it.
    """
    changed = []
    for appointment in sorted(appointments, key=lambda one: one.pk):
        try:
            done = set_status(
                appointment=appointment,
                status=status,
                by=by,
                now=now,
                notify=notify,
                seen=seen.get(appointment.pk),
            )
            changed.append(done)
        except errors.BookingError as error:
            raise errors.OneRefused(appointment, error) from error
    return changed


@in_one_transaction
def waive(*, appointment: Appointment, by: User, now: dt.datetime, reason: str) -> Appointment:
    """Take back, as the practice, that a cancellation was late. Nobody is mailed.

    Raises `NotLate` when it is not marked so.
    """
    if not by.is_staff:
        raise errors.NotYours
    appointment = lock(appointment)
    if not appointment.cancelled_late:
        raise errors.NotLate
    before = state(appointment)
    appointment.cancelled_late, appointment.reason = False, reason
    write(appointment, now)
    record(Action.WAIVED, appointment, before, by, now)
    return appointment
