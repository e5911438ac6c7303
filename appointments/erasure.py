"""Erase a client: what they are known by leaves every table, appointments stay as numbers.

One transaction, alone with the calendar: who books at that moment has booked before, and the
appointment is cancelled along, or is refused (`ClientErased`).
"""

import datetime as dt
from typing import NamedTuple

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts import erasure
from accounts.erasure import Traces
from accounts.models import Note, User
from appointments import booking, errors, series
from appointments.models import (
    AHEAD,
    Appointment,
    AppointmentEvent,
    Closure,
    Series,
    Status,
    local_slot,
)
from appointments.models.appointment import AppointmentQuerySet
from therapeutics import audit, mail
from therapeutics.models import AuditKind, MailKind, MailRecord


class NotErasable(Exception):
    """Nothing was erased. Its text is for the person who asked."""


class Preview(NamedTuple):
    """What an erasure would do: what is cancelled, what goes, what stays, what it cannot reach."""

    coming: list[Appointment]
    standing: int
    notes: int
    invitations: int
    mails: int
    kept: int
    mentions: dict[str, int]


def require_erasable(person: User) -> None:
    """Raise `NotErasable` for staff: what they have decided stays on record under their name."""
    if person.is_staff:
        text = _("Staff are not erased. Take their rights away first.")
        raise NotErasable(text)


@booking.in_one_transaction
def erase(*, person: User, by: User | None, now: dt.datetime) -> bool:
    """Erase a client for good; return whether there was anything to erase.

    Appointments that are still to come are cancelled by `by`, and nobody is mailed. The retention
    has nobody (`by` is None), and erases nobody who has something to come. Raises `NotErasable`.
    """
    booking.hold_calendar(to_change=True)
    person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    require_erasable(person)
    if person.erased_at:
        return False
    list(_of(person).order_by("pk").select_for_update().values_list("pk"))  # nobody cancels now
    _free(person, by, now)
    known = erasure.traces(person)
    mail.empty(_mails(person, known), recipient=person.pk, addresses=known.addresses)
    _of(person).update(note="", reason="")
    erasure.forget(person=person, known=known, now=now)
    audit.record(AuditKind.ERASED, now=now, by=by.pk if by else None, about=person)
    transaction.on_commit(_overwrite, robust=True)  # erased is erased, whoever reads just now
    return True


def preview(*, person: User, now: dt.datetime) -> Preview:
    """Tell what `erase` would do. Reads only."""
    known = erasure.traces(person)
    today, _hour = local_slot(now)
    return Preview(
        coming=_coming(person, now),
        standing=Series.objects.for_client(person).going_on(today).count(),
        notes=Note.objects.filter(client=person).count(),
        invitations=erasure.invitations(person).count(),
        mails=len(_mails(person, known)),
        kept=_of(person).count(),
        mentions=_mentions(person, known),
    )


def _of(person: User) -> AppointmentQuerySet:
    return Appointment.objects.for_client(person)


def _coming(person: User, now: dt.datetime) -> list[Appointment]:
    """Return what waits for its hour, and requests that wait for an answer."""
    ahead = _of(person).filter(status__in=AHEAD)
    return [one for one in ahead if one.starts_at > now or one.status == Status.PENDING]


def _free(person: User, by: User | None, now: dt.datetime) -> None:
    """End what stands and cancel what is to come."""
    today, _hour = local_slot(now)
    standing = list(Series.objects.for_client(person).going_on(today))
    if by is None:
        if standing or any(one.starts_at > now for one in _coming(person, now)):
            raise NotErasable(_("They have appointments to come."))
        return
    for one in standing:
        try:
            series.end(series=one, first=today, by=by, now=now, notify=False)
        except errors.SeriesEnds:
            continue  # its last session was today
    for appointment in _coming(person, now):
        booking.cancel(appointment=appointment, by=by, now=now, notify=False)


def _mails(person: User, known: Traces) -> set[int]:
    """Return the keys of all mail to the person, and of what others were told of them."""
    subjects = [
        person.pk,
        *_of(person).values_list("pk", flat=True),
        *Series.objects.for_client(person).values_list("pk", flat=True),
        *erasure.invitations(person).values_list("pk", flat=True),
    ]
    found = mail.find(recipient=person.pk, addresses=known.addresses, subjects=subjects)
    missed = MailRecord.objects.filter(kind=MailKind.SERIES_MISSED, memo=str(person.pk))
    return found | set(missed.values_list("mail_id", flat=True)) | _agendas(person)


def _agendas(person: User) -> set[int]:
    """Return the keys of the counsellors' agendas of days on which the person has been expected."""
    events = AppointmentEvent.objects.filter(appointment__client=person)
    days = {f"{day}" for day in events.values_list("to_date", flat=True)}
    days |= {f"{day}" for day in _of(person).values_list("date", flat=True)}
    agendas = MailRecord.objects.filter(kind=MailKind.AGENDA).values_list("mail_id", "once")
    # `once` ends with the day; one that was withdrawn has lost it.
    return {pk for pk, once in agendas if not once or once.rpartition(" ")[2] in days}


def _mentions(person: User, known: Traces) -> dict[str, int]:
    """Count where free text about other things names the person: a person has to read those."""
    others = Appointment.objects.exclude(client=person)
    texts = {
        _("notes about other clients"): (Note.objects.exclude(client=person), "text"),
        _("notes of other clients"): (others, "note"),
        _("reasons of other appointments"): (others, "reason"),
        _("reasons of leave"): (Closure.objects.all(), "reason"),
    }
    counts = {
        where: sum(rows.filter(**{f"{field}__icontains": word}).count() for word in known.words)
        for where, (rows, field) in texts.items()
    }
    return {where: count for where, count in counts.items() if count}


def _overwrite() -> None:
    """Let SQLite's log of changes go as well: it has pages as they were. See docs/privacy.md."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
