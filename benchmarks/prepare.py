"""Make the database of DATABASE_URL ready: `python -m benchmarks.prepare 1000000`.

Prints the session keys of a client and of the counsellor as JSON.
"""

import json
import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone


def prepare(total: int) -> dict[str, str]:
    from accounts.models import User

    from .rows import fill

    call_command("migrate", verbosity=0)
    fill(total, timezone.localdate())
    counsellor = User.objects.create_user("counsellor", is_staff=True)
    return {
        "client": session(User.objects.get(username="client0")),
        "staff": session(counsellor),
    }


def session(user) -> str:
    browser = Client()
    browser.force_login(user)
    return browser.cookies[settings.SESSION_COOKIE_NAME].value


if __name__ == "__main__":
    django.setup()
    print(json.dumps(prepare(int(sys.argv[1]))))
