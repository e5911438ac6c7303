"""Change the calendar: each one transaction, with what becomes of the sessions, or nothing."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, Protocol

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from appointments import booking, errors, slots
from appointments.models import Appointment, Closure, OpeningHours, Slot, local_slot

from .affected import affected_by_closures, affected_by_hours
from .suggestions import Affected, suggestions

CANCEL: Final = "cancel"
KEEP: Final = "keep"
Answer = Slot | Literal["cancel", "keep"]
Answers = Mapping[uuid.UUID, Answer]
CLOSURE = ("first_date", "last_date", "first_hour", "last_hour", "reason")
NOTHING_SEEN: Mapping[uuid.UUID, int] = MappingProxyType({})


class Done(NamedTuple):
    """How many sessions were moved, cancelled and kept."""

    moved: int
    cancelled: int
    kept: int


class Change(Protocol):
    def affected(self, now: dt.datetime) -> QuerySet[Appointment]: ...
    def write(self) -> None: ...
    def is_written(self) -> bool: ...


class Leave(NamedTuple):
    closures: Sequence[Closure]

    def affected(self, now: dt.datetime) -> QuerySet[Appointment]:
        return affected_by_closures(self.closures, now=now)

    def write(self) -> None:
        """Add the closures, but for those that are there already: a second click adds nothing."""
        Closure.objects.bulk_create(
            Closure(**dict(zip(CLOSURE, row, strict=True))) for row in self._missing()
        )

    def is_written(self) -> bool:
        return not self._missing()

    def _missing(self) -> list[tuple[object, ...]]:
        wanted = dict.fromkeys(
            tuple(getattr(one, name) for name in CLOSURE) for one in self.closures
        )
        known = set(Closure.objects.values_list(*CLOSURE))
        return [row for row in wanted if row not in known]


class Hours(NamedTuple):
    rows: Sequence[OpeningHours]
    instead_of: str = ""  # the fingerprint of the hours that were seen when this was decided

    def affected(self, now: dt.datetime) -> QuerySet[Appointment]:
        return affected_by_hours(self.rows, now=now)

    def write(self) -> None:
        OpeningHours.objects.all().delete()
        OpeningHours.objects.bulk_create(
            OpeningHours(weekday=row.weekday, first_hour=row.first_hour, last_hour=row.last_hour)
            for row in self.rows
        )

    def is_written(self) -> bool:
        now = OpeningHours.fingerprint(OpeningHours.objects.all())
        if now == OpeningHours.fingerprint(self.rows):
            return True
        if self.instead_of not in {"", now}:
            raise errors.HoursChanged
        return False


def close(
    *, closures: Sequence[Closure], answers: Answers, by: User, now: dt.datetime,
    notify: bool = True, seen: Mapping[uuid.UUID, int] = NOTHING_SEEN,
) -> Done:  # fmt: skip
    """Add the closures (unsaved rows), and do with each session in them what `answers` say.

    `answers` has a slot, CANCEL or KEEP for the key of every session that
    `affected_by_closures` tells, and for no other: else it raises `PlanChanged`, also when
    one has changed since `seen`. What is done already, by a second click, is no refusal. With
    `notify` the clients are told. Raises `LeavePast`, `LeaveTooLong`, or `OneRefused` of a
    session that cannot be moved to its slot or cancelled.
    """
    _require_to_come(closures, now)
    return _carry_out(Leave(closures), answers, seen, by, now, notify=notify)


def set_hours(
    *, rows: Sequence[OpeningHours], answers: Answers, by: User, now: dt.datetime,
    notify: bool = True, seen: Mapping[uuid.UUID, int] = NOTHING_SEEN,
    instead_of: str = "",
) -> Done:  # fmt: skip
    """Let `rows` (unsaved) be the opening hours, all of them; as `close` does with sessions.

    `instead_of` is the fingerprint of the hours that were seen when this was decided: raises
    `HoursChanged` when somebody has changed them since.
    """
    return _carry_out(Hours(rows, instead_of), answers, seen, by, now, notify=notify)


def plan_leave(
    *, closures: Sequence[Closure], now: dt.datetime, wanted: Answers | None = None
) -> list[Affected]:
    """Return the sessions that the closures fall on, with slots that are open beside them.

    Raises `LeavePast` or `LeaveTooLong`. Changes nothing.
    """
    _require_to_come(closures, now)
    return _look(Leave(closures), now, wanted)


def plan_hours(
    *, rows: Sequence[OpeningHours], now: dt.datetime, wanted: Answers | None = None
) -> list[Affected]:
    """Return the sessions that `rows` put outside opening hours, with slots within `rows`."""
    return _look(Hours(rows), now, wanted)


@booking.in_one_transaction
def reopen(*, closure: Closure, now: dt.datetime) -> None:
    """Take a closure away. Raises `LeaveOver` of one that is over: it stays on record."""
    booking.hold_calendar(to_change=True)
    if closure.last_date < local_slot(now)[0]:
        raise errors.LeaveOver
    closure.delete()


def _require_to_come(closures: Sequence[Closure], now: dt.datetime) -> None:
    today, _hour = local_slot(now)
    for closure in closures:
        if closure.last_date < today:
            raise errors.LeavePast
        if (closure.last_date - closure.first_date).days >= slots.MAX_DAYS:
            raise errors.LeaveTooLong(slots.MAX_DAYS)


@booking.in_one_transaction
def _carry_out(
    change: Change,
    answers: Answers,
    seen: Mapping[uuid.UUID, int],
    by: User,
    now: dt.datetime,
    *,
    notify: bool,
) -> Done:
    if not by.is_staff:
        raise errors.NotYours
    booking.hold_calendar(to_change=True)
    is_written, affected = change.is_written(), list(change.affected(now))
    if answers and is_written and _is_done(answers, affected):
        return Done(0, 0, 0)  # a second click
    changed = any(seen.get(one.pk, one.changes) != one.changes for one in affected)
    if changed or {one.pk for one in affected} != answers.keys():
        raise errors.PlanChanged
    change.write()  # before the moves: they are bound by the new calendar
    given = list(answers.values())
    for one in sorted(affected, key=lambda one: (isinstance(answers[one.pk], Slot), one.pk)):
        _follow(one, answers[one.pk], by, now, notify=notify)
    cancelled, kept = given.count(CANCEL), given.count(KEEP)
    return Done(len(given) - cancelled - kept, cancelled, kept)


def _is_done(answers: Answers, affected: Iterable[Appointment]) -> bool:
    """Tell whether each session is what its answer says, and nothing is left to decide on."""
    if any(answers.get(one.pk) != KEEP for one in affected):
        return False
    found = Appointment.objects.in_bulk(list(answers))
    is_now = {pk: one.slot if one.is_active else CANCEL for pk, one in found.items()}
    return all(answer in {KEEP, is_now.get(pk)} for pk, answer in answers.items())


def _follow(
    appointment: Appointment, answer: Answer, by: User, now: dt.datetime, *, notify: bool
) -> None:
    try:
        if answer == appointment.slot:  # which is being closed
            raise errors.SlotClosed
        if isinstance(answer, Slot):
            booking.move(
                appointment=appointment,
                **answer._asdict(),
                by=by,
                now=now,
                notify=notify,
                closed=True,
            )
        elif answer == CANCEL:
            booking.cancel(appointment=appointment, by=by, now=now, notify=notify, closed=True)
    except errors.BookingError as error:
        raise errors.OneRefused(appointment, error) from error


@booking.in_one_transaction
def _look(change: Change, now: dt.datetime, wanted: Answers | None) -> list[Affected]:
    """Write the change, see what is open then, and take it back."""
    booking.hold_calendar(to_change=True)
    affected = list(change.affected(now))
    if not affected:
        return []
    change.write()
    open_slots = slots.availability(now=now, staff=True)
    transaction.set_rollback(True)
    return suggestions(affected, open_slots=open_slots, wanted=wanted)
