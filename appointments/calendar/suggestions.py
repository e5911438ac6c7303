"""Where a session could go instead."""

import datetime as dt
import uuid
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import NamedTuple

from appointments.models import Appointment, Slot
from appointments.slots import Availability

OFFERED = 3


class Affected(NamedTuple):
    """A session that a change falls on, and the slots it could move to, the best one first."""

    appointment: Appointment
    suggestions: list[Slot]


def suggestions(
    appointments: Iterable[Appointment],
    *,
    open_slots: Availability,
    wanted: Mapping[uuid.UUID, object] | None = None,
) -> list[Affected]:
    """Return up to three of the open slots for each appointment, on different days.

    They are on the next open days from the session's own on, or before it when none are left,
    each at the open hour nearest to its own. The first ones differ between the appointments; a
    `wanted` slot that is open is the first one of its appointment.
    """
    free = {date: list(hours) for date, hours in open_slots.days.items()}
    appointments, days, first = list(appointments), sorted(free), {}
    for one in appointments:
        slot = (wanted or {}).get(one.pk)
        if isinstance(slot, Slot) and slot.hour in free.get(slot.date, []):
            free[slot.date].remove(slot.hour)
            first[one.pk] = slot
    for one in appointments:
        slot = next(_nearest(one, days, free), None) if one.pk not in first else None
        if slot:
            free[slot.date].remove(slot.hour)
            first[one.pk] = slot
    return [
        Affected(one, list(_offered(first.get(one.pk), one, days, free))) for one in appointments
    ]


def _offered(
    first: Slot | None, one: Appointment, days: list[dt.date], free: dict[dt.date, list[int]]
) -> Iterator[Slot]:
    """Yield the slot that is kept for this appointment, then others, each on another day."""
    if first is None:
        return
    yield first
    others = (slot for slot in _nearest(one, days, free) if slot.date != first.date)
    yield from (slot for slot, _count in zip(others, range(OFFERED - 1), strict=False))


def _nearest(
    one: Appointment, days: list[dt.date], free: dict[dt.date, list[int]]
) -> Iterator[Slot]:
    """Yield for each day, its own first, the free hour nearest to the appointment's."""
    own = bisect_left(days, one.date)
    for day in chain(days[own:], reversed(days[:own])):
        if hours := free[day]:
            yield Slot(day, min(hours, key=lambda hour: abs(hour - one.hour)))
