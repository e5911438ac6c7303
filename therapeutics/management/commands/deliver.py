"""The worker: books standing slots ahead, sends queued mail, clears away what has ended."""

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
from appointments import series
from therapeutics import mail

logger = logging.getLogger(__name__)

PAUSE = 5  # seconds between two looks into the queue
HOUR = dt.timedelta(hours=1)


class Command(BaseCommand):
    help = (
        "Books standing slots ahead and sends queued mail, again and again; two at a time never"
        " book or send anything twice."
    )

    last: dt.datetime | None = None

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, for cron")

    def handle(self, *, once: bool, **options: object) -> None:
        stopped = threading.Event()
        if not once:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: stopped.set())
        while True:
            try:
                if sent := mail.deliver():  # first: nothing else shall keep mail waiting
                    self.stdout.write(f"{sent} sent")
                self._do_the_hourly(timezone.now())
            except DatabaseError:
                if once:
                    raise
                logger.exception("no database for now; the queue waits")
            if once or stopped.wait(PAUSE):
                return
            close_old_connections()

    def _do_the_hourly(self, now: dt.datetime) -> None:
        """Book standing slots ahead; delete sessions and counters that have ended."""
        if self.last is None or now - self.last >= HOUR:
            if booked := series.extend(now=now):
                self.stdout.write(f"{booked} booked ahead")
            SessionStore.clear_expired()
            limits.clear_expired(now=now)
            self.last = now
