"""Writes a backup of the running site into a folder."""

import signal
import sys
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from therapeutics import backups
from therapeutics.databases import DatabaseRefused


class Command(BaseCommand):
    help = "Writes a backup of this moment into a folder, while the site runs; deletes old ones."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--keep", type=int, default=14, help="how many to keep (14)")

    def handle(self, *, folder: Path, keep: int, **options: object) -> None:
        if keep < 1:
            raise CommandError("--keep must be 1 or more: the new backup is one of them")
        # As Ctrl-C does: what is unfinished goes with the process.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        try:
            path = backups.make(folder=folder, keep=keep, now=timezone.now())
        except (backups.BackupRefused, DatabaseRefused, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(str(path))
