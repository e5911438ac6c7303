"""What a person takes along: everything that is theirs, for themselves alone, in three forms."""

import csv
import datetime as dt
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import icalendar
import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import people
from accounts.models import User
from appointments import booking, personal_data, series
from appointments.models import Appointment, Status
from appointments.views.archive import archive
from tests.accounts.conftest import SECRET, reauthenticate, with_app
from tests.conftest import NOW, PASSWORD, TUESDAY
from tests.rows import unchanged
from therapeutics.models import AuditEvent, AuditKind

from .series import as_planned, weekly

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

DATA = "/account/data/"
FORMULA = '=HYPERLINK("https://evil.example","x")'


@pytest.fixture
def browser_of(sign_in) -> Callable[[User], Client]:
    """Returns the browser of a person who has just given their password."""

    def ready(person: User) -> Client:
        browser = sign_in(person)
        reauthenticate(browser)
        return browser

    return ready


def unzipped(answer: HttpResponse) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        assert file.testzip() is None
        return {name: file.read(name) for name in file.namelist()}


def data_of(browser: Client) -> Any:
    return json.loads(unzipped(browser.post(DATA))["data.json"])


class TestDownload:
    def test_is_one_file_that_nobody_keeps(self, browser_of, ada):
        answer = browser_of(ada).post(DATA)
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/zip"
        assert answer["Content-Disposition"] == 'attachment; filename="your-data-2026-11-02.zip"'
        assert "no-store" in answer["Cache-Control"]
        assert sorted(unzipped(answer)) == ["appointments.csv", "appointments.ics", "data.json"]

    def test_page_says_what_it_is_and_changes_nothing(self, sign_in, ada):
        browser = sign_in(ada)
        with unchanged():
            page = browser.get(DATA).content.decode()
        assert "Download my data" in page
        assert DATA in browser.get("/account/").content.decode()

    def test_asks_who_one_is_and_leads_back(self, sign_in, ada):
        browser = sign_in(ada)
        with unchanged():
            answer = browser.post(DATA)
        asked = "/accounts/reauthenticate/?next=/account/data/%3Fconfirmed%3Dyes"
        assert answer["Location"] == asked
        back = reauthenticate(browser, next=f"{DATA}?confirmed=yes")["Location"]
        assert "You can download your data now" in browser.get(back).content.decode()
        assert browser.post(DATA)["Content-Type"] == "application/zip"

    def test_password_of_ten_minutes_ago_does_not_do(self, browser_of, ada, clock):
        browser = browser_of(ada)
        clock.shift(dt.timedelta(minutes=10))
        assert browser.post(DATA).status_code == 302

    def test_is_in_the_security_log(self, browser_of, ada):
        browser_of(ada).post(DATA)
        event = AuditEvent.objects.get(kind=AuditKind.EXPORTED)
        assert (event.by, event.about) == (ada.pk, str(ada.pk))

    def test_is_for_staff_as_well(self, browser_of, counsellor, ada, book):
        book(ada)
        found = data_of(browser_of(counsellor))
        assert (found["profile"]["role"], found["appointments"]) == ("staff", [])
        assert "ada" not in json.dumps(found).lower()


class TestContents:
    @pytest.fixture
    def lived(self, ada, ben, counsellor, superuser) -> Appointment:
        """Ada has something of everything, and ben has an appointment as well."""
        people.describe(person=ada, name="Ada Byron", phone="020 7946 0123", contact="phone")
        with_app(ada)
        one = booking.book(client=ada, date=TUESDAY, hour=10, by=ada, now=NOW, note=FORMULA)
        booking.cancel(appointment=one, by=counsellor, now=NOW, reason="a-secret-reason")
        booking.book(client=ben, date=TUESDAY, hour=11, by=ben, now=NOW, note="bens-note")
        wanted = weekly(ada, sessions=3, hour=15)
        hours = as_planned(wanted)
        series.book(series=wanted, hours=hours, by=counsellor, now=NOW)
        people.add_note(client=ada, text="a-secret-note", by=counsellor, now=NOW)
        one.refresh_from_db()
        return one

    def test_is_everything_that_is_theirs(self, lived, browser_of, ada):
        found = data_of(browser_of(ada))
        assert found["profile"] | {
            "name": "Ada Byron", "phone": "020 7946 0123", "how_to_reach_you": "By phone",
            "email": "ada@example.com",
        } == found["profile"]  # fmt: skip
        assert found["email_addresses"][0]["email"] == ada.email
        assert [one["kind"] for one in found["second_factors"]]
        assert len(found["places_signed_in"]) == 1
        assert len(found["appointments"]) == 4
        assert found["standing_appointments"][0]["rhythm"] == "Weekly"
        assert {one["kind"] for one in found["mail"]} >= {"Cancelled", "Series booked"}
        assert found["notes_of_the_practice"]["number"] == 1
        assert found["security_log"][-1]["what"] == "Data downloaded"

    def test_has_history_with_zones_and_without_names_of_staff(self, lived, browser_of, ada):
        (first,) = [one for one in data_of(browser_of(ada))["appointments"] if one["your_note"]]
        assert (first["status"], first["cancelled_by"]) == ("Cancelled", "by practice")
        assert [(one["what"], one["by"]) for one in first["history"]] == [
            ("Booked", "you"),
            ("Cancelled", "the practice"),
        ]
        assert dt.datetime.fromisoformat(first["booked_at"]) == NOW
        assert dt.datetime.fromisoformat(first["starts_at"]).tzinfo is not None

    def test_has_nothing_of_others_and_no_secret(self, lived, browser_of, ada):
        whole = b"".join(unzipped(browser_of(ada).post(DATA)).values()).decode()
        ada.refresh_from_db()
        secrets = [SECRET, ada.password, ada.feed_token, PASSWORD, "seed", "session_key"]
        hidden = [*secrets, "a-secret-note", "a-secret-reason", "bens-note", "ben@example.com"]
        hidden += [str(factor.data) for factor in Authenticator.objects.filter(user=ada)]
        assert [text for text in hidden if text in whole] == []

    def test_spreadsheet_runs_nothing(self, lived, browser_of, ada):
        text = unzipped(browser_of(ada).post(DATA))["appointments.csv"].decode("utf-8-sig")
        heading, *lines = csv.reader(io.StringIO(text))
        assert heading[0] == "Date"
        assert len(lines) == 4
        (note,) = [line[-1] for line in lines if line[-1]]
        assert note.startswith("'=")

    def test_calendar_is_read_by_calendars(self, lived, browser_of, ada):
        raw = unzipped(browser_of(ada).post(DATA))["appointments.ics"]
        events = icalendar.Calendar.from_ical(raw).walk("VEVENT")
        assert len(events) == 4
        assert {str(event["STATUS"]) for event in events} == {"CONFIRMED", "CANCELLED"}
        assert FORMULA not in raw.decode()


def test_costs_the_same_at_one_and_at_five_hundred(ada, book):
    book(ada)
    with CaptureQueriesContext(
        connection,
    ) as few:
        archive(personal_data.export(person=ada, now=NOW))
    Appointment.objects.bulk_create(
        Appointment(
            client=ada,
            date=TUESDAY - dt.timedelta(days=1 + number // 9),
            hour=9 + number % 9,
            status=Status.ATTENDED,
            created_at=NOW,
        )
        for number in range(500)
    )
    with CaptureQueriesContext(connection) as many:
        found = personal_data.export(person=ada, now=NOW)
        archive(found)
    assert len(found.appointments) == 501
    assert len(many) == len(few) <= 20
