"""The one door for outgoing mail: `queue` writes it down, `deliver` hands it to the server.

Queue in the transaction of the change that the mail speaks of: it then exists exactly when
the change does, whatever happens to the mail server. What is queued is delivered at least once:
a worker that is killed between the server's answer and its own note sends that one mail again,
with the same Message-ID.
"""

from .delivery import LATE_AFTER, Health, MailRefused, deliver, health, put_aside, send_again
from .erasing import empty, find, old_mail, remove, to_person
from .queueing import About, CalendarFile, overtake, queue, queued_already, sender, withdraw

__all__ = [
    "LATE_AFTER",
    "About",
    "CalendarFile",
    "Health",
    "MailRefused",
    "deliver",
    "empty",
    "find",
    "health",
    "old_mail",
    "overtake",
    "put_aside",
    "queue",
    "queued_already",
    "remove",
    "send_again",
    "sender",
    "to_person",
    "withdraw",
]
