"""What Django and allauth tell of people and their accounts, for the security log.

Their signals are the only place for it: what they do, they do by themselves. What is our own flow
(`people`, `invitations`, `adapters`) writes its events where it happens.
"""

from typing import Any

from allauth.account import signals as account
from allauth.core import context
from allauth.mfa import signals as second_factor
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import post_delete, post_save
from django.utils import timezone

from therapeutics import audit
from therapeutics.models import AuditKind

from .models import SECOND_FACTORS, User


def listen() -> None:
    """Have the receivers below called, from when the site starts."""
    user_logged_in.connect(_signed_in)
    user_logged_out.connect(_signed_out)
    account.authentication_step_completed.connect(_step_completed)
    account.email_changed.connect(_email_changed)
    second_factor.authentication_failed.connect(_code_refused)
    post_save.connect(_factor_saved, sender=Authenticator)
    post_delete.connect(_factor_deleted, sender=Authenticator)


def _write(kind: AuditKind, *, by: User | None, about: User | None = None) -> None:
    audit.record(kind, now=timezone.now(), by=by.pk if by else None, about=about)


def _whoever_asks() -> User | None:
    """Return who is signed in where the request comes from that is being answered, if any."""
    person = context.request.user if context.request else None
    return person if person and person.is_authenticated else None


def _signed_in(sender: object, *, user: User, **what: Any) -> None:
    _write(AuditKind.SIGNED_IN, by=user)


def _signed_out(sender: object, *, user: User | None, **what: Any) -> None:
    if user:
        _write(AuditKind.SIGNED_OUT, by=user)


def _step_completed(sender: object, *, user: User, **what: Any) -> None:
    if what.get("reauthenticated"):
        _write(AuditKind.REAUTHENTICATED, by=user)


def _email_changed(sender: object, *, user: User, **what: Any) -> None:
    _write(AuditKind.EMAIL_CHANGED, by=_whoever_asks(), about=user)


def _code_refused(sender: object, *, user: User, **what: Any) -> None:
    _write(AuditKind.SIGN_IN_FAILED, by=_whoever_asks(), about=user)


# allauth's own signals come after the commit, or without a transaction at all. These come in the
# one of the row, whoever writes or deletes it: the person, Site admin, a command.


def _factor_saved(
    sender: object, *, instance: Authenticator, created: bool = False, **what: Any
) -> None:
    if created:
        real = instance.type in SECOND_FACTORS
        kind = AuditKind.SECOND_FACTOR_ADDED if real else AuditKind.RECOVERY_CODES_MADE
        _write(kind, by=_whoever_asks(), about=instance.user)


def _factor_deleted(sender: object, *, instance: Authenticator, **what: Any) -> None:
    if instance.type in SECOND_FACTORS:
        _write(AuditKind.SECOND_FACTOR_REMOVED, by=_whoever_asks(), about=instance.user)
