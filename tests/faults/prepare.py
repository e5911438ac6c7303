"""Make the database of DATABASE_URL a practice: `python -m tests.faults.prepare`.

Prints as JSON the id and the session of each person, by user name, what is open from next week on,
the key of an invitation, and the recovery codes of the one who has a second factor.
"""

import json
import re
import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

CLIENTS = 32
HERO = "practice/0123456789abcdef0123456789abcdef.jpg"  # kept with Cloudinary, where there is one
PASSWORD = "correct horse battery"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
RECOVERY = "recovery"


def prepare() -> dict[str, object]:
    from accounts.models import User
    from therapeutics.models import Practice

    call_command("migrate", verbosity=0)
    Practice.objects.create(hero=HERO, hero_width=1600, hero_height=900)
    people = {f"client{number}": {} for number in range(CLIENTS)}
    people["counsellor"] = {"is_staff": True}
    people["superuser"] = {"is_staff": True, "is_superuser": True}
    made = {
        name: User.objects.create_user(
            name, f"{name}@example.com", PASSWORD, name=name.title(), **fields
        )
        for name, fields in people.items()
    }
    return {
        "ids": {name: str(person.pk) for name, person in made.items()},
        "sessions": {name: session(person) for name, person in made.items()},
        "open": open_slots(),
        "invitation": invitation(made["counsellor"]),
        "recovery": second_factor(made["client11"]),
    }


def session(person) -> str:
    browser = Client()
    browser.force_login(person)
    browser.get("/healthz")  # the first request notes that the person is here
    return browser.cookies[settings.SESSION_COOKIE_NAME].value


def open_slots() -> list[tuple[str, int]]:
    from appointments import slots
    from appointments.models import OpeningHours

    for weekday in range(5):
        OpeningHours.objects.get_or_create(weekday=weekday)
    now = timezone.now()
    start = timezone.localdate(now) + 7 * slots.DAY
    return [(str(one.date), one.hour) for one in slots.availability(now=now, start=start).slots()]


def invitation(counsellor) -> str:
    from accounts import invitations

    made = invitations.invite(
        email="eve@example.com", name="Eve", by=counsellor, now=timezone.now()
    )
    return re.search(r"/invitations/([\w-]+)/", made.mail.message)[1]


def second_factor(person) -> list[str]:
    """Give the person an authenticator app with SECRET; return their recovery codes."""
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP

    TOTP.activate(person, SECRET)
    return RecoveryCodes.activate(person).get_unused_codes()


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(prepare()))
