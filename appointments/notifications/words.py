"""The words of each mail: a subject, a few lines, and one thing to do."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from appointments.models import Appointment, BookingPolicy, CancelledBy, Series, Slot, Status
from therapeutics.models import MailKind


class Message(NamedTuple):
    """One mail: its kind, its words, what it leads to (a path), and dates to list."""

    kind: MailKind
    subject: str
    lines: Sequence[str]
    button: str
    path: str
    dates: Sequence[str] = ()


def when(slot: Slot) -> str:
    """Tue 24 Nov, 10:00"""
    day = date_format(slot.date, "D j M")
    return _("%(day)s, %(hour)02d:00") % {"day": day, "hour": slot.hour}


def _to_client(kind: MailKind, appointment: Appointment, subject: str, *lines: str) -> Message:
    """A mail that leads to the client's appointment, or to a new one when it is cancelled."""
    see, another = _("See the appointment"), _("Choose another time")
    if appointment.is_active:
        return Message(kind, subject, lines, see, appointment.get_absolute_url())
    return Message(kind, subject, lines, another, reverse("appointments:book"))


def booked(appointment: Appointment) -> Message:
    at = {"when": when(appointment.slot)}
    if appointment.status == Status.PENDING:
        subject = _("We have your request for %(when)s") % at
        line = _("your appointment on %(when)s is held for you.") % at
        return _to_client(MailKind.BOOKED, appointment, subject, f"{line} {_waits()}")
    subject = _("Your appointment on %(when)s") % at
    return _to_client(
        MailKind.BOOKED, appointment, subject, _("your appointment on %(when)s is booked.") % at
    )


def _before(was: Slot | None) -> list[str]:
    """A line for those who know of another time, since they were not told of a move yet."""
    text = _("It had just been moved there from %(was)s.")
    return [text % {"was": when(was)}] if was else []


def _waits() -> str:
    return _("We write again as soon as it is confirmed.")


def confirmed(appointment: Appointment, was: Slot | None = None) -> Message:
    at = {"when": when(appointment.slot)}
    subject = _("Confirmed: your appointment on %(when)s") % at
    line = _("your appointment on %(when)s is confirmed.") % at
    return _to_client(MailKind.CONFIRMED, appointment, subject, line, *_before(was))


def moved(appointment: Appointment, was: Slot) -> Message:
    at = {"when": when(appointment.slot), "was": when(was)}
    subject = _("Moved: your appointment is now on %(when)s") % at
    line = _("your appointment on %(was)s is moved to %(when)s.") % at
    if appointment.status == Status.PENDING:
        line += " " + _waits()
    return _to_client(MailKind.MOVED, appointment, subject, line)


def cancelled(appointment: Appointment, was: Slot | None = None) -> Message:
    at = {"when": when(appointment.slot)}
    subject = _("Cancelled: your appointment on %(when)s") % at
    if appointment.cancelled_by == CancelledBy.PRACTICE:
        line = _("we are sorry: we had to cancel your appointment on %(when)s.") % at
        return _to_client(MailKind.CANCELLED, appointment, subject, line, *_before(was))
    line = _("you have cancelled your appointment on %(when)s.") % at
    if appointment.cancelled_late:
        line += " " + _("It was less than %(hours)d hours ahead, so it counts as a late one.") % {
            "hours": BookingPolicy.load().cancellation_notice_hours
        }
    return _to_client(MailKind.CANCELLED, appointment, subject, line, *_before(was))


def leave_moved(appointment: Appointment, was: Slot) -> Message:
    at = {"when": when(appointment.slot), "was": when(was)}
    subject = _("Moved: your appointment is now on %(when)s") % at
    line = _("we are closed on %(was)s, so your appointment is moved to %(when)s.") % at
    ask = _("If that does not suit you, please choose another time or call us.")
    return _to_client(MailKind.LEAVE_MOVED, appointment, subject, line, ask)


def leave_cancelled(appointment: Appointment, was: Slot | None = None) -> Message:
    at = {"when": when(appointment.slot)}
    subject = _("Cancelled: your appointment on %(when)s") % at
    line = _("we are closed on %(when)s, so we had to cancel your appointment. We are sorry.") % at
    return _to_client(MailKind.LEAVE_CANCELLED, appointment, subject, line, *_before(was))


def reminder(appointment: Appointment) -> Message:
    at = {"when": when(appointment.slot)}
    subject = _("Reminder: your appointment on %(when)s") % at
    line = _("this is to remind you of your appointment on %(when)s.") % at
    ask = _("If you cannot come, please tell us as early as you can.")
    return _to_client(MailKind.REMINDER, appointment, subject, line, ask)


def series_booked(dates: Sequence[str]) -> Message:
    subject = _("Your appointments from %(when)s") % {"when": dates[0]}
    return _of_series(
        MailKind.SERIES_BOOKED, subject, _("these appointments are booked for you:"), dates
    )


def series_changed(dates: Sequence[str]) -> Message:
    subject = _("Moved: your appointments from %(when)s") % {"when": dates[0]}
    line = _("your coming appointments have moved. They are now on:")
    return _of_series(MailKind.SERIES_CHANGED, subject, line, dates)


def series_ended(dates: Sequence[str], last: dt.date | None) -> Message:
    if dates or last is None:
        subject = _("Cancelled: your appointments from %(when)s") % {"when": dates[0]}
        return _of_series(
            MailKind.SERIES_ENDED, subject, _("these appointments are cancelled:"), dates
        )
    subject = _("No more regular appointments after %(day)s") % {
        "day": date_format(last, "D j M Y")
    }
    line = _("your regular appointments end after %(day)s. No appointment is cancelled.") % {
        "day": date_format(last, "l j F Y")
    }
    return _of_series(MailKind.SERIES_ENDED, subject, line, dates)


def _of_series(kind: MailKind, subject: str, line: str, dates: Sequence[str]) -> Message:
    see = _("See your appointments")
    return Message(kind, subject, [line], see, reverse("appointments:list"), dates)


def _to_counsellor(kind: MailKind, appointment: Appointment, subject: str, line: str) -> Message:
    path = reverse("client_admin:appointment", args=[appointment.pk])
    return Message(kind, subject, [line], _("See the appointment"), path)


def asked(appointment: Appointment) -> Message:
    at = {"when": when(appointment.slot), "who": appointment.client.get_initials()}
    if appointment.status == Status.PENDING:
        subject = _("New request: %(when)s") % at
        line = _("%(who)s asks for %(when)s. Please confirm it, or offer another time.") % at
    else:
        subject, line = _("New booking: %(when)s") % at, _("%(who)s has booked %(when)s.") % at
    return _to_counsellor(MailKind.REQUEST, appointment, subject, line)


def client_moved(appointment: Appointment, was: Slot) -> Message:
    who = appointment.client.get_initials()
    at = {"when": when(appointment.slot), "was": when(was), "who": who}
    subject = _("Moved by client: now %(when)s") % at
    line = _("%(who)s has moved from %(was)s to %(when)s.") % at
    if appointment.status == Status.PENDING:
        line += " " + _("Please confirm it, or offer another time.")
    return _to_counsellor(MailKind.CLIENT_MOVED, appointment, subject, line)


def client_cancelled(appointment: Appointment) -> Message:
    at = {"when": when(appointment.slot), "who": appointment.client.get_initials()}
    subject = _("Cancelled by client: %(when)s") % at
    if appointment.cancelled_late:
        line = _("%(who)s has cancelled %(when)s. It is a late cancellation.") % at
    else:
        line = _("%(who)s has cancelled %(when)s. The time is open again.") % at
    return _to_counsellor(MailKind.CLIENT_CANCELLED, appointment, subject, line)


def series_missed(series: Series, dates: Sequence[str]) -> Message:
    subject = _("No appointment in a series: %(when)s") % {"when": dates[0]}
    line = _(
        "these dates of %(who)s could not be booked: we are closed then, or somebody has them."
    )
    who = {"who": series.client.get_initials()}
    path = series.get_absolute_url()
    return Message(MailKind.SERIES_MISSED, subject, [line % who], _("See the series"), path, dates)


def agenda(day: dt.date, appointments: Sequence[Appointment]) -> Message:
    subject = _("Your day: %(day)s") % {"day": date_format(day, "D j M")}
    lines = [_("your appointments today:")]
    dates = [f"{one.hour:02}:00 {one.client.get_initials()}" for one in appointments]
    path = reverse("client_admin:home")
    return Message(MailKind.AGENDA, subject, lines, _("See the week"), path, dates)
