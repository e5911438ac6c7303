"""What the practice holds about a person that is theirs to have (GDPR, articles 15 and 20).

Counsellors' notes and reasons are not in it: they may be about third parties, or do harm when they
are read alone. That they exist is said, and the practice hands them out by hand; docs/privacy.md
has why. Nor are passwords, keys and secrets of second factors: they would open the account.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.utils.translation import gettext as _

from accounts.models import Invitation, Note, Session, User
from appointments.models import Appointment, AppointmentEvent, Series
from therapeutics import audit, mail
from therapeutics.models import AuditEvent, AuditKind, MailRecord

Facts = dict[str, Any]


class PersonalData(NamedTuple):
    """Everything by subject, in words and ISO times; the appointments once more as they are."""

    facts: Facts
    appointments: list[Appointment]


def export(*, person: User, now: dt.datetime) -> PersonalData:
    """Gather a person's data, and note in the security log that they had it."""
    audit.record(AuditKind.EXPORTED, now=now, by=person.pk, about=person)
    return gather(person=person, now=now)


def gather(*, person: User, now: dt.datetime) -> PersonalData:
    """Read it, in as many queries whatever there is. Writes nothing."""
    theirs = Appointment.objects.for_client(person).prefetch_related("events")
    appointments = list(theirs.order_by("date", "hour", "id"))
    facts: Facts = {
        "made_at": now,
        "about_this_file": _about(),
        "profile": _profile(person),
        "email_addresses": list(
            EmailAddress.objects.filter(user=person).values("email", "verified", "primary")
        ),
        "second_factors": [_factor(one) for one in Authenticator.objects.filter(user=person)],
        "places_signed_in": list(
            Session.objects.filter(user=person).values("started_at", "seen_at", "address", "agent")
        ),
        "invitations": list(
            Invitation.objects.filter(person=person).values(
                "email", "name", "sent", "expires_at", "accepted_at"
            )
        ),
        "appointments": [_appointment(one, person) for one in appointments],
        "standing_appointments": _standing(person),
        "mail": _mail(person),
        "security_log": _security(person),
        "notes_of_the_practice": {
            "number": Note.objects.filter(client=person).count(),
            "how_to_have_them": _("Please ask us: we go through them with you."),
        },
    }
    return PersonalData(facts, appointments)


def _about() -> str:
    return _(
        "What we keep about you. Times say their zone: Z is UTC, and appointments are in the"
        " practice’s own time. Passwords and keys are left out, since they would open your account."
    )


def _profile(person: User) -> Facts:
    plain = ("name", "username", "email", "phone", "calendar_files", "date_joined", "last_login")
    facts: Facts = {field: getattr(person, field) for field in plain}
    return facts | {
        "id": person.pk,
        "role": _("staff") if person.is_staff else _("client"),
        "how_to_reach_you": person.get_contact_display(),
        "reminder": person.get_reminder_display(),
        "no_mail_about": person.muted,
        "erasure_asked_at": person.erasure_asked_at,
    }


def _factor(factor: Authenticator) -> Facts:
    return {
        "kind": factor.get_type_display(),
        "name": str(factor),
        "created_at": factor.created_at,
        "last_used_at": factor.last_used_at,
    }


def _appointment(appointment: Appointment, person: User) -> Facts:
    return {
        "id": appointment.pk,
        "date": appointment.date,
        "hour": appointment.hour,
        "starts_at": appointment.starts_at,
        "status": appointment.get_status_display(),
        "cancelled_by": appointment.get_cancelled_by_display(),
        "cancelled_late": appointment.cancelled_late,
        "your_note": appointment.note,
        "booked_at": appointment.created_at,
        "changed_at": appointment.changed_at,
        "standing_appointment": appointment.series_id,
        "history": [_event(event, person.pk) for event in appointment.events.all()],
    }


def _event(event: AppointmentEvent, person: UUID) -> Facts:
    return {
        "at": event.at,
        "by": _("you") if event.by_id == person else _("the practice"),
        "what": event.get_action_display(),
        "from_date": event.from_date,
        "from_hour": event.from_hour,
        "to_date": event.to_date,
        "to_hour": event.to_hour,
        "late_cancellation": event.late,
    }


def _standing(person: User) -> list[Facts]:
    return [
        {
            "id": one.pk,
            "first_date": one.first_date,
            "hour": one.hour,
            "rhythm": one.get_rhythm_display(),
            "last_date": one.last_date,
            "made_at": one.created_at,
            "dates_without_a_session": [
                {"date": gap.date, "why": gap.get_why_display()} for gap in one.gaps.all()
            ],
        }
        for one in Series.objects.for_client(person).prefetch_related("gaps")
    ]


def _mail(person: User) -> list[Facts]:
    """Mail to the person: what of, when, and what became of it. Its text is in their box."""
    theirs = mail.to_person(person.pk, [person.email] if person.email else [])
    records: Iterable[MailRecord] = theirs.select_related("mail").order_by("mail_id")
    return [
        {
            "kind": record.get_kind_display(),
            "subject": record.mail.subject,
            "to": record.mail.to,
            "written_at": record.mail.created,
            "state": record.state.label,
        }
        for record in records
    ]


def _security(person: User) -> list[Facts]:
    """What the security log has of the person's own doing."""
    own = AuditEvent.objects.filter(by=person.pk).order_by("pk")
    return [
        {"at": event.at, "what": event.get_kind_display(), "from": event.address} for event in own
    ]
