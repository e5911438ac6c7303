"""What is kept longer than the practice means to, and how it is removed.

Each rule tells how much is due, and removes it in batches of a few rows, each batch a transaction
of its own with its entries in the security log: nobody waits long for a lock, and a run that is
broken off has done what it has done. `now` is an aware instant.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.models import Invitation, User
from appointments import erasure
from appointments.models import Appointment, RetentionPolicy, Series, local_slot
from therapeutics import audit, mail
from therapeutics.models import AuditEvent, AuditKind, MailRecord

Rows = QuerySet[Any]
MOST = 200  # rows in one batch
DAYS = ngettext_lazy("%(count)d day", "%(count)d days", "count")
YEARS = ngettext_lazy("%(count)d year", "%(count)d years", "count")


class Rule(NamedTuple):
    """What is removed, after how many days or years (a field of the policy), and how.

    `due` returns what is due at a moment; `clear` removes one batch of it, and returns how many.
    """

    what: object
    field: str
    due: Callable[[dt.datetime], Rows]
    clear: Callable[[Rows, dt.datetime], int]


class Due(NamedTuple):
    """A rule at some moment: its period, None when it keeps for good, and how many are due."""

    what: str
    period: str
    rows: int


def due(*, now: dt.datetime) -> list[Due]:
    """Tell what would be removed at `now`. Writes nothing."""
    policy = RetentionPolicy.load()
    return [_due(rule, policy, now) for rule in RULES]


def _due(rule: Rule, policy: RetentionPolicy, now: dt.datetime) -> Due:
    before = _before(rule, policy, now)
    if before is None:
        return Due(str(rule.what), str(_("for good")), 0)
    count = getattr(policy, rule.field)
    words = (YEARS if rule.field.endswith("years") else DAYS) % {"count": count}
    return Due(str(rule.what), str(words), rule.due(before).count())


def apply(*, now: dt.datetime) -> list[Due]:
    """Remove what is due at `now`; return how many of each were."""
    policy, done = RetentionPolicy.load(), []
    for rule in RULES:
        planned, before = _due(rule, policy, now), _before(rule, policy, now)
        done.append(planned._replace(rows=_clear(rule, before, now) if before else 0))
    return done


def apply_if_wanted(*, now: dt.datetime) -> int:
    """Remove what is due, where the practice has chosen that; return how many rows went."""
    if not RetentionPolicy.load().automatic:
        return 0
    return sum(one.rows for one in apply(now=now))


def _clear(rule: Rule, before: dt.datetime, now: dt.datetime) -> int:
    total = 0
    while done := rule.clear(rule.due(before), now):
        total += done
    return total


def _before(rule: Rule, policy: RetentionPolicy, now: dt.datetime) -> dt.datetime | None:
    """Return the moment before which everything is due; None when it is kept for good."""
    count = getattr(policy, rule.field)
    if count is None:
        return None
    if rule.field.endswith("days"):
        return now - dt.timedelta(days=count)
    first, short = now.year - count, now.month == 2 and now.day == 29
    return now.replace(year=first, day=28) if short else now.replace(year=first)


def _expired(rows: Iterable[Model], now: dt.datetime) -> None:
    for row in rows:
        audit.record(AuditKind.EXPIRED, now=now, about=row)


# Mail


def _mail(before: dt.datetime) -> QuerySet[MailRecord]:
    return mail.old_mail(before=before).order_by("mail_id")


@transaction.atomic
def _clear_mail(rows: Rows, now: dt.datetime) -> int:
    found = list(rows[:MOST])
    _expired(found, now)
    mail.remove(mails=[record.mail_id for record in found])
    return len(found)


# Invitations


def _invitations(before: dt.datetime) -> QuerySet[Invitation]:
    return Invitation.objects.filter(accepted_at=None, expires_at__lt=before).order_by("pk")


@transaction.atomic
def _clear_invitations(rows: Rows, now: dt.datetime) -> int:
    found = list(rows.select_for_update(of=["self"])[:MOST])
    _expired(found, now)
    mail.remove(mails=[one.mail_id for one in found if one.mail_id])
    Invitation.objects.filter(pk__in=[one.pk for one in found]).delete()
    return len(found)


# What appointments say


def _words(before: dt.datetime) -> QuerySet[Appointment]:
    said = Appointment.objects.filter(date__lt=local_slot(before)[0])
    return said.exclude(note="", reason="").order_by("pk")


@transaction.atomic
def _clear_words(rows: Rows, now: dt.datetime) -> int:
    found = list(rows[:MOST])
    _expired(found, now)
    Appointment.objects.filter(pk__in=[one.pk for one in found]).update(note="", reason="")
    return len(found)


# Clients


def _clients(before: dt.datetime) -> QuerySet[User]:
    """Those without an appointment, a standing slot or a sign-in since then."""
    day, _hour = local_slot(before)
    met = Appointment.objects.filter(date__gte=day).values("client")
    standing = Series.objects.going_on(day).values("client")
    away = User.objects.clients().remembered().filter(date_joined__lt=before)
    away = away.filter(Q(last_login=None) | Q(last_login__lt=before))
    return away.exclude(pk__in=met).exclude(pk__in=standing).order_by("pk")


def _clear_clients(rows: Rows, now: dt.datetime) -> int:
    """Erase them one by one: each is a transaction of its own."""
    done = 0
    for person in rows[:MOST]:
        with suppress(erasure.NotErasable):  # they have come back at this very moment
            done += erasure.erase(person=person, by=None, now=now)
    return done


# The security log


def _security(before: dt.datetime) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(at__lt=before).order_by("pk")


@transaction.atomic
def _clear_log(rows: Rows, now: dt.datetime) -> int:
    """Remove a batch, with one entry for all of it: else the log would never get shorter."""
    found = list(rows[:MOST])
    _expired(found[-1:], now)
    AuditEvent.objects.filter(pk__in=[one.pk for one in found]).delete()
    return len(found)


RULES = [
    Rule(_("Mail"), "mail_days", _mail, _clear_mail),
    Rule(_("Invitations"), "invitation_days", _invitations, _clear_invitations),
    Rule(_("Notes and reasons"), "note_years", _words, _clear_words),
    Rule(_("Clients, erased"), "client_years", _clients, _clear_clients),
    Rule(_("Security log"), "audit_days", _security, _clear_log),
]
