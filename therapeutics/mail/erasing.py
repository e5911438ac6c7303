"""Find what mail is kept to and about somebody, empty it, and clear old mail away."""

import datetime as dt
import re
import uuid
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from django.db import transaction
from django.db.models import Q, QuerySet
from post_office.models import STATUS, Attachment, Email, Log

from therapeutics.models import MailFile, MailRecord
from therapeutics.models.mail import WAITING

from .queueing import _take_back

T = TypeVar("T")
AT_ONCE = 500  # keys in one statement


def find(
    *,
    recipient: uuid.UUID,
    addresses: Collection[str],
    subjects: Iterable[uuid.UUID],
) -> set[int]:
    """Return the keys of all mail to this person, about these subjects, or with such an address."""
    found = set(Email.objects.filter(to_any(recipient, addresses)).values_list("pk", flat=True))
    for part in _parts(subjects):
        about = MailRecord.objects.filter(about__in=part)
        found.update(about.values_list("mail_id", flat=True))
    for address in addresses:
        found.update(_saying(address))
    return found


def to_any(recipient: uuid.UUID, addresses: Iterable[str]) -> Q:
    """The condition that a mail is to this person, or to one of these addresses."""
    theirs = Q(record__recipient=recipient)
    for address in addresses:
        theirs |= Q(to__iexact=address)
    return theirs


def to_person(recipient: uuid.UUID, addresses: Iterable[str]) -> QuerySet[MailRecord]:
    """Return the records of all mail to this person, or to one of these addresses."""
    return MailRecord.objects.filter(
        mail__in=Email.objects.filter(to_any(recipient, addresses)).values("pk")
    )


def _saying(address: str) -> Iterator[int]:
    """Yield the keys of mail with this address in its words, but not as the end of a longer one."""
    texts = ("subject", "message", "html_message")
    condition = Q()
    for field in texts:
        condition |= Q(**{f"{field}__icontains": address})
    pattern = re.compile(rf"(?<![\w.+-]){re.escape(address)}(?![\w-])", re.IGNORECASE)
    for pk, *said in Email.objects.filter(condition).values_list("pk", *texts).iterator():
        if any(pattern.search(text) for text in said):
            yield pk


def empty(mails: Collection[int], *, recipient: uuid.UUID, addresses: Collection[str]) -> None:
    """Take every word, attachment and memo out of these mails; what waits is not sent any more.

    What stays is when mail of which kind was sent. Whose address it is that goes too. A worker that
    has one of them in hand sends it, and finds the emptied row to write down what became of it.
    """
    for part in _parts(mails):
        records, rows = MailRecord.objects.filter(mail__in=part), Email.objects.filter(pk__in=part)
        _take_back(records.waiting())
        theirs = rows.filter(to_any(recipient, addresses)).values_list("pk", flat=True)
        Email.objects.filter(pk__in=list(theirs)).update(to=[], cc=[], bcc=[])
        rows.update(subject="", message="", html_message="", context=None)
        records.update(memo=None, withdrawn=True)
        Log.objects.filter(email__in=part).update(message="")
        _drop_attachments(part)


def old_mail(*, before: dt.datetime) -> QuerySet[MailRecord]:
    """Return the records of all mail from before then, but of what waits to be sent."""
    return MailRecord.objects.filter(mail__created__lt=before).exclude(mail__status__in=WAITING)


@transaction.atomic
def remove(*, mails: Collection[int]) -> None:
    """Delete these mails with all that belongs to them."""
    for part in _parts(mails):
        _drop_attachments(part)
        Email.objects.filter(pk__in=part).delete()


def wipe_refusals() -> None:
    """A mail that was emptied while a worker had it in hand: why it failed may name the reader."""
    Log.objects.filter(email__to="", status=STATUS.failed).exclude(message="").update(message="")


def _drop_attachments(mails: Collection[int]) -> None:
    attached = Attachment.objects.filter(emails__in=mails)
    names = dict(attached.values_list("pk", "file"))
    MailFile.objects.filter(name__in=names.values()).delete()
    Attachment.objects.filter(pk__in=names).delete()


def _parts(things: Iterable[T]) -> Iterator[list[T]]:
    waiting = iter(things)
    while part := list(islice(waiting, AT_ONCE)):
        yield part
