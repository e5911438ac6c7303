"""The closed door: the only writer of invitations, and of the accounts they lead to.

A key is 256 random bits, in the mail's link and nowhere else: the database has its SHA-256.
Each step reads the live row again, so a revoked, renewed or expired invitation opens nothing,
whatever page or session had it open.
"""

import datetime as dt
import hashlib
import secrets

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from therapeutics import audit, mail
from therapeutics.models import AuditKind, MailKind

from .models import Invitation, User


class InvitationError(Exception):
    """A refusal; nothing was written. Its text is for the person who asked.

    `conflict` tells that things have changed under the asker.
    """

    conflict = True


class AlreadyRegistered(InvitationError):
    def __init__(self) -> None:
        super().__init__(_("Somebody with this e-mail address has an account already."))


class AlreadyInvited(InvitationError):
    def __init__(self) -> None:
        super().__init__(
            _("This address has an open invitation. You can send it again from the list below.")
        )


class NoSuchInvitation(InvitationError):
    conflict = False

    def __init__(self) -> None:
        super().__init__(
            _("This link opens nothing. If a newer mail has come since, please use the link in it.")
        )


class InvitationUsed(InvitationError):
    def __init__(self) -> None:
        super().__init__(_("This invitation has been used. Please sign in."))


class InvitationRevoked(InvitationError):
    def __init__(self) -> None:
        super().__init__(_("This invitation holds no longer. Please call us if you expected it."))


class InvitationExpired(InvitationError):
    def __init__(self) -> None:
        super().__init__(_("This invitation has expired. Please call us, and we send a new one."))


class UserNameTaken(InvitationError):
    conflict = False

    def __init__(self) -> None:
        super().__init__(_("This user name is taken. Please choose another one."))


def digest(key: str) -> str:
    """Return what the database and a session keep of a link's key."""
    return hashlib.sha256(key.encode()).hexdigest()


def invite(*, email: str, name: str, by: User, now: dt.datetime) -> Invitation:
    """Invite a person; an address whose invitation was revoked or has expired gets a new one.

    Raises AlreadyRegistered or AlreadyInvited.
    """
    email = email.lower()
    _require_no_account(email)
    try:
        with transaction.atomic():
            invitation = Invitation.objects.select_for_update().waiting_for(email).first()
            if invitation and not (invitation.revoked_at or invitation.expires_at <= now):
                raise AlreadyInvited
            invitation = invitation or Invitation(email=email)
            invitation.name = name
            return _send(invitation, AuditKind.INVITED, by=by, now=now)
    except IntegrityError as error:  # the same address, at the same moment
        raise AlreadyInvited from error


def resend(*, invitation: Invitation, by: User, now: dt.datetime) -> Invitation:
    """Send the invitation with a new key and a new term; the old link opens nothing more.

    Raises InvitationUsed or AlreadyRegistered.
    """
    _require_no_account(invitation.email)
    with transaction.atomic():
        invitation = _locked(invitation)
        return _send(invitation, AuditKind.INVITATION_RESENT, by=by, now=now)


def revoke(*, invitation: Invitation, by: User, now: dt.datetime) -> Invitation:
    """Close the invitation, whoever has its page open. Raises InvitationUsed."""
    with transaction.atomic():
        invitation = _locked(invitation)
        if not invitation.revoked_at:
            invitation.revoked_at = now
            invitation.save(update_fields=["revoked_at"])
            mail.withdraw(invitation.mail)
            audit.record(AuditKind.INVITATION_REVOKED, now=now, by=by.pk, about=invitation)
        return invitation


def find(*, key_digest: str, now: dt.datetime) -> Invitation:
    """Return the open invitation of a key.

    Raises NoSuchInvitation, InvitationUsed, InvitationRevoked or InvitationExpired.
    """
    return _open(Invitation.objects.select_related("inviter"), key_digest, now)


def accept(*, key_digest: str, username: str, name: str, password: str, now: dt.datetime) -> User:
    """Open the account of an invitation: one, however many ask at once.

    The e-mail is the invited one and counts as verified. Raises what `find` raises, and
    UserNameTaken or AlreadyRegistered.
    """
    find(key_digest=key_digest, now=now)
    person = User(username=username, name=name)
    person.set_password(password)  # slow on purpose, so before the lock
    try:
        with transaction.atomic():
            invitation = _open(Invitation.objects.select_for_update(), key_digest, now)
            person.email = invitation.email
            person.save(force_insert=True)
            person.trust_email()
            invitation.accepted_at, invitation.person = now, person
            invitation.save(update_fields=["accepted_at", "person"])
            audit.record(AuditKind.SIGNED_UP, now=now, by=person.pk, about=invitation)
    except IntegrityError as error:
        taken = User.objects.known_as(username).exists()
        raise (UserNameTaken if taken else AlreadyRegistered) from error
    return person


def _require_no_account(email: str) -> None:
    if User.objects.known_as(email).exists():
        raise AlreadyRegistered


def _locked(invitation: Invitation) -> Invitation:
    """Return the live row of an invitation that nobody has accepted, locked."""
    live = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if live.accepted:
        raise InvitationUsed
    return live


def _open(found: QuerySet[Invitation], key_digest: str, now: dt.datetime) -> Invitation:
    invitation = found.filter(key=key_digest).first()
    if invitation is None:
        raise NoSuchInvitation
    if invitation.accepted:
        raise InvitationUsed
    if invitation.revoked_at:
        raise InvitationRevoked
    if invitation.expires_at <= now:
        raise InvitationExpired
    return invitation


def _send(invitation: Invitation, kind: AuditKind, *, by: User, now: dt.datetime) -> Invitation:
    """Give the invitation a new key and term, and queue its mail; within a transaction."""
    key = secrets.token_urlsafe(32)
    mail.withdraw(invitation.mail)
    invitation.key = digest(key)
    invitation.inviter, invitation.sent, invitation.revoked_at = by, now, None
    invitation.expires_at = now + dt.timedelta(days=settings.INVITATIONS_INVITATION_EXPIRY)
    link = settings.SITE_URL + reverse("invitation", args=[key])
    context = {"invitation": invitation, "inviter": by, "link": link}
    about = mail.About(MailKind.INVITATION, invitation.pk, secret=True)
    invitation.mail = mail.queue(
        "accounts/invitation", to=invitation.email, context=context, about=about
    )
    invitation.unsendable = invitation.mail is None
    invitation.save()
    audit.record(kind, now=now, by=by.pk, about=invitation)
    return invitation
