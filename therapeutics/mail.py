"""The one door for outgoing mail: `queue` writes it down, `deliver` hands it to the server.

Queue in the transaction of the change that the mail speaks of: it then exists exactly when
the change does, whatever happens to the mail server.
"""

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.template.loader import render_to_string
from post_office import mail as post_office
from post_office.models import STATUS, Email

from .models import Practice

logger = logging.getLogger(__name__)

SECRET = {"secret": True}  # in a column that only mail from stored templates uses otherwise
LOCK_ID = 0x7E4A9  # any number that no other advisory lock of this database uses


def queue(
    template: str, *, to: str, context: dict[str, object], secret: bool = False
) -> Email | None:
    """Queue one mail to the address `to`; it is delivered by the worker, with retries.

    `emails/<template>.txt` (its first line is the subject) and `.html` get `context`,
    the practice and its address. The text of a `secret` mail, one with a key in it, is
    wiped once it is sent. Return the queued mail; None when no server would take its address.
    """
    context = {**context, "practice": Practice.load(), "site_url": settings.SITE_URL}
    subject, _blank, text = render_to_string(f"emails/{template}.txt", context).partition("\n\n")
    try:
        mail: Email = post_office.send(
            recipients=[to],
            sender=sender(),
            subject=" ".join(subject.split()),
            message=text.strip() + "\n",
            html_message=render_to_string(f"emails/{template}.html", context),
            priority="medium",
        )
    except ValidationError:
        # An address that no server would take must not undo the change the mail speaks of.
        logger.error("mail %s is not queued: its sender or recipient is no address", template)
        return None
    if secret:
        Email.objects.filter(pk=mail.pk).update(context=SECRET)
    return mail


def withdraw(mail: Email | None) -> None:
    """Take a mail that is not sent yet out of the queue: what it tells holds no longer."""
    if mail:
        Email.objects.filter(pk=mail.pk).exclude(status=STATUS.sent).delete()


def sender() -> str:
    """Return who all mail is from: DEFAULT_FROM_EMAIL, or the practice's discreet name."""
    return settings.DEFAULT_FROM_EMAIL or Practice.load().sender


def deliver() -> int:
    """Send what is queued and due; return the number of mails sent.

    While another worker delivers, this one sends nothing.
    """
    sent = 0
    with _the_only_worker() as alone:
        while alone and post_office.get_queued().exists():
            sent += post_office.send_queued()[0]
            _wipe_secrets()
    return sent


def _wipe_secrets() -> None:
    """Keys are not kept: of a mail that had one, only whether it was sent."""
    done = Email.objects.filter(status__in=[STATUS.sent, STATUS.failed], context=SECRET)
    done.update(message="", html_message="", context=None)


@contextmanager
def _the_only_worker() -> Iterator[bool]:
    """Tell whether this process alone may deliver; the lock ends with the process."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK_ID])
            (alone,) = cursor.fetchone()
            try:
                yield alone
            finally:
                if alone:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK_ID])
        return
    settings.MAIL_LOCK.parent.mkdir(parents=True, exist_ok=True)
    with settings.MAIL_LOCK.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            alone = True
        except BlockingIOError:
            alone = False
        yield alone
