"""Who is told, when, and what is overtaken by it."""

import datetime as dt
import logging
from collections.abc import Iterable, Sequence
from copy import copy
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from accounts.models import Mailing, User
from appointments import ical
from appointments.models import (
    AHEAD,
    Appointment,
    AppointmentEvent,
    Series,
    Slot,
    Status,
    starts_at,
)
from appointments.models.slot import LAST_HOUR
from therapeutics import mail
from therapeutics.models import MailKind, MailRecord

from . import knowledge, words
from .knowledge import Knowledge
from .words import Message

logger = logging.getLogger(__name__)


def write_due() -> int:
    """Write the mail about bookings that is not written yet; return about how many.

    A booking leaves that to the worker, and is done in half the time. Whoever changes the
    appointment before the worker comes has it written first, and then overtaken.
    """
    due, done = AppointmentEvent.objects.filter(to_tell=True).order_by("id"), 0
    for appointment in due.values_list("appointment", flat=True):
        try:
            done += _write_one(appointment)
        except (OperationalError, InterfaceError):
            logger.exception("no database for now; what is to be told waits")
            break
        except Exception:  # whatever is wrong with one of them, the others are told
            logger.exception("mail about %s could not be written; it is tried again", appointment)
    return done


def long_untold(*, now: dt.datetime) -> int:
    """Return of how many bookings nobody was told though the worker has tried for a while."""
    since = now - mail.LATE_AFTER
    return AppointmentEvent.objects.filter(to_tell=True, at__lte=since).count()


@transaction.atomic
def _write_one(appointment: UUID) -> int:
    held = Appointment.objects.select_for_update().filter(pk=appointment)
    return sum(map(_catch_up, held))  # the client is read when the row is held, as of then


def _catch_up(appointment: Appointment) -> int:
    """Write what is to be told of the appointment, whose row is held; return of how many events."""
    untold = appointment.events.filter(to_tell=True)
    events = [] if appointment.client.erased_at else list(untold.select_related("by"))
    for event in events:
        as_booked = copy(appointment)
        as_booked.status = event.to_status
        as_booked.date, as_booked.hour = event.to_date, event.to_hour
        _booked(as_booked, by=event.by, now=event.at)
    return untold.update(to_tell=False)


def _booked(appointment: Appointment, *, by: User | None, now: dt.datetime) -> None:
    later = now + settings.MAIL_GRACE
    _tell_client(Mailing.BOOKED, words.booked(appointment), appointment, None, later)
    for person in [] if by is None or by.is_staff else User.objects.told_by_clients():
        _tell(person, Mailing.REQUEST, words.asked(appointment), appointment, None, later)


def moved(
    appointment: Appointment,
    *,
    was: Slot,
    by: User,
    now: dt.datetime,
    notify: bool,
    closed: bool = False,
) -> None:
    """Tell each of the way from the slot that they know of, not of every step of it.

    `closed` says that leave, or other hours, are why.
    """
    overtaken, later = _overtake(appointment), now + settings.MAIL_GRACE
    knows = knowledge.of(appointment.client, overtaken, was)
    if notify or knows.is_behind:
        _tell_where(appointment, knows, later, closed=closed)
    for person in User.objects.told_by_clients():
        knows = knowledge.of(person, overtaken, was)
        if (notify and not by.is_staff) or (knows.is_behind and _is_pending(appointment)):
            _tell_where_to(person, appointment, knows, later)


def confirmed(appointment: Appointment, *, notify: bool) -> None:
    """Tell the client; when that is not wanted, at least what they had not been told yet."""
    overtaken = _overtake(appointment)
    knows = knowledge.of(appointment.client, overtaken, appointment.slot)
    if notify and appointment.client.wants(Mailing.CONFIRMED):
        message = words.confirmed(appointment, knows.before(appointment))
        _tell_client(Mailing.CONFIRMED, message, appointment, knows.slot)
    elif knows.is_behind and knows.slot != appointment.slot:
        _tell_where(appointment, knows, None)


def cancelled(appointment: Appointment, *, by: User, notify: bool, closed: bool = False) -> None:
    """Tell the client, and the counsellors of a client's own doing; `closed` as for `moved`."""
    overtaken = _overtake(appointment)
    if not notify:
        return
    knows = knowledge.of(appointment.client, overtaken, appointment.slot)
    say = words.leave_cancelled if closed else words.cancelled
    message = say(appointment, knows.before(appointment))
    _tell_client(Mailing.CANCELLED, message, appointment, knows.slot)
    for person in [] if by.is_staff else User.objects.told_by_clients():
        message = words.client_cancelled(appointment)
        _tell(person, Mailing.CLIENT_CANCELLED, message, appointment, appointment.slot)


def _tell_where(
    appointment: Appointment,
    knows: Knowledge,
    send_at: dt.datetime | None,
    *,
    closed: bool = False,
) -> None:
    """Tell the client where the appointment is by now, in the light of what they know."""
    was = knows.before(appointment)
    if was and closed:
        _tell_client(Mailing.MOVED, words.leave_moved(appointment, was), appointment, was, send_at)
    elif was:
        _tell_client(Mailing.MOVED, words.moved(appointment, was), appointment, was, send_at)
    elif knows.slot is None or _is_pending(appointment):  # there and back is news when it waits
        message = words.booked(appointment)
        _tell_client(Mailing.BOOKED, message, appointment, knows.slot, send_at)


def _tell_where_to(
    person: User, appointment: Appointment, knows: Knowledge, send_at: dt.datetime
) -> None:
    """Tell a counsellor where the appointment is by now, in the light of what they know."""
    if was := knows.before(appointment):
        message = words.client_moved(appointment, was)
        _tell(person, Mailing.CLIENT_MOVED, message, appointment, was, send_at)
    elif knows.slot is None or _is_pending(appointment):
        message = words.asked(appointment)
        _tell(person, Mailing.REQUEST, message, appointment, knows.slot, send_at)


def _is_pending(appointment: Appointment) -> bool:
    return appointment.status == Status.PENDING


def _overtake(appointment: Appointment) -> list[MailRecord]:
    """Take back what was queued about it; of its series, tell anew what waits."""
    _catch_up(appointment)
    if appointment.series_id:
        waiting = {record.kind for record in mail.overtake(subject=appointment.series_id)}
        if waiting & {MailKind.SERIES_BOOKED, MailKind.SERIES_CHANGED}:
            _tell_series_anew(appointment.series_id)
    return mail.overtake(subject=appointment.pk)


def _tell_series_anew(series: UUID) -> None:
    ahead = Appointment.objects.filter(series=series, status__in=AHEAD)
    sessions = list(ahead.select_related("client", "series"))
    if sessions and sessions[0].series:
        series_booked(sessions[0].series, sessions)


def reminder(appointment: Appointment, *, once: str) -> bool:
    """Remind the client, unless that was queued before; tell whether it is now."""
    message = words.reminder(appointment)
    about = mail.About(message.kind, appointment.pk, once=once, expires_at=appointment.starts_at)
    return _queue(message, appointment.client, about)


def agenda(person: User, day: dt.date, appointments: Sequence[Appointment], *, once: str) -> bool:
    """Tell a counsellor of their day, unless that was queued before; tell whether it is now."""
    message = words.agenda(day, appointments)
    about = mail.About(message.kind, once=once, expires_at=starts_at(day, LAST_HOUR))
    return _queue(message, person, about)


def series_booked(series: Series, sessions: Sequence[Appointment]) -> None:
    _tell_of_series(series, words.series_booked(_dates(sessions)), sessions, subject=series.pk)


def series_changed(series: Series, sessions: Sequence[Appointment]) -> None:
    """Tell of the sessions that have moved; of all of them, when the series itself is untold."""
    waiting = {record.kind for record in mail.overtake(subject=series.pk)}
    if MailKind.SERIES_BOOKED in waiting:
        _tell_series_anew(series.pk)
    else:
        message = words.series_changed(_dates(sessions))
        _tell_of_series(series, message, sessions, subject=series.pk)


def series_ended(series: Series, sessions: Sequence[Appointment], *, last: dt.date | None) -> None:
    """Tell of the sessions that are cancelled, or else that there are none after `last`.

    That stays true whatever becomes of the others, so nothing overtakes it.
    """
    if sessions or last:
        message = words.series_ended(_dates(sessions), last)
        _tell_of_series(series, message, sessions, subject=None)


def series_missed(series: Series, missed: Sequence[Slot]) -> None:
    """Tell the counsellors of dates on which a series that goes on could not be booked."""
    if missed:
        message = words.series_missed(series, [words.when(slot) for slot in missed])
        for person in User.objects.told_by_clients():
            if person.wants(Mailing.SERIES_MISSED):
                about = mail.About(message.kind, memo=str(series.client_id))  # for their erasure
                _queue(message, person, about)


def _dates(sessions: Iterable[Appointment]) -> list[str]:
    return [words.when(slot) for slot in sorted(one.slot for one in sessions)]


def _tell_client(
    mailing: Mailing,
    message: Message,
    appointment: Appointment,
    knows: Slot | None,
    send_at: dt.datetime | None = None,
) -> None:
    client = appointment.client
    if not client.wants(mailing):
        return
    until = appointment.starts_at if appointment.is_active else None
    about = mail.About(message.kind, appointment.pk, memo=knowledge.memo(knows), expires_at=until)
    attached = ical.invitation(appointment) if client.calendar_files else None
    calendar = mail.CalendarFile(*attached) if attached else None
    _queue(message, client, about, calendar=calendar, send_at=send_at)


def _tell(
    person: User,
    mailing: Mailing,
    message: Message,
    appointment: Appointment,
    knows: Slot | None,
    send_at: dt.datetime | None = None,
) -> None:
    """Tell a counsellor."""
    if person.wants(mailing):
        about = mail.About(message.kind, appointment.pk, memo=knowledge.memo(knows))
        _queue(message, person, about, send_at=send_at)


def _tell_of_series(
    series: Series, message: Message, sessions: Sequence[Appointment], *, subject: UUID | None
) -> None:
    client = series.client
    if client.wants(Mailing.SERIES):
        attached = client.calendar_files and sessions
        calendar = mail.CalendarFile("PUBLISH", ical.calendar(sessions)) if attached else None
        _queue(message, client, mail.About(message.kind, subject), calendar=calendar)


def _queue(
    message: Message,
    person: User,
    about: mail.About,
    *,
    calendar: mail.CalendarFile | None = None,
    send_at: dt.datetime | None = None,
) -> bool:
    queued = mail.queue(
        "appointments/message",
        to=person.email,
        context={"message": message, "person": person, "link": settings.SITE_URL + message.path},
        calendar=calendar,
        about=about._replace(recipient=person.pk),
        send_at=send_at,
    )
    return queued is not None
