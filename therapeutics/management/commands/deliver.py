"""The worker: sends queued mail, and clears away what has ended."""

import datetime as dt
import logging
import signal
import threading
from argparse import ArgumentParser

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from accounts import limits
from accounts.sessions import SessionStore
from therapeutics import mail

logger = logging.getLogger(__name__)

PAUSE = 5  # seconds between two looks into the queue
CLEAR_EVERY = dt.timedelta(hours=1)


class Command(BaseCommand):
    help = "Sends queued mail, again and again; two at a time never send a mail twice."

    cleared: dt.datetime | None = None

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, for cron")

    def handle(self, *, once: bool, **options: object) -> None:
        stopped = threading.Event()
        if not once:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: stopped.set())
        while True:
            try:
                self._clear_away(timezone.now())
                if sent := mail.deliver():
                    self.stdout.write(f"{sent} sent")
            except DatabaseError:
                if once:
                    raise
                logger.exception("no database for now; the queue waits")
            if once or stopped.wait(PAUSE):
                return
            close_old_connections()

    def _clear_away(self, now: dt.datetime) -> None:
        """Delete sessions and counters that have ended, once an hour."""
        if self.cleared is None or now - self.cleared >= CLEAR_EVERY:
            SessionStore.clear_expired()
            limits.clear_expired(now=now)
            self.cleared = now
