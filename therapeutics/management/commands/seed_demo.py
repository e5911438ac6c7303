"""The demo practice: people who can sign in, and eight weeks of appointments."""

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from appointments import booking, series
from appointments.models import (
    Appointment,
    Closure,
    Rhythm,
    Series,
    Status,
    local_slot,
    starts_at,
)

PEOPLE: dict[str, dict[str, Any]] = {
    "counsellor": {"name": "Demo Counsellor", "is_staff": True},
    "client": {"name": "Client One"},
    "client2": {"name": "Client Two"},
    "client3": {"name": "Client Three"},
    "client4": {"name": "Client Four"},
    "client5": {"name": "Client Five"},
    "admin": {"name": "Demo Superuser", "is_staff": True, "is_superuser": True},
}
# Each client's habit: weekday, hour, and every how many weeks.
HABITS = {
    "client": (1, 10, 1),
    "client2": (0, 14, 1),
    "client3": (2, 9, 2),
    "client4": (3, 16, 1),
    "client5": (4, 11, 2),
}
WEEKS = range(-4, 4)
STANDING = (1, 15)  # weekday and hour of a standing slot, from next week on
DAY_OFF = 4, 3  # weekday and week of a day on which the practice is closed


class Command(BaseCommand):
    help = "Loads the demo practice; refuses on a database with real people in it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--password", required=True, help="everyone's password")
        parser.add_argument(
            "--if-empty", action="store_true", help="leave a database with real data in peace"
        )

    def handle(self, *, password: str, if_empty: bool, **options: object) -> None:
        names = set(User.objects.values_list("username", flat=True))
        if names and names != set(PEOPLE):
            if if_empty:
                self.stdout.write("This database has real people in it: no demo was loaded.")
                return
            raise CommandError("This database has real people in it: the demo is not for it.")
        with transaction.atomic():
            if not names:
                cast = {name: self._make(name, password) for name in PEOPLE}
                self._book_eight_weeks(cast, timezone.now())
                self._book_a_series(cast, timezone.now())
        self._say_who(password)

    def _make(self, username: str, password: str) -> User:
        email = f"{username}@example.com"
        return User.objects.create_user(username, email, password, **PEOPLE[username])

    def _book_eight_weeks(self, cast: dict[str, User], now: dt.datetime) -> None:
        monday = self._monday(now)
        for week in WEEKS:
            for username, (weekday, hour, every) in HABITS.items():
                if week % every == 0:
                    date = monday + dt.timedelta(weeks=week, days=weekday)
                    self._book(cast, username, date, hour, now)

    def _book_a_series(self, cast: dict[str, User], now: dt.datetime) -> None:
        """Close a day, and give one client a weekly session that goes on."""
        off = self._monday(now) + dt.timedelta(days=DAY_OFF[0], weeks=DAY_OFF[1])
        Closure.objects.create(first_date=off, last_date=off, reason="Training day")
        wanted = Series(
            client=cast["client3"],
            first_date=self._monday(now) + dt.timedelta(days=STANDING[0], weeks=1),
            hour=STANDING[1],
            rhythm=Rhythm.WEEKLY,
        )
        hours = {
            one.slot.date: one.slot.hour if one.verdict == series.Verdict.OPEN else None
            for one in series.plan(series=wanted, now=now)
        }
        series.book(series=wanted, hours=hours, by=cast["counsellor"], now=now, notify=False)

    @staticmethod
    def _monday(now: dt.datetime) -> dt.date:
        today, _hour = local_slot(now)
        return today - dt.timedelta(days=today.weekday())

    def _book(
        self, cast: dict[str, User], username: str, date: dt.date, hour: int, now: dt.datetime
    ) -> None:
        """Book a week ahead, confirm a day later; what is over has been attended, or not."""
        counsellor, client = cast["counsellor"], cast[username]
        booked = min(now, starts_at(date, hour) - dt.timedelta(days=7))
        if starts_at(date, hour) < booked + dt.timedelta(days=1):
            return
        appointment = booking.book(
            client=client, date=date, hour=hour, by=client, now=booked, notify=False
        )
        if booked < now:
            self._set(
                appointment, Status.CONFIRMED, counsellor, min(now, booked + dt.timedelta(hours=3))
            )
        if appointment.starts_at + dt.timedelta(hours=1) < now:
            missed = username == "client4" and date.day % 2
            status = Status.NO_SHOW if missed else Status.ATTENDED
            self._set(appointment, status, counsellor, appointment.starts_at)

    def _set(self, appointment: Appointment, status: Status, by: User, now: dt.datetime) -> None:
        booking.set_status(appointment=appointment, status=status, by=by, now=now, notify=False)

    def _say_who(self, password: str) -> None:
        self.stdout.write("The demo practice is ready. Who can sign in:")
        for username, person in PEOPLE.items():
            self.stdout.write(f"  {username:<11} {person['name']}")
        if User.objects.get(username="client").check_password(password):
            self.stdout.write(f"with the password {password}")
