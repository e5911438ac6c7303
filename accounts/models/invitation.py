"""Invitations: the only way to an account."""

import datetime as dt
import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from invitations.base_invitation import AbstractBaseInvitation
from post_office.models import STATUS

from accounts.validators import validate_address, validate_line, validate_name

from .person import User


class State(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Delivery failed")
    ACCEPTED = "accepted", _("Accepted")
    REVOKED = "revoked", _("Revoked")
    EXPIRED = "expired", _("Expired")


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def waiting_for(self, email: str) -> Self:
        """The one for an address, in any case, that nobody has accepted: open or not."""
        return self.alias(address=Lower("email")).filter(
            address=Lower(models.Value(email)), accepted_at=None
        )

    def of(self, person: User) -> Self:
        """Those that the person came by, and those for their address, in any case."""
        theirs = models.Q(person=person)
        if person.email:
            theirs |= models.Q(address=person.email.lower())
        return self.alias(address=Lower("email")).filter(theirs)


class Invitation(AbstractBaseInvitation):
    """The invitation of one e-mail address. Written by `accounts.invitations` only.

    `key` is the SHA-256 of the link's key, which is nowhere else but in the mail. What
    django-invitations' own views and forms would call (`create`, `send_invitation`,
    `key_expired`) is left undefined on purpose: there is one writer.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail"), validators=[validate_address])
    name = models.CharField(_("name"), max_length=150, validators=[validate_line, validate_name])
    inviter = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("invited by"),
    )
    sent = models.DateTimeField(_("invited at"))
    expires_at = models.DateTimeField(_("holds until"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True)
    accepted_at = models.DateTimeField(_("accepted at"), null=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("accepted by"),
    )
    mail = models.ForeignKey(
        "post_office.Email",
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("mail"),
    )

    unsendable = models.BooleanField(
        _("unsendable"), default=False, help_text=_("No server would take mail to this address.")
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-sent", "id"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=models.Q(accepted_at=None),
                name="accounts_invitation_once_in_any_case",
                violation_error_message=_("This address has an invitation."),
            )
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def accepted(self) -> bool:
        return self.accepted_at is not None

    def state(self, now: dt.datetime) -> State:
        """Where it stands at `now`. Reads its mail."""
        if self.accepted:
            return State.ACCEPTED
        if self.revoked_at:
            return State.REVOKED
        if self.expires_at <= now:
            return State.EXPIRED
        if self.unsendable:
            return State.FAILED
        if self.mail is None or self.mail.status == STATUS.sent:  # old mail may be cleared away
            return State.SENT
        return State.FAILED if self.mail.status == STATUS.failed else State.QUEUED
