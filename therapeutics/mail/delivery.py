"""Hand queued mail to the server, and tell how that goes."""

import datetime as dt
import logging
from collections.abc import Callable
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, Max, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from post_office import mail as post_office
from post_office.models import STATUS, Email, Log

from therapeutics.models import MailRecord, Worker
from therapeutics.models.mail import WAITING

from . import erasing
from .lock import the_only_worker

logger = logging.getLogger(__name__)

LATE_AFTER = dt.timedelta(minutes=15)


class MailRefused(Exception):
    """This is not to be done with a mail. Its text is for the person who asked."""


class Health(NamedTuple):
    """How mail goes.

    `failing` mails need somebody to look at them, `unwritten` are to be told of and cannot be.
    """

    failing: int
    worker_is_late: bool
    unwritten: int

    @property
    def is_good(self) -> bool:
        return not any(self)


def deliver(*, go_on: Callable[[], bool] = lambda: True) -> int:
    """Send what is queued and due, for as long as `go_on` says so; return the number sent.

    While another worker delivers, this one sends nothing. Each mail is sent by itself, so that
    none of them holds up another, and a kill repeats one of them at most.
    """
    sent = 0
    with the_only_worker() as still_alone:
        while go_on() and still_alone():
            _give_up()
            if not post_office.get_queued().exists():
                break
            done, *not_done = post_office.send_queued()
            sent += done
            _wipe_secrets()
            if any(not_done):
                _log_failure()
                erasing.wipe_refusals()
    return sent


def _log_failure() -> None:
    """Tell the log which mail was not sent. Why is in the database: it may name the recipient."""
    last = Log.objects.filter(status=STATUS.failed).latest("pk")
    logger.warning("mail %s was not sent: %s", last.email_id, last.exception_type)


def _give_up() -> None:
    """Take what must not be sent any more out of the queue.

    A withdrawn mail is in it again when a worker failed to send it at that very moment.
    """
    Email.objects.filter(status__in=WAITING, record__withdrawn=True).update(status=STATUS.failed)
    late = Email.objects.filter(status__in=WAITING, record__expires_at__lte=timezone.now())
    for mail in late:
        Log.objects.create(email=mail, status=STATUS.failed, message=_("It was too late by then."))
        late.filter(pk=mail.pk).update(status=STATUS.failed)


def _wipe_secrets() -> None:
    """Keys are not kept: of a mail that had one, only whether it was sent."""
    done = Email.objects.filter(status__in=[STATUS.sent, STATUS.failed], record__secret=True)
    done.exclude(message="").update(message="", html_message="")


@transaction.atomic
def send_again(*, record: MailRecord, now: dt.datetime) -> None:
    """Put a mail that failed, or was sent, into the queue once more, as it is.

    Raises `MailRefused` of one that waits anyway, whose text is wiped, or which is out of date.
    """
    mail = Email.objects.select_for_update().get(pk=record.mail_id)
    if mail.status in WAITING:
        raise MailRefused(_("This mail is in the queue already."))
    if not mail.message:
        raise MailRefused(_("Its text is not kept. Please make a new one."))
    if record.withdrawn or is_out_of_date(record, now=now):
        raise MailRefused(_("What it tells holds no longer, so it is not sent again."))
    mail.status, mail.scheduled_time, mail.number_of_retries = STATUS.queued, None, 0
    mail.save()
    MailRecord.objects.filter(pk=record.pk).update(put_aside=False)


def is_out_of_date(record: MailRecord, *, now: dt.datetime) -> bool:
    """Tell whether the mail's time is over, or a newer one tells of the same thing."""
    if record.expires_at and record.expires_at <= now:
        return True
    newer = MailRecord.objects.filter(about=record.about, mail__gt=record.mail_id)
    return record.about is not None and newer.filter(mail__to=record.mail.to).exists()


def put_aside(*, record: MailRecord) -> None:
    """Note that somebody has seen to a mail that fails: it is no trouble any more.

    Raises `MailRefused` of one that is none.
    """
    troubles = MailRecord.objects.in_trouble().filter(pk=record.pk)
    if not MailRecord.objects.filter(pk__in=troubles.values("pk")).update(put_aside=True):
        raise MailRefused(_("This mail has not failed."))


def health(*, now: dt.datetime) -> Health:
    """Tell how mail goes at `now`."""
    seen_at, unwritten = map(_of_worker, ("seen_at", "unwritten"))
    # In one query, for every look at the diary; of no rows there is no Max, but the worker.
    found = MailRecord.objects.in_trouble().aggregate(
        failing=Count("pk"),
        seen_at=Coalesce(Max(seen_at), seen_at),
        unwritten=Coalesce(Max(unwritten), unwritten, 0),
    )
    is_late = found["seen_at"] is None or found["seen_at"] <= now - LATE_AFTER
    return Health(found["failing"], is_late, found["unwritten"])


def _of_worker(field: str) -> Subquery:
    return Subquery(Worker.objects.values(field)[:1])
