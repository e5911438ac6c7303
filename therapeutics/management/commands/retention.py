"""What is kept longer than the practice means to: shown, and removed with --apply."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand
from django.utils import timezone

from appointments import retention


class Command(BaseCommand):
    help = (
        "Lists what is older than the periods of the retention policy. Removes nothing, unless"
        " it is told to with --apply; then each removal is in the security log."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--apply", action="store_true", help="remove what is due")

    def handle(self, *, apply: bool, **options: object) -> None:
        now = timezone.now()
        found = retention.apply(now=now) if apply else retention.due(now=now)
        self.stdout.write(f"{'what':<24}{'kept':<12}{'removed' if apply else 'would go':>9}")
        for one in found:
            self.stdout.write(f"{one.what:<24}{one.period:<12}{one.rows:>9}")
        if not apply:
            self.stdout.write("Nothing was removed. With --apply it is.")
