"""What would become of each date: pure reads."""

import datetime as dt
from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import NamedTuple

from django.db.models import Q

from appointments import errors, slots
from appointments.models import (
    AHEAD,
    Appointment,
    Closure,
    OpeningHours,
    Series,
    Slot,
    local_slot,
    starts_at,
)

BOOKED_AHEAD = dt.timedelta(weeks=12)  # how far an open-ended series is booked
DAY = dt.timedelta(days=1)


class Verdict(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    TAKEN = "taken"
    PAST = "past"


class Planned(NamedTuple):
    """What would become of one date: the verdict on its hour, and what else is open that day.

    `session` is the one that is to be moved there, if any; `holder` the appointment that has the
    hour; `reason` why it is closed, where the practice has written that down.
    """

    slot: Slot
    session: Appointment | None
    verdict: Verdict
    open_hours: list[int]
    holder: Appointment | None = None
    reason: str = ""


def plan(*, series: Series, now: dt.datetime) -> list[Planned]:
    """Return every date from today on on which a new series would be booked, with its verdict.

    An open-ended one is booked 12 weeks ahead, any other 366 days; the worker goes on from there.
    """
    today, _hour = local_slot(now)
    dates = series.dates(max(series.first_date, today) - DAY, _booked_until(series, now))
    return _judged([(Slot(date, series.hour), None) for date in dates], now)


def plan_move(*, session: Appointment, to: Slot, now: dt.datetime) -> list[Planned]:
    """Return where this session and all following of its series would go, with verdicts.

    Each goes as many days further as this one, to the same hour as this one. Raises
    `SessionOver` or `BeforeEarlier`.
    """
    moving = coming(session, now=now)
    require_in_order(session, to)
    passed = to.date - session.date
    wanted = [(Slot(one.date + passed, to.hour), one) for one in moving]
    return _judged(wanted, now, leaving=moving)


def following(session: Appointment, *, now: dt.datetime) -> list[Appointment]:
    """Return this session and the later ones of its series that are still to come, in order."""
    sessions = Appointment.objects.filter(series=session.series_id, status__in=AHEAD)
    later = Q(date__gt=session.date) | Q(date=session.date, hour__gte=session.hour)
    sessions = sessions.filter(later)
    return [one for one in sessions.select_related("client") if one.starts_at > now]


def coming(session: Appointment, *, now: dt.datetime) -> list[Appointment]:
    """Return what `following` does. Raises `SessionOver` when this session is not among them."""
    moving = following(session, now=now)
    if session not in moving:
        raise errors.SessionOver
    return moving


def outside_hours(*, now: dt.datetime) -> list[Series]:
    """Return the series that go on at an hour of the week at which the practice is closed."""
    today, _hour = local_slot(now)
    rows = OpeningHours.objects.all()
    opening = {(row.weekday, hour) for row in rows for hour in row.hours}
    going_on = Series.objects.going_on(today).filter(client__is_active=True)
    found = going_on.select_related("client")
    return [one for one in found if (one.first_date.weekday(), one.hour) not in opening]


def require_in_order(session: Appointment, to: Slot) -> None:
    """Raise `BeforeEarlier` when an earlier session would be on the new day, or after it.

    On its own day, to which an earlier one was moved by itself, the hour alone counts.
    """
    earlier = Appointment.objects.active().filter(
        Q(date__lt=session.date) | Q(date=session.date, hour__lt=session.hour),
        series=session.series_id,
    )
    last = earlier.order_by("date", "hour").last()
    stays = to.date == session.date
    if last and (last.slot >= to if stays else last.date >= to.date):
        raise errors.BeforeEarlier(last)


def _booked_until(series: Series, now: dt.datetime) -> dt.date:
    today, _hour = local_slot(now)
    if series.last_date:
        return today + slots.MAX_DAYS * DAY
    return max(today + BOOKED_AHEAD, series.first_date)


def _judged(
    wanted: Sequence[tuple[Slot, Appointment | None]],
    now: dt.datetime,
    leaving: Collection[Appointment] = (),
) -> list[Planned]:
    """Judge these slots; the appointments that are `leaving` their slots do not hold them."""
    if not wanted:
        return []
    first, last = min(slot.date for slot, _ in wanted), max(slot.date for slot, _ in wanted)
    left = {one.pk: one.slot for one in leaving}
    found = slots.availability(now=now, start=first, end=last, staff=True, leaving=left.values())
    held = Appointment.objects.active().between(first, last).exclude(pk__in=left)
    holders = {one.slot: one for one in held.select_related("client")}
    closures = list(Closure.objects.filter(last_date__gte=first, first_date__lte=last))
    reasons = {slot: next((c.reason for c in closures if c.covers(slot)), "") for slot, _ in wanted}

    def judge(slot: Slot, session: Appointment | None) -> Planned:
        hours = found.on(slot.date)
        if starts_at(*slot) < now:
            return Planned(slot, session, Verdict.PAST, [])
        if slot.hour in hours:
            return Planned(slot, session, Verdict.OPEN, hours)
        if slot in holders:
            return Planned(slot, session, Verdict.TAKEN, hours, holder=holders[slot])
        return Planned(slot, session, Verdict.CLOSED, hours, reason=reasons[slot])

    return [judge(*one) for one in wanted]
