"""Changes of a person, and what the practice writes down about them."""

import datetime as dt
from collections.abc import Iterable

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import F

from therapeutics import mail

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


def renew_feed(*, person: User) -> None:
    """Give the person's calendar feed another address; the old one answers no more."""
    User.objects.filter(pk=person.pk).update(feed_number=F("feed_number") + 1)


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


def deactivate(*, person: User) -> None:
    """Close the person's account and end their sessions. Appointments stay as they are."""
    with transaction.atomic():
        person.is_active = False
        person.save(update_fields=["is_active"])
        sessions.end(person)


def reactivate(*, person: User) -> None:
    """Let the person sign in again."""
    person.is_active = True
    person.save(update_fields=["is_active"])


def trust_email(*, person: User) -> None:
    """Make the person's e-mail, as it is now, their only verified one.

    For an address that the practice has written itself: links for any other address of theirs,
    a mistyped one for instance, open nothing from then on.
    """
    with transaction.atomic():
        person.trust_email()


def set_password(*, person: User, password: str, here: str | None = None) -> None:
    """Give the person a new password and end the sessions that the old one opened.

    The session with the key `here` is left to the caller, who is about to renew it.
    """
    with transaction.atomic():
        person.set_password(password)
        person.save(update_fields=["password"])
        sessions.end(person, but=here)


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
