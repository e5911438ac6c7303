"""Write mail down, and take back what is not sent yet."""

import datetime as dt
import logging
import uuid
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from email.utils import make_msgid
from io import BytesIO
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from post_office.models import PRIORITY, STATUS, Attachment, Email

from therapeutics.models import MailKind, MailRecord, Practice
from therapeutics.models.mail import WAITING

logger = logging.getLogger(__name__)


class CalendarFile(NamedTuple):
    """An iCalendar object and its method (RFC 5546), to be attached to a mail."""

    method: str
    content: bytes


class About(NamedTuple):
    """What the mail is, beside its words: its kind, the id of what it is about, a memo for later.

    `recipient` is the id of the person whom it is for. With `once` it is queued only if no other
    mail was queued with the same text there. It is not sent any more at `expires_at`.
    """

    kind: MailKind = MailKind.ACCOUNT
    subject: uuid.UUID | None = None
    once: str = ""
    memo: object = None
    secret: bool = False
    expires_at: dt.datetime | None = None
    recipient: uuid.UUID | None = None


def queue(
    template: str,
    *,
    to: str,
    context: dict[str, object],
    calendar: CalendarFile | None = None,
    about: About | None = None,
    send_at: dt.datetime | None = None,
) -> Email | None:
    """Queue one mail to the address `to`; it is delivered by the worker, with retries.

    `emails/<template>.txt` (its first line is the subject) and `.html` get `context`, the
    practice and its address. It is sent from `send_at` on. The text of a secret mail, one with a
    key in it, is wiped once it is sent. Return the queued mail; None when no server would take its
    address, or when it was queued before.
    """
    about, practice = about or About(), Practice.load()
    context = {**context, "practice": practice, "site_url": settings.SITE_URL}
    subject, _blank, text = render_to_string(f"emails/{template}.txt", context).partition("\n\n")
    mail = Email(
        from_email=sender(practice),
        to=[to],
        cc=[],
        bcc=[],
        subject=" ".join(subject.split()),
        message=text.strip() + "\n",
        html_message=render_to_string(f"emails/{template}.html", context),
        status=STATUS.queued,
        priority=PRIORITY.medium,
        scheduled_time=send_at,
        message_id=make_msgid(domain=urlsplit(settings.SITE_URL).hostname),
        # No answering machine shall answer (RFC 3834); people's answers reach the practice.
        headers={"Auto-Submitted": "auto-generated", "Reply-To": practice.sender},
    )
    try:
        with _at_once(about):
            _write(mail, about, calendar)
    except ValidationError:
        # An address that no server would take must not undo the change the mail speaks of.
        logger.error("mail %s is not queued: its sender or recipient is no address", template)
        return None
    except IntegrityError:
        if not (about.once and MailRecord.objects.filter(once=about.once).exists()):
            raise
        return None
    return mail


def _at_once(about: About) -> AbstractContextManager[None]:
    """Write all rows or none; in somebody's transaction a savepoint is for `once` alone."""
    needed = about.once or not transaction.get_connection().in_atomic_block
    return transaction.atomic() if needed else nullcontext()


def _write(mail: Email, about: About, calendar: CalendarFile | None) -> None:
    mail.save()
    MailRecord.objects.create(
        mail=mail,
        kind=about.kind,
        about=about.subject,
        recipient=about.recipient,
        once=about.once,
        memo=about.memo,
        secret=about.secret,
        expires_at=about.expires_at,
    )
    if calendar:
        kind = f"text/calendar; method={calendar.method}"
        attachment = Attachment(name="appointment.ics", mimetype=kind)
        attachment.file.save("appointment.ics", File(BytesIO(calendar.content)), save=True)
        mail.attachments.add(attachment)


def sender(practice: Practice | None = None) -> str:
    """Return who all mail is from: DEFAULT_FROM_EMAIL, or the practice's discreet name."""
    return settings.DEFAULT_FROM_EMAIL or (practice or Practice.load()).sender


def queued_already(keys: Iterable[str]) -> set[str]:
    """Return those of the `once` texts with which a mail was queued before."""
    return set(MailRecord.objects.filter(once__in=list(keys)).values_list("once", flat=True))


def overtake(*, subject: uuid.UUID) -> list[MailRecord]:
    """Let no mail about this thing be sent any more, or again; return those that were waiting."""
    found = list(MailRecord.objects.about(subject).filter(withdrawn=False).select_related("mail"))
    waiting = [record for record in found if record.mail.status in WAITING]
    if found:
        MailRecord.objects.filter(pk__in=[one.pk for one in found]).update(withdrawn=True)
    _take_back(waiting)
    return waiting


def withdraw(mail: Email | None) -> None:
    """Take a mail that is not sent yet out of the queue: what it tells holds no longer."""
    if mail:
        _take_back(MailRecord.objects.filter(mail=mail).waiting())


def _take_back(records: Iterable[MailRecord]) -> None:
    """Mark them as withdrawn; a worker that has one of them in hand says so when it is sent."""
    found = {record.pk: record.mail_id for record in records}
    if found:
        MailRecord.objects.filter(pk__in=found).update(withdrawn=True, once="")
        waiting = Email.objects.filter(pk__in=found.values(), status__in=WAITING)
        waiting.update(status=STATUS.failed)
