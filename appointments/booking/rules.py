"""Who may do what to an appointment, and when: pure reads."""

import datetime as dt
from collections.abc import Callable
from typing import ParamSpec

from accounts.models import User
from appointments import errors
from appointments.models import AHEAD, Appointment, BookingPolicy, Status

P = ParamSpec("P")

ALLOWED_CHANGES = {
    Status.PENDING: {Status.CONFIRMED, Status.CANCELLED},
    Status.CONFIRMED: {Status.CANCELLED, Status.ATTENDED, Status.NO_SHOW},
    Status.ATTENDED: {Status.NO_SHOW},
    Status.NO_SHOW: {Status.ATTENDED},
    Status.CANCELLED: {Status.CONFIRMED},
}
ONCE_STARTED = {Status.ATTENDED, Status.NO_SHOW}


def require_movable(
    appointment: Appointment, policy: BookingPolicy, *, by: User, now: dt.datetime
) -> None:
    """Raise what forbids `by` to move this appointment at `now`, whatever the new slot."""
    require_cancellable(appointment, by=by, now=now)
    if not by.is_staff and is_late(appointment, policy, now=now):
        raise errors.TooLate


def require_own(client: User, *, by: User) -> None:
    """Raise `NotYours` when a client acts for somebody else."""
    if not by.is_staff and by.pk != client.pk:
        raise errors.NotYours


def require_cancellable(appointment: Appointment, *, by: User, now: dt.datetime) -> None:
    """Raise what forbids `by` to cancel this appointment at `now`."""
    require_own(appointment.client, by=by)
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


def require_change(appointment: Appointment, status: Status, *, now: dt.datetime) -> None:
    """Raise what forbids the practice to give this appointment another status at `now`."""
    if appointment.status == Status.PENDING and status in ONCE_STARTED:
        raise errors.NotConfirmed
    if status not in ALLOWED_CHANGES[Status(appointment.status)]:
        raise errors.ChangeRefused(appointment.get_status_display())
    if status in ONCE_STARTED and now < appointment.starts_at:
        raise errors.NotStarted


def changes(appointment: Appointment, *, now: dt.datetime) -> list[Status]:
    """Return the statuses that the practice may give this appointment at `now`."""
    return [status for status in Status if _permits(require_change, appointment, status, now=now)]


def require_seen(appointment: Appointment, seen: int | None) -> None:
    """Raise `Overtaken` when the appointment has changed since its `seen`-th change."""
    if seen is not None and seen != appointment.changes:
        raise errors.Overtaken(appointment)


def status_by(by: User, policy: BookingPolicy) -> Status:
    """Return the status in which an appointment starts when `by` gives it a slot."""
    return Status.CONFIRMED if by.is_staff or not policy.needs_confirmation else Status.PENDING
