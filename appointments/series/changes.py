"""Book, move, end, extend."""

import datetime as dt
from collections.abc import Mapping
from operator import attrgetter
from uuid import UUID

from accounts.models import User
from appointments import booking, errors, notifications
from appointments.models import AHEAD, Appointment, Series, SeriesGap, Slot, local_slot

from . import planning

Why = SeriesGap.Why
WHY = {planning.Verdict.CLOSED: Why.CLOSED, planning.Verdict.TAKEN: Why.TAKEN}


def book(
    *,
    series: Series,
    hours: Mapping[dt.date, int | None],
    by: User,
    now: dt.datetime,
    note: str = "",
    notify: bool = True,
) -> list[Appointment]:
    """Make the series, and book each date at the hour that was chosen for it; None leaves it out.

    `series` is not saved yet and has client, first date, last date or none, hour and rhythm.
    `hours` has a choice for each date of its plan, no more and no fewer, else `PlanChanged`.
    Raises `NothingChosen`, and `OneRefused` when a chosen hour is not to be had: nothing is
    written then; `SeriesBooked` when a series like this one has all of the chosen slots already.
    The client gets one mail.
    """
    _require_staff(by)
    planned = planning.plan(series=series, now=now)
    if {one.slot.date for one in planned} != set(hours):
        raise errors.PlanChanged
    if not any(hours.values()):
        raise errors.NothingChosen
    gaps = {
        one.slot.date: WHY.get(one.verdict, Why.SKIPPED)
        for one in planned
        if hours[one.slot.date] is None
    }
    chosen = [Slot(date, hour) for date, hour in sorted(hours.items()) if hour is not None]
    try:
        return _book(series, chosen, gaps, by, now, note=note, notify=notify)
    except errors.OneRefused as refused:
        if twin := _twin(refused.__cause__, series, chosen):
            raise errors.SeriesBooked(twin) from refused
        raise


def _twin(error: BaseException | None, series: Series, chosen: list[Slot]) -> Series | None:
    """Return the series that an earlier click has made, with every slot that is chosen now."""
    other = error.appointment.series if isinstance(error, errors.AlreadyBooked) else None
    rule = attrgetter("first_date", "hour", "rhythm", "last_date")
    if other is None or rule(other) != rule(series):
        return None
    held = {one.slot for one in other.appointments.active()}
    return other if held.issuperset(chosen) else None


@booking.in_one_transaction
def _book(
    series: Series,
    chosen: list[Slot],
    gaps: dict[dt.date, Why],
    by: User,
    now: dt.datetime,
    *,
    note: str,
    notify: bool,
) -> list[Appointment]:
    booking.hold_calendar()
    series.by, series.created_at = by, now
    series.decided_until = max([*gaps, *(slot.date for slot in chosen)])
    series.save(force_insert=True)
    for date, why in gaps.items():
        _leave_out(series, date, why)
    sessions = [_give(series, slot, by, now, note) for slot in chosen]
    if notify:
        notifications.series_booked(series, sessions)
    return sessions


def _give(series: Series, slot: Slot, by: User, now: dt.datetime, note: str = "") -> Appointment:
    """Book one session of a series; a refusal names it."""
    client = series.client
    try:
        return booking.book(
            client=client, date=slot.date, hour=slot.hour, by=by, now=now,
            note=note, series=series, notify=False,
        )  # fmt: skip
    except errors.BookingError as error:
        wanted = Appointment(client=client, date=slot.date, hour=slot.hour)
        raise errors.OneRefused(wanted, error) from error


def _leave_out(series: Series, date: dt.date, why: Why) -> None:
    SeriesGap.objects.get_or_create(series=series, date=date, defaults={"why": why})


@booking.in_one_transaction
def move(
    *,
    session: Appointment,
    to: Slot,
    hours: Mapping[UUID, int | None],
    by: User,
    now: dt.datetime,
    notify: bool = True,
) -> list[Appointment]:
    """Move this session to a slot, and all following of its series by as many days.

    `hours` has, for each of them, the hour on its new day, or None to leave it where it is, else
    `PlanChanged`. All are moved or none: `OneRefused` names the one that cannot be,
    `BeforeEarlier` says that an earlier session is on that day or later, and `SessionOver` that
    this one is not to come any more. When all are there already, none is moved. The series itself
    goes on at the new weekday and hour. The client gets one mail.
    """
    _require_staff(by)
    if session.series_id is None:
        raise errors.PlanChanged
    series = _lock(session.series_id)
    moving = planning.coming(session, now=now)
    seen = session.slot
    session.refresh_from_db(fields=["date", "hour"])
    if session.slot != seen or {one.pk for one in moving} != set(hours):
        raise errors.PlanChanged
    planning.require_in_order(session, to)
    passed = to.date - session.date
    # The ones that go ahead of the others first, so that none stands in another's way.
    ordered = sorted(moving, key=lambda one: one.slot, reverse=passed > dt.timedelta())
    moved = [
        _put(one, Slot(one.date + passed, hour), by, now)
        for one in ordered
        if (hour := hours[one.pk]) is not None and one.slot != (one.date + passed, hour)
    ]
    if not moved:
        if any(hours.values()):
            return []  # a second click: all are there
        raise errors.NothingChosen
    _shift(series, session, to, passed)
    if notify:
        notifications.series_changed(series, moved)
    return moved


def _put(session: Appointment, to: Slot, by: User, now: dt.datetime) -> Appointment:
    try:
        return booking.move(
            appointment=session, date=to.date, hour=to.hour, by=by, now=now, notify=False
        )
    except errors.BookingError as error:
        raise errors.OneRefused(session, error) from error


def _shift(series: Series, session: Appointment, to: Slot, passed: dt.timedelta) -> None:
    """From this session on the series has its new weekday and hour; what is behind it stays."""
    coming = list(series.gaps.filter(date__gt=session.date))
    series.gaps.filter(date__gt=session.date).delete()
    for gap in coming:
        gap.date, gap.why = gap.date + passed, Why.SKIPPED  # nobody has asked about the new day
    SeriesGap.objects.bulk_create(coming, ignore_conflicts=True)
    series.first_date, series.hour = series.first_date + passed, to.hour
    series.decided_until += passed
    if series.last_date:
        series.last_date += passed
    series.save()


@booking.in_one_transaction
def end(
    *,
    series: Series,
    first: dt.date,
    by: User,
    now: dt.datetime,
    reason: str = "",
    notify: bool = True,
) -> list[Appointment]:
    """End the series: its sessions from the day `first` on that are still to come are cancelled.

    What is over keeps its place in the series, so a day in the past means today.
    The client gets one mail. Raises `SeriesEnds` when the series ends before that day anyway.
    """
    _require_staff(by)
    series, (today, _hour) = _lock(series.pk), local_slot(now)
    first = max(first, today)
    coming = Appointment.objects.filter(series=series, status__in=AHEAD, date__gte=first)
    sessions = [one for one in coming if one.starts_at > now]
    if not sessions and series.last_date and series.last_date < first:
        raise errors.SeriesEnds(series.last_date)
    cancelled = [
        booking.cancel(appointment=one, by=by, now=now, reason=reason, notify=False)
        for one in sessions
    ]
    last = series.appointments.active().order_by("date").last()
    planned = series.dates(series.first_date - planning.DAY, first - planning.DAY)
    series.last_date = max(
        [*planned, *([last.date] if last else [])], default=series.first_date - planning.DAY
    )
    series.decided_until = min(series.decided_until, series.last_date)
    series.save()
    series.gaps.filter(date__gte=first).delete()
    if notify:
        notifications.series_ended(series, cancelled, last=_last_of(series, last))
    return cancelled


def _last_of(series: Series, booked: Appointment | None) -> dt.date | None:
    """Return the day of the last session, which may be one that is not booked yet."""
    if series.last_date and series.decided_until < series.last_date:
        return series.last_date
    return booked.date if booked else None


def extend(*, now: dt.datetime) -> int:
    """Book the series that go on, 12 weeks ahead; return the number of sessions booked.

    A date that is closed or taken becomes a gap, and the counsellors are told. Safe to run at any
    time, also twice at once.
    """
    today, _hour = local_slot(now)
    target = today + planning.BOOKED_AHEAD
    waiting = Series.objects.going_on(today).filter(
        decided_until__lt=target, client__is_active=True
    )
    return sum(_extend(pk, target, now) for pk in waiting.values_list("pk", flat=True))


@booking.in_one_transaction
def _extend(pk: UUID, target: dt.date, now: dt.datetime) -> int:
    series, booked, missed = _lock(pk), 0, []
    by = _acting_for(series)
    dates = list(series.dates(series.decided_until, target))
    there = set(series.appointments.active().filter(date__in=dates).values_list("date", flat=True))
    for date in dates:
        if date in there:  # a session that was moved there by itself
            continue
        try:
            _give(series, Slot(date, series.hour), by, now)
            booked += 1
        except errors.OneRefused as refused:
            _leave_out(series, date, _why_not(refused.__cause__))
            missed.append(Slot(date, series.hour))
    notifications.series_missed(series, missed)
    if dates:
        series.decided_until = dates[-1]
        series.save(update_fields=["decided_until"])
    return booked


def _acting_for(series: Series) -> User:
    """Return who made the series, or, when they have left, the counsellor who is there longest."""
    staff = User.objects.filter(is_staff=True, is_active=True).order_by("date_joined")
    is_there = series.by.is_staff and series.by.is_active
    return series.by if is_there else staff.first() or series.by


def _why_not(error: BaseException | None) -> Why:
    if isinstance(error, errors.SlotClosed):
        return Why.CLOSED
    taken = isinstance(error, errors.SlotTaken | errors.AlreadyBooked)
    return Why.TAKEN if taken else Why.SKIPPED


def _require_staff(by: User) -> None:
    if not by.is_staff:
        raise errors.NotYours


def _lock(pk: UUID) -> Series:
    """Hold the calendar, the series and its sessions until the transaction ends."""
    booking.hold_calendar()
    found = Series.objects.select_for_update(of=["self"]).select_related("client", "by")
    series = found.get(pk=pk)
    list(series.appointments.select_for_update().values_list("pk"))
    return series
