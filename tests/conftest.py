"""The cast: one counsellor, two clients, a superuser, and a practice open Monday to Friday."""

import datetime as dt
import os
from collections.abc import Callable, Iterator

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, sync_playwright

from accounts.models import User
from appointments import booking
from appointments.models import Appointment, OpeningHours
from tests.browser import chromium

pytest.register_assert_rewrite("tests.rows")

NOW = dt.datetime(2026, 11, 2, 10, 30, tzinfo=dt.UTC)  # a Monday, in winter time
TUESDAY = dt.date(2026, 11, 10)  # more than the notice ahead
PASSWORD = "correct horse battery"
# Django's flush truncates PostgreSQL's tables and deletes all rows of SQLite's.
EMPTIABLE = {
    "postgresql": "DROP TRIGGER therapeutics_auditevent_whole ON therapeutics_auditevent",
    "sqlite": "DROP TRIGGER therapeutics_auditevent_kept",
}


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix, tmp_path_factory
) -> None:
    """A file for SQLite, so that a server process under test sees what the test wrote."""
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        name = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
        database.setdefault("TEST", {})["NAME"] = name


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> None:
    """The security log may be emptied between tests; `test_append_only` has the triggers again."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(EMPTIABLE[connection.vendor])


@pytest.fixture(autouse=True)
def fast(settings) -> None:
    """Cheap passwords; and no look at every static file each time that a client is made."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Stops the clock at NOW."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def practice(db) -> None:
    """Open Monday to Friday, 9 am to 6 pm; a test that flushed the tables took the rows along."""
    for weekday in range(5):
        OpeningHours.objects.get_or_create(weekday=weekday)


def person(username: str, **fields: object) -> User:
    return User.objects.create_user(
        username, f"{username}@example.com", PASSWORD, name=username.title(), **fields
    )


@pytest.fixture
def ada(practice) -> User:
    return person("ada")


@pytest.fixture
def ben(practice) -> User:
    return person("ben")


@pytest.fixture
def counsellor(practice) -> User:
    return person("counsellor", is_staff=True)


@pytest.fixture
def superuser(practice) -> User:
    return person("superuser", is_staff=True, is_superuser=True)


@pytest.fixture
def sign_in() -> Callable[[User], Client]:
    """Returns a test client in which the person is signed in."""

    def signed_in(user: User) -> Client:
        browser = Client()
        browser.force_login(user)
        browser.get("/healthz")  # the first request notes that the person is here
        return browser

    return signed_in


@pytest.fixture
def book(counsellor) -> Callable[..., Appointment]:
    """Books through the domain: `book(ada, TUESDAY, 10)`, by the client unless told otherwise.

    Tells nobody: what is mailed is asserted where mail is the subject.
    """

    def booked(
        client: User, date: dt.date = TUESDAY, hour: int = 10, *, by: User | None = None,
        now: dt.datetime = NOW,
    ) -> Appointment:  # fmt: skip
        return booking.book(
            client=client, date=date, hour=hour, by=by or client, now=now, notify=False
        )

    return booked


@pytest.fixture(scope="session")
def chromium_browser() -> Iterator[Browser]:
    path = chromium.find()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("No Chromium on this machine: `make browser` installs one.")
        pytest.skip("no Chromium on this machine: `make browser` installs one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=chromium.FLAGS)
        yield browser
        browser.close()
