"""The wish to be erased, and how an account forgets its owner.

What a person leaves behind elsewhere, appointments above all, goes with `appointments.erasure`,
which calls `forget` here.
"""

import datetime as dt
from typing import NamedTuple

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse

from therapeutics import audit, mail
from therapeutics.models import AuditKind

from . import limits
from .models import ERASED, Contact, FeedTitles, Invitation, Note, Reminder, Session, User
from .sessions import SessionStore

SHORTEST = 3  # characters of what is looked for in texts; less is found anywhere


class Traces(NamedTuple):
    """What a person is known by: every address of theirs, and these with their names and number.

    Addresses are nobody else's. Words may be anything, "Appointment" included, so they are looked
    for to be shown, never to be taken out.
    """

    addresses: set[str]
    words: set[str]


def ask(*, person: User, now: dt.datetime) -> bool:
    """Note that a client wants to be erased, and tell them and the superusers; once.

    Return whether that is new. Staff do not ask here.
    """
    with transaction.atomic():
        wishing = _of(person).filter(is_staff=False, erasure_asked_at=None)
        if not wishing.update(erasure_asked_at=now):
            return False
        audit.record(AuditKind.ERASURE_ASKED, now=now, by=person.pk, about=person)
        _write_to(person, "accounts/erasure_received")
        path = reverse("admin:accounts_user_changelist") + "?erasure_asked_at__isempty=0"
        for superuser in User.objects.active().filter(is_superuser=True).exclude(email=""):
            _write_to(superuser, "accounts/erasure_asked", link=settings.SITE_URL + path)
    return True


def withdraw(*, person: User, now: dt.datetime) -> bool:
    """Take the wish back, as the client; return whether there was one."""
    return _close(person, by=person, now=now)


def decline(*, person: User, by: User, now: dt.datetime) -> bool:
    """Close the request without erasing, and tell the client that the practice will explain."""
    with transaction.atomic():
        closed = _close(person, by=by, now=now)
        if closed:
            _write_to(person, "accounts/erasure_declined")
    return closed


def _close(person: User, *, by: User, now: dt.datetime) -> bool:
    with transaction.atomic():
        closed = _of(person).exclude(erasure_asked_at=None).update(erasure_asked_at=None)
        if closed:
            audit.record(AuditKind.ERASURE_DECLINED, now=now, by=by.pk, about=person)
    return bool(closed)


def _of(person: User) -> QuerySet[User]:
    return User.objects.remembered().filter(pk=person.pk)


def _write_to(person: User, template: str, **context: object) -> None:
    if person.email:
        about = mail.About(recipient=person.pk)
        mail.queue(template, to=person.email, context={"person": person, **context}, about=about)


def traces(person: User) -> Traces:
    """Return what the person is known by, now and from their invitation on.

    An address that somebody else has by now, or that was never confirmed, is not theirs: nobody
    gets at another person's mail by writing down their address.
    """
    invited = invitations(person).values_list("email", flat=True)
    found = {address.lower() for address in [*_confirmed(person), *invited]}
    others = User.objects.exclude(pk=person.pk).filter(email__in=found)
    addresses = found - set(others.values_list("email", flat=True))
    words = {*addresses, person.name, person.username, person.phone}
    return Traces(addresses, {word for word in words if len(word) >= SHORTEST})


def _confirmed(person: User) -> list[str]:
    own = EmailAddress.objects.filter(user=person, verified=True).values_list("email", flat=True)
    return [address for address in {person.email, *own} if address]


def invitations(person: User) -> QuerySet[Invitation]:
    """Return those that the person came by, and unanswered ones in their name or to their address.

    One that somebody else has accepted is never among them.
    """
    theirs = Q(person=person)
    unanswered = Q(email__in=_confirmed(person))
    if person.name:
        others = User.objects.exclude(pk=person.pk).exclude(email="").values("email")
        unanswered |= Q(name__iexact=person.name) & ~Q(email__in=others)
    return Invitation.objects.filter(theirs | (unanswered & Q(accepted_at=None)))


def forget(*, person: User, known: Traces, now: dt.datetime) -> None:
    """Leave nothing of the person but a closed account without a name; within a transaction."""
    for address in known.addresses | {person.username}:
        limits.forget(limits.person(address, ""))
    invitations(person).delete()
    Note.objects.filter(client=person).delete()
    Authenticator.objects.filter(user=person).delete()
    EmailAddress.objects.filter(user=person).delete()
    Session.objects.filter(user=person).delete()
    _forget_visits(person, known)
    User.objects.filter(pk=person.pk).update(
        username=ERASED + person.pk.hex,
        **dict.fromkeys(("email", "name", "phone"), ""),
        **dict.fromkeys(("is_active", "is_staff", "is_superuser"), False),
        password=make_password(None),
        contact=Contact.EITHER,
        muted=[],
        reminder=Reminder.ONE_DAY,
        calendar_files=True,
        agenda=False,
        feed_titles=FeedTitles.NEUTRAL,
        feed_number=F("feed_number") + 1,
        last_login=None,
        date_joined=now,
        erasure_asked_at=None,
        erased_at=now,
    )


def _forget_visits(person: User, known: Traces) -> None:
    """End sessions in which nobody is signed in that name the person: a sign-in half done, say."""
    marks = [*known.addresses, str(person.pk), person.pk.hex]
    for session in Session.objects.filter(user=None).iterator():
        said = str(SessionStore().decode(session.session_data))
        if any(mark in said for mark in marks):
            session.delete()
