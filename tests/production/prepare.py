"""People and hours for the database of DATABASE_URL: `python -m tests.production.prepare`.

Prints the session keys of the clients as JSON.
"""

import json

import django
from django.conf import settings
from django.test import Client

CLIENTS = 20
PASSWORD = "correct horse battery"


def prepare() -> dict[str, str]:
    """Open Monday to Friday; make twenty clients, a counsellor, and Ada, who has a password."""
    from accounts.models import User
    from appointments.models import OpeningHours

    for weekday in range(5):
        OpeningHours.objects.get_or_create(weekday=weekday)
    names = [f"client{n}" for n in range(CLIENTS)]
    clients = [User(username=name, email=f"{name}@example.com", name=name) for name in names]
    User.objects.bulk_create(clients)
    User.objects.create_user("ada", "ada@example.com", PASSWORD, name="Ada")
    User.objects.create_user("counsellor", "counsellor@example.com", PASSWORD, is_staff=True)
    return {client.username: session(client) for client in clients}


def session(user) -> str:
    """Return the key of a session in which the person is signed in."""
    browser = Client()
    browser.force_login(user)
    browser.get("/healthz")  # the first request notes that the person is here
    return browser.cookies[settings.SESSION_COOKIE_NAME].value


if __name__ == "__main__":
    django.setup()
    print(json.dumps(prepare()))  # noqa: T201 - its answer
