"""Make the database of DATABASE_URL ready: `python -m benchmarks.prepare 1000000`, or `demo`.

Prints the session keys of a client and of the counsellor as JSON; for the demo practice also the
addresses of pages that have their key in them.
"""

import json
import os
import re
import secrets
import sys
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

BOOKING = 40  # clients who book, in turn


def prepare(total: int) -> dict[str, object]:
    """Make a practice that can be booked every day of a year, and has so many appointments."""
    from accounts.models import User
    from appointments.models import BookingPolicy, OpeningHours, Weekday

    from .rows import fill

    call_command("migrate", verbosity=0)
    BookingPolicy.objects.create(horizon_days=366, max_upcoming=30_000)
    OpeningHours.objects.all().delete()
    OpeningHours.objects.bulk_create(OpeningHours(weekday=day) for day in Weekday.values)
    fill(total, timezone.localdate())
    counsellor = User.objects.create_user("counsellor", "counsellor@example.com", is_staff=True)
    clients = User.objects.filter(username__in=[f"client{n}" for n in range(BOOKING)])
    return {
        "client": session(User.objects.get(username="client0")),
        "sessions": [session(person) for person in clients],
        "staff": session(counsellor),
        "calendar": reverse("appointments:feed", args=[counsellor.feed_token]),
    }


def demo() -> dict[str, str]:
    """Load the demo practice, and invite two people to it."""
    from accounts.models import User
    from appointments.models import Appointment

    call_command("migrate", verbosity=0)
    with open(os.devnull, "w") as nowhere:
        call_command("seed_demo", password=secrets.token_urlsafe(), stdout=nowhere)
    client, counsellor = (User.objects.get(username=name) for name in ("client", "counsellor"))
    upcoming = Appointment.objects.upcoming(timezone.now()).for_client(client)
    appointment = str(upcoming.earliest("date", "hour").pk)
    invite("Client Seven", "client7@example.com", by=counsellor)
    return {
        "client": session(client),
        "staff": session(counsellor),
        "invitation": invite("Client Six", "client6@example.com", by=counsellor),
        "appointment": reverse("appointments:detail", args=[appointment]),
        "staff_appointment": reverse("client_admin:appointment", args=[appointment]),
    }


def invite(name: str, email: str, *, by) -> str:
    """Return the path of the link in the mail, which is the only place that has it."""
    from accounts import invitations

    made = invitations.invite(email=email, name=name, by=by, now=timezone.now())
    return urlsplit(re.search(r"https?://\S+", made.mail.message).group()).path


def session(user) -> str:
    browser = Client()
    browser.force_login(user)
    return browser.cookies[settings.SESSION_COOKIE_NAME].value


if __name__ == "__main__":
    django.setup()
    what = sys.argv[1]
    print(json.dumps(demo() if what == "demo" else prepare(int(what))))
