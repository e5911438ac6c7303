"""Changes of a person, and what the practice writes down about them."""

import datetime as dt
from collections.abc import Iterable

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import F

from therapeutics import audit, mail
from therapeutics.models import AuditKind

from . import sessions
from .models import SECOND_FACTORS, Note, User


class Erased(Exception):
    """Nothing is written down any more about this person."""


def describe(*, person: User, name: str, phone: str, contact: str = "") -> None:
    """Write down what a person has changed about themselves; without `contact` it is as it was."""
    _write(person, name=name, phone=phone, contact=contact or person.contact)


def choose_mail(*, person: User, **choices: object) -> None:
    """Write down which mail the person wants, and what their calendar feed says."""
    _write(person, **choices)


def _write(person: User, **fields: object) -> None:
    """Write these fields, unless the person is erased at this very moment."""
    for name, value in fields.items():
        setattr(person, name, value)
    User.objects.remembered().filter(pk=person.pk).update(**fields)


def renew_feed(*, person: User, now: dt.datetime) -> None:
    """Give the person's calendar feed another address; the old one answers no more."""
    with transaction.atomic():
        User.objects.filter(pk=person.pk).update(feed_number=F("feed_number") + 1)
        audit.record(AuditKind.FEED_RENEWED, now=now, by=person.pk, about=person)


def add_note(*, client: User, text: str, by: User, now: dt.datetime) -> Note:
    """Write down what the practice alone reads about a client. Raises `Erased`."""
    with transaction.atomic():
        held = User.objects.select_for_update(no_key=True).remembered()
        if held.filter(pk=client.pk).first() is None:
            raise Erased
        return Note.objects.create(client=client, text=text, written_by=by, written_at=now)


def remove_note(*, note: Note) -> None:
    """Remove a note for good; nothing is kept of it."""
    note.delete()


def deactivate(*, person: User, by: User, now: dt.datetime) -> None:
    """Close the person's account and end their sessions. Appointments stay as they are."""
    with transaction.atomic():
        person.is_active = False
        person.save(update_fields=["is_active"])
        sessions.end(person)
        audit.record(AuditKind.DEACTIVATED, now=now, by=by.pk, about=person)


def reactivate(*, person: User, by: User, now: dt.datetime) -> None:
    """Let the person sign in again."""
    with transaction.atomic():
        person.is_active = True
        person.save(update_fields=["is_active"])
        audit.record(AuditKind.REACTIVATED, now=now, by=by.pk, about=person)


def sign_out_elsewhere(*, person: User, here: str | None, now: dt.datetime) -> int:
    """End the person's sessions, all but the one with the key `here`; return how many ended."""
    with transaction.atomic():
        ended = sessions.end(person, but=here)
        if ended:
            audit.record(AuditKind.SESSIONS_ENDED, now=now, by=person.pk, about=person)
    return ended


def trust_email(*, person: User) -> None:
    """Make the person's e-mail, as it is now, their only verified one.

    For an address that the practice has written itself: links for any other address of theirs,
    a mistyped one for instance, open nothing from then on.
    """
    with transaction.atomic():
        person.trust_email()


def set_password(
    *,
    person: User,
    password: str | None,
    by: User | None,
    now: dt.datetime,
    here: str | None = None,
) -> None:
    """Give the person a new password, or none, and end the sessions that the old one opened.

    Nobody is signed in for it (`by`) when a mailed link resets it. The session with the key
    `here` is left to the caller, who is about to renew it.
    """
    kind = AuditKind.PASSWORD_CHANGED if by else AuditKind.PASSWORD_RESET
    with transaction.atomic():
        person.set_password(password)
        person.save(update_fields=["password"])
        sessions.end(person, but=here)
        audit.record(kind, now=now, by=by.pk if by else None, about=person)


def second_factor_added(*, authenticator: Authenticator, here: str | None) -> None:
    """With somebody's first second factor, end the sessions that began without one, but `here`."""
    theirs = Authenticator.objects.filter(user=authenticator.user, type__in=SECOND_FACTORS)
    if authenticator.type in SECOND_FACTORS and theirs.count() == 1:
        sessions.end(authenticator.user, but=here)


def remove_second_factors(*, authenticators: Iterable[Authenticator]) -> None:
    """Remove apps, passkeys or codes for the people they belong to, and tell each of them once.

    With somebody's last app or passkey their recovery codes go as well.
    """
    removed = list(authenticators)
    with transaction.atomic():
        for authenticator in removed:
            authenticator.delete()
        for person in {authenticator.user for authenticator in removed}:
            left = Authenticator.objects.filter(user=person)
            if not left.filter(type__in=SECOND_FACTORS).exists():
                left.delete()
            if person.email:
                context: dict[str, object] = {"person": person}
                about = mail.About(recipient=person.pk)
                mail.queue(
                    "accounts/second_factor_removed", to=person.email, context=context, about=about
                )
