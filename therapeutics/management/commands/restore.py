"""Puts a backup in the place of the database."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from therapeutics import backups
from therapeutics.databases import DatabaseRefused


class Command(BaseCommand):
    help = "Restores a backup into an empty database; all of it or nothing. Stop the site first."
    requires_system_checks = []  # the tables may not be there yet

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--overwrite", action="store_true", help="also where there are people in the database"
        )
        parser.add_argument("--check", action="store_true", help="only look whether it is whole")

    def handle(self, *, file: Path, overwrite: bool, check: bool, **options: object) -> None:
        try:
            if check:
                with backups.opened(file) as (manifest, _place):
                    self.stdout.write(f"{file} is whole, made at {manifest.made_at}")
                return
            manifest = backups.restore(path=file, overwrite=overwrite)
        except (backups.BackupRefused, DatabaseRefused, OSError) as error:
            raise CommandError(str(error)) from error
        total = sum(manifest.rows.values())
        self.stdout.write(f"restored {total} rows of {manifest.made_at}; now run migrate")
