"""Every message of the site, and the change of the practice that each one comes from."""

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple

from accounts import invitations
from accounts.models import Reminder, User
from appointments import booking, calendar, notifications, reminders, series
from appointments.models import Appointment, BookingPolicy, Closure, OpeningHours, Slot, Status
from tests.appointments.series import as_planned, weekly
from tests.conftest import NOW, TUESDAY, person
from therapeutics.models import MailKind

NOTE, REASON = "a-secret-note", "a-secret-reason"
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
ADA, BEN, COUNSELLOR = (f"{name}@example.com" for name in ("ada", "ben", "counsellor"))
LAST_HOUR_BEFORE = dt.datetime(2026, 11, 10, 9, tzinfo=dt.UTC)
MORNING = dt.datetime(2026, 11, 10, 7, 30, tzinfo=dt.UTC)


class Cast(NamedTuple):
    client: User
    counsellor: User


def a_cast() -> Cast:
    for weekday in range(5):
        OpeningHours.objects.get_or_create(weekday=weekday)
    return Cast(person("ada"), person("counsellor", is_staff=True))


def booked(cast: Cast, *, by: User | None = None, hour: int = 10, **more: object) -> Appointment:
    done = booking.book(
        client=cast.client, date=TUESDAY, hour=hour, by=by or cast.client, now=NOW, note=NOTE,
        **more,
    )  # fmt: skip
    notifications.write_due()
    return done


def held(cast: Cast, *, by: User | None = None) -> Appointment:
    """An appointment of which nobody was told; the practice has written a reason to it."""
    one = booked(cast, by=by or cast.counsellor, notify=False)
    Appointment.objects.update(reason=REASON)
    one.refresh_from_db()
    return one


def invited(cast: Cast) -> None:
    invitations.invite(email=BEN, name="Ben", by=cast.counsellor, now=NOW)


def booked_at_once(cast: Cast) -> None:
    BookingPolicy.objects.create(needs_confirmation=False)
    booked(cast)


def booked_by_practice(cast: Cast) -> None:
    booked(cast, by=cast.counsellor)


def confirmed(cast: Cast) -> None:
    one = held(cast, by=cast.client)
    booking.set_status(
        appointment=one, status=Status.CONFIRMED, by=cast.counsellor, now=NOW, reason=REASON
    )


def moved(cast: Cast) -> None:
    booking.move(appointment=held(cast), date=TUESDAY, hour=15, by=cast.counsellor, now=NOW)


def moved_by_client(cast: Cast) -> None:
    booking.move(appointment=held(cast), date=TUESDAY, hour=15, by=cast.client, now=NOW)


def cancelled_by_client(cast: Cast, now: dt.datetime = NOW) -> None:
    booking.cancel(appointment=held(cast), by=cast.client, now=now, reason=REASON)


def cancelled_late(cast: Cast) -> None:
    cancelled_by_client(cast, now=LAST_HOUR_BEFORE)


def cancelled_by_practice(cast: Cast) -> None:
    booking.cancel(appointment=held(cast), by=cast.counsellor, now=NOW, reason=REASON)


def series_booked(
    cast: Cast, *, notify: bool = True, sessions: int | None = 3
) -> list[Appointment]:
    wanted = weekly(cast.client, sessions=sessions)
    return series.book(
        series=wanted, hours=as_planned(wanted), by=cast.counsellor, now=NOW, note=NOTE,
        notify=notify,
    )  # fmt: skip


def series_changed(cast: Cast) -> None:
    sessions = series_booked(cast, notify=False)
    hours = dict.fromkeys((one.pk for one in sessions), 15)
    series.move(session=sessions[0], to=Slot(TUESDAY, 15), hours=hours, by=cast.counsellor, now=NOW)


def series_cancelled(cast: Cast) -> None:
    one = series_booked(cast, notify=False)[0].series
    series.end(series=one, first=TUESDAY, by=cast.counsellor, now=NOW, reason=REASON)


def series_ended(cast: Cast) -> None:
    last = series_booked(cast, notify=False, sessions=None)[-1]
    series.end(series=last.series, first=last.date + DAY, by=cast.counsellor, now=NOW)


def on_leave(cast: Cast, answer: calendar.Answer) -> None:
    closures = [Closure(first_date=TUESDAY, last_date=TUESDAY, reason=REASON)]
    answers = {held(cast).pk: answer}
    calendar.close(closures=closures, answers=answers, by=cast.counsellor, now=NOW)


def leave_moved(cast: Cast) -> None:
    on_leave(cast, Slot(TUESDAY + DAY, 15))


def leave_cancelled(cast: Cast) -> None:
    on_leave(cast, calendar.CANCEL)


def reminded(cast: Cast) -> None:
    User.objects.filter(pk=cast.client.pk).update(reminder=Reminder.TWO_HOURS)
    held(cast)
    assert reminders.queue_due(now=LAST_HOUR_BEFORE) == 1


def agenda(cast: Cast) -> None:
    User.objects.filter(pk=cast.counsellor.pk).update(agenda=True)
    held(cast)
    assert reminders.queue_agendas(now=MORNING) == 1


class Case(NamedTuple):
    """What brings it about, who is mailed when, how its subject begins, its calendar's method."""

    change: Callable[[Cast], object]
    kind: MailKind
    to: str
    subject: str
    method: str = ""
    starts: tuple[dt.datetime, ...] = ()
    at: dt.datetime = NOW


def utc(day: int, hour: int) -> tuple[dt.datetime]:
    return (dt.datetime(2026, 11, day, hour, tzinfo=dt.UTC),)


TEN, THREE = utc(10, 10), utc(10, 15)
TENS, THREES = ((*utc(10, hour), *utc(17, hour), *utc(24, hour)) for hour in (10, 15))
K = MailKind
CASES = {
    "invitation": Case(invited, K.INVITATION, BEN, "Your invitation"),
    "request received": Case(booked, K.BOOKED, ADA, "We have your request", "REQUEST", TEN),
    "booked": Case(booked_at_once, K.BOOKED, ADA, "Your appointment on", "REQUEST", TEN),
    "booked by practice": Case(
        booked_by_practice, K.BOOKED, ADA, "Your appointment on", "REQUEST", TEN
    ),
    "confirmed": Case(confirmed, K.CONFIRMED, ADA, "Confirmed:", "REQUEST", TEN),
    "moved": Case(moved, K.MOVED, ADA, "Moved: your", "REQUEST", THREE),
    "moved by client": Case(moved_by_client, K.MOVED, ADA, "Moved: your", "REQUEST", THREE),
    "cancelled": Case(cancelled_by_client, K.CANCELLED, ADA, "Cancelled: your", "CANCEL", TEN),
    "cancelled late": Case(
        cancelled_late, K.CANCELLED, ADA, "Cancelled: your", "CANCEL", TEN, LAST_HOUR_BEFORE
    ),
    "cancelled by practice": Case(
        cancelled_by_practice, K.CANCELLED, ADA, "Cancelled: your", "CANCEL", TEN
    ),
    "series booked": Case(
        series_booked, K.SERIES_BOOKED, ADA, "Your appointments from", "PUBLISH", TENS
    ),
    "series changed": Case(
        series_changed, K.SERIES_CHANGED, ADA, "Moved: your appointments", "PUBLISH", THREES
    ),
    "series cancelled": Case(
        series_cancelled, K.SERIES_ENDED, ADA, "Cancelled: your appointments", "PUBLISH", TENS
    ),
    "series ended": Case(series_ended, K.SERIES_ENDED, ADA, "No more regular"),
    "leave moved": Case(leave_moved, K.LEAVE_MOVED, ADA, "Moved: your", "REQUEST", utc(11, 15)),
    "leave cancelled": Case(
        leave_cancelled, K.LEAVE_CANCELLED, ADA, "Cancelled: your", "CANCEL", TEN
    ),
    "reminder": Case(reminded, K.REMINDER, ADA, "Reminder:", at=LAST_HOUR_BEFORE),
    "new request": Case(booked, K.REQUEST, COUNSELLOR, "New request:"),
    "new booking": Case(booked_at_once, K.REQUEST, COUNSELLOR, "New booking:"),
    "client moved": Case(moved_by_client, K.CLIENT_MOVED, COUNSELLOR, "Moved by client:"),
    "client cancelled": Case(
        cancelled_by_client, K.CLIENT_CANCELLED, COUNSELLOR, "Cancelled by client:"
    ),
    "client cancelled late": Case(
        cancelled_late, K.CLIENT_CANCELLED, COUNSELLOR, "Cancelled by client:", at=LAST_HOUR_BEFORE
    ),
    "agenda": Case(agenda, K.AGENDA, COUNSELLOR, "Your day:", at=MORNING),
}
