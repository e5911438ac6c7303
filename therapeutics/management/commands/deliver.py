"""The worker: sends queued mail."""

import logging
import signal
import threading
from argparse import ArgumentParser

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections

from therapeutics import mail

logger = logging.getLogger(__name__)

PAUSE = 5  # seconds between two looks into the queue


class Command(BaseCommand):
    help = "Sends queued mail, again and again; two at a time never send a mail twice."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, for cron")

    def handle(self, *, once: bool, **options: object) -> None:
        stopped = threading.Event()
        if not once:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: stopped.set())
        while True:
            try:
                if sent := mail.deliver():
                    self.stdout.write(f"{sent} sent")
            except DatabaseError:
                if once:
                    raise
                logger.exception("no database for now; the queue waits")
            if once or stopped.wait(PAUSE):
                return
            close_old_connections()
