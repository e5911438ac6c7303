"""The worker: queues due reminders, sends queued mail, books standing slots ahead, clears away."""

import datetime as dt
import logging
import signal
import threading
from argparse import ArgumentParser
from collections.abc import Callable

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from accounts import limits
from accounts.sessions import SessionStore
from appointments import notifications, reminders, retention, series
from therapeutics import mail
from therapeutics.models import Worker

logger = logging.getLogger(__name__)

PAUSE = 5  # seconds between two looks into the queue
AT_ONCE = dt.timedelta()
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)


class Command(BaseCommand):
    help = (
        "Queues due reminders, sends queued mail and books standing slots ahead, again and again;"
        " two at a time never queue, send or book anything twice."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, for cron")

    def handle(self, *, once: bool, **options: object) -> None:
        self.done: dict[Callable[[], None], dt.datetime] = {}
        self.stopped = threading.Event()
        if not once:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: self.stopped.set())
        while True:
            try:
                self._round()
            except DatabaseError:
                if once:
                    raise
                logger.exception("no database for now; the queue waits")
            if once or self.stopped.wait(PAUSE):
                return
            close_old_connections()

    def _round(self) -> None:
        """Do what is due. Mail comes before the hourly: nothing else shall keep it waiting."""
        self._every(AT_ONCE, self._write)
        self._every(MINUTE, self._remind)
        if sent := mail.deliver(go_on=self._goes_on):
            logger.info("%d mails sent", sent)
        self._every(HOUR, self._look_ahead)
        self._every(DAY, self._clear_away)

    def _goes_on(self) -> bool:
        """Note that the worker is there, between two mails; tell whether it may send another."""
        self._every(MINUTE, self._beat)
        return not self.stopped.is_set()

    def _every(self, term: dt.timedelta, job: Callable[[], None]) -> None:
        now, last = timezone.now(), self.done.get(job)
        if last is None or now - last >= term:
            self.done[job] = now
            try:
                job()
            except DatabaseError:
                raise
            except Exception:  # whatever is wrong with one job, mail goes on
                logger.exception("a job of the worker failed")

    def _beat(self) -> None:
        now = timezone.now()
        Worker.beat(now, unwritten=notifications.long_untold(now=now))

    def _write(self) -> None:
        """Write the mail about bookings, to be sent when their grace is over."""
        notifications.write_due()

    def _remind(self) -> None:
        now = timezone.now()
        if queued := reminders.queue_due(now=now) + reminders.queue_agendas(now=now):
            logger.info("%d reminders queued", queued)

    def _look_ahead(self) -> None:
        """Book standing slots ahead; delete sessions and counters that have ended."""
        now = timezone.now()
        if booked := series.extend(now=now):
            logger.info("%d sessions booked ahead", booked)
        SessionStore.clear_expired()
        limits.clear_expired(now=now)

    def _clear_away(self) -> None:
        """Remove what is older than its period, where the practice has chosen that."""
        if removed := retention.apply_if_wanted(now=timezone.now()):
            logger.info("%d rows removed after their period", removed)
