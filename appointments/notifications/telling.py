"""Who is told, when, and what is overtaken by it."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings

from accounts.models import Mailing, User
from appointments import ical
from appointments.models import Appointment, Series, Slot, starts_at
from appointments.models.slot import LAST_HOUR
from therapeutics import mail
from therapeutics.models import MailKind, MailRecord

from . import words
from .words import Message


def booked(appointment: Appointment, *, by: User, now: dt.datetime, notify: bool) -> None:
    later = now + settings.MAIL_GRACE
    if not notify:
        return
    _tell_client(Mailing.BOOKED, words.booked(appointment), appointment, later)
    for person in [] if by.is_staff else User.objects.told_by_clients():
        _tell(person, Mailing.REQUEST, words.asked(appointment), appointment, later)


def moved(appointment: Appointment, *, was: Slot, by: User, now: dt.datetime, notify: bool) -> None:
    """Tell each of the way from the slot that they know of, not of every step of it."""
    overtaken = mail.overtake(subject=appointment.pk)
    client, later = appointment.client, now + settings.MAIL_GRACE
    if not notify:
        _tell_untold(overtaken, appointment, later)
        return
    knows, is_news = _knowledge(overtaken, client, appointment, was)
    if is_news:
        _tell_client(Mailing.BOOKED, words.booked(appointment), appointment, later, knows)
    else:
        _tell_client(Mailing.MOVED, words.moved(appointment, knows), appointment, later, knows)
    for person in [] if by.is_staff else User.objects.told_by_clients():
        knows, is_news = _knowledge(overtaken, person, appointment, was)
        if is_news:
            _tell(person, Mailing.REQUEST, words.asked(appointment), appointment, later, knows)
        else:
            message = words.client_moved(appointment, knows)
            _tell(person, Mailing.CLIENT_MOVED, message, appointment, later, knows)


def confirmed(appointment: Appointment, *, notify: bool) -> None:
    overtaken = mail.overtake(subject=appointment.pk)
    if notify and appointment.client.wants(Mailing.CONFIRMED):
        was = _untold_move(overtaken, appointment)
        _tell_client(Mailing.CONFIRMED, words.confirmed(appointment, was), appointment)
    else:
        _tell_untold(overtaken, appointment)


def cancelled(appointment: Appointment, *, by: User, notify: bool) -> None:
    overtaken = mail.overtake(subject=appointment.pk)
    if not notify:
        return
    was = _untold_move(overtaken, appointment)
    _tell_client(Mailing.CANCELLED, words.cancelled(appointment, was), appointment)
    for person in [] if by.is_staff else User.objects.told_by_clients():
        _tell(person, Mailing.CLIENT_CANCELLED, words.client_cancelled(appointment), appointment)


def closed(appointment: Appointment, *, was: Slot) -> None:
    """Tell the client that leave, or other hours, moved the session from `was`, or cancelled it."""
    overtaken = mail.overtake(subject=appointment.pk)
    if not appointment.is_active:
        _tell_client(Mailing.CANCELLED, words.leave_cancelled(appointment), appointment)
    elif not _tell_untold(overtaken, appointment):
        _tell_client(Mailing.MOVED, words.leave_moved(appointment, was), appointment)


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
    _tell_of_series(series, words.series_booked(_dates(sessions)), sessions)


def series_changed(series: Series, sessions: Sequence[Appointment]) -> None:
    _tell_of_series(series, words.series_changed(_dates(sessions)), sessions)


def series_ended(series: Series, sessions: Sequence[Appointment], *, last: dt.date | None) -> None:
    """Tell of the sessions that are cancelled, or else that there are none after `last`."""
    if sessions or last:
        _tell_of_series(series, words.series_ended(_dates(sessions), last), sessions)


def series_missed(series: Series, missed: Sequence[Slot]) -> None:
    """Tell the counsellors of dates on which a series that goes on could not be booked."""
    if missed:
        message = words.series_missed(series, [words.when(slot) for slot in missed])
        for person in User.objects.told_by_clients():
            if person.wants(Mailing.SERIES_MISSED):
                _queue(message, person, mail.About(message.kind, series.pk))


def _dates(sessions: Iterable[Appointment]) -> list[str]:
    return [words.when(slot) for slot in sorted(one.slot for one in sessions)]


def _knowledge(
    overtaken: Iterable[MailRecord], person: User, appointment: Appointment, was: Slot
) -> tuple[Slot, bool]:
    """Return the slot that the person knows of, and whether the appointment is news to them.

    What was overtaken has not reached them: a memo says where the appointment was before it.
    """
    theirs = [record for record in overtaken if person.email in record.mail.to]
    knows = next((_read(record.memo) for record in theirs if record.memo), was)
    untold = {record.kind for record in theirs}
    is_news = untold & {MailKind.BOOKED, MailKind.REQUEST} or knows == appointment.slot
    return knows, bool(is_news)


def _untold_move(overtaken: Iterable[MailRecord], appointment: Appointment) -> Slot | None:
    """Return the slot that the client knows of, when it is another one than it has by now."""
    knows, is_news = _knowledge(overtaken, appointment.client, appointment, appointment.slot)
    return None if is_news else knows


def _tell_untold(
    overtaken: Iterable[MailRecord], appointment: Appointment, send_at: dt.datetime | None = None
) -> bool:
    """Tell a booking that the client has not been told of yet as it is now, if it is one."""
    is_untold = MailKind.BOOKED in {record.kind for record in overtaken}
    if is_untold:
        _tell_client(Mailing.BOOKED, words.booked(appointment), appointment, send_at)
    return is_untold


def _read(memo: Any) -> Slot:
    date, hour = memo
    return Slot(dt.date.fromisoformat(date), hour)


def _tell_client(
    mailing: Mailing,
    message: Message,
    appointment: Appointment,
    send_at: dt.datetime | None = None,
    was: Slot | None = None,
) -> None:
    client = appointment.client
    if not client.wants(mailing):
        return
    about = mail.About(message.kind, appointment.pk, memo=_memo(was))
    attached = ical.invitation(appointment) if client.calendar_files else None
    calendar = mail.CalendarFile(*attached) if attached else None
    _queue(message, client, about, calendar=calendar, send_at=send_at)


def _tell(
    person: User,
    mailing: Mailing,
    message: Message,
    appointment: Appointment,
    send_at: dt.datetime | None = None,
    was: Slot | None = None,
) -> None:
    """Tell a counsellor."""
    if person.wants(mailing):
        about = mail.About(message.kind, appointment.pk, memo=_memo(was))
        _queue(message, person, about, send_at=send_at)


def _tell_of_series(series: Series, message: Message, sessions: Sequence[Appointment]) -> None:
    client = series.client
    if client.wants(Mailing.SERIES):
        attached = client.calendar_files and sessions
        calendar = mail.CalendarFile("PUBLISH", ical.calendar(sessions)) if attached else None
        _queue(message, client, mail.About(message.kind, series.pk), calendar=calendar)


def _memo(was: Slot | None) -> object:
    return [was.date.isoformat(), was.hour] if was else None


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
        about=about,
        send_at=send_at,
    )
    return queued is not None
