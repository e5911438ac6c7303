"""Erasure: of a person who was erased nothing is left to find, and what is left still counts."""

import datetime as dt
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client

from accounts import people
from accounts.models import Session, User
from appointments import booking, erasure, errors, series
from appointments.models import Appointment, Series, Status
from tests.accounts.conftest import reauthenticate, sign_in_as
from tests.conftest import NOW, TUESDAY
from tests.rows import unchanged
from tests.smtp import smtp
from therapeutics import mail
from therapeutics.models import (
    AuditEvent,
    AuditKind,
)

from . import life
from .life import Life, left

__all__ = ["smtp"]

pytestmark = pytest.mark.django_db
WEEK = dt.timedelta(weeks=1)


def page_of(person: User, action: str = "") -> str:
    return f"/admin/accounts/user/{person.pk}/erase/{action}"


@pytest.fixture
def as_superuser(clock, superuser, sign_in) -> Client:
    browser = sign_in(superuser)
    reauthenticate(browser)
    return browser


@pytest.fixture
def lived(clock, counsellor, superuser, as_superuser, sign_in, smtp) -> Life:
    found: Life = life.lived(
        counsellor=counsellor,
        by=sign_in(counsellor),
        superuser=superuser,
        smtp=smtp,
        clock=clock,
    )
    as_superuser.force_login(superuser)  # days have passed
    as_superuser.get("/healthz")
    reauthenticate(as_superuser)
    return found


def test_life_leaves_its_marks_everywhere(lived):
    """Or a search that finds nothing afterwards would show nothing."""
    found = left()
    assert {
        *("accounts_user", "accounts_invitation", "accounts_note", "account_emailaddress"),
        *("appointments_appointment", "mfa_authenticator"),
        *("post_office_email", "post_office_log", "therapeutics_mailfile"),
    } <= found.keys()
    assert set().union(*found.values()) == life.MARKS


def test_nothing_is_left_of_a_person_who_was_erased(lived, as_superuser):
    answer = as_superuser.post(page_of(lived.person))
    assert (answer.status_code, answer["Location"]) == (302, "/admin/accounts/user/")
    assert left() == {}
    assert left({str(lived.person.pk), lived.person.pk.hex}).keys() <= {
        *("accounts_user", "appointments_appointment", "appointments_appointmentevent"),
        *("appointments_series", "therapeutics_auditevent"),
        *("therapeutics_mailrecord", "cache"),  # `once`, and what is counted for a while
    }


def test_mail_that_goes_on_brings_nothing_back(lived, as_superuser, smtp):
    as_superuser.post(page_of(lived.person))
    smtp.refused.clear()
    before = len(smtp.received)
    mail.deliver()
    assert [one for one in smtp.received[before:] if set(one.to) & set(life.ADDRESSES)] == []
    assert left() == {}


def test_appointments_stay_as_numbers(lived, as_superuser):
    theirs = Appointment.objects.for_client(lived.person)
    before = list(theirs.exclude(status__in=["pending", "confirmed"]).values_list("pk", "status"))
    assert before
    as_superuser.post(page_of(lived.person))
    assert set(before) <= set(theirs.values_list("pk", "status"))
    assert set(theirs.values_list("note", "reason")) == {("", "")}
    assert str(theirs.first().client) == "Erased client"


def test_what_is_to_come_is_cancelled_and_free_again(lived, as_superuser):
    as_superuser.post(page_of(lived.person))
    now = dt.datetime.combine(TUESDAY, dt.time(8), dt.UTC)
    ahead = Appointment.objects.for_client(lived.person).active()
    assert [one for one in ahead if one.starts_at > now] == []
    assert not Series.objects.going_on(TUESDAY + WEEK).exists()
    assert series.extend(now=now + 4 * WEEK) == 0


def test_erased_person_is_out(lived, as_superuser):
    token = lived.person.feed_token
    as_superuser.post(page_of(lived.person))
    assert lived.browser.get("/appointments/").status_code == 302
    assert not Session.objects.filter(user=lived.person).exists()
    assert sign_in_as(Client(), life.USERNAME).status_code == 422
    assert Client().get(f"/appointments/feed/{token}.ics").status_code == 404


def test_erasing_is_on_record_with_ids_only(lived, as_superuser, superuser):
    as_superuser.post(page_of(lived.person))
    event = AuditEvent.objects.get(kind=AuditKind.ERASED)
    assert (event.by, event.about_model, event.about) == (
        superuser.pk,
        "accounts.user",
        str(lived.person.pk),
    )


def test_erasing_twice_is_erasing_once(lived, as_superuser, superuser):
    assert erasure.erase(person=lived.person, by=superuser, now=NOW)
    with unchanged():
        assert not erasure.erase(person=lived.person, by=superuser, now=NOW)
    assert as_superuser.post(page_of(lived.person)).status_code == 404


def test_page_says_what_goes_and_what_stays(lived, as_superuser, ada, counsellor):
    people.add_note(client=ada, text=f"Came with {life.NAME}", by=counsellor, now=NOW)
    answer = as_superuser.get(page_of(lived.person))
    page = answer.content.decode()
    preview = answer.context["preview"]
    assert (len(preview.coming) > 1, preview.standing, preview.notes) == (True, 1, 1)
    assert preview.invitations == 2
    assert "notes about other clients: 1" in page
    with unchanged():
        as_superuser.get(page_of(lived.person))


class TestWhoMayNotBeErased:
    def test_staff(self, as_superuser, counsellor, superuser):
        for person in (counsellor, superuser):
            with unchanged():
                for ask in (as_superuser.get, as_superuser.post):
                    answer = ask(page_of(person))
                    assert answer.status_code == 409
                    assert "Staff are not erased" in answer.content.decode()

    def test_without_a_fresh_password(self, clock, superuser, ada, sign_in):
        browser = sign_in(superuser)
        with unchanged():
            answer = browser.post(page_of(ada))
        assert answer["Location"].startswith("/accounts/reauthenticate/?next=/admin/accounts/user/")
        assert reauthenticate(browser, next=page_of(ada))["Location"] == page_of(ada)

    def test_without_a_token_of_the_form(self, as_superuser, ada):
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = as_superuser.cookies
        assert strict.post(page_of(ada)).status_code == 403

    def test_somebody_with_appointments_by_nobody(self, ada, book):
        book(ada)
        with unchanged(), pytest.raises(erasure.NotErasable):
            erasure.erase(person=ada, by=None, now=NOW)


class TestAfterwards:
    @pytest.fixture
    def erased(self, clock, ada, superuser, book) -> User:
        book(ada, TUESDAY, 10)
        erasure.erase(person=ada, by=superuser, now=NOW)
        return User.objects.get(pk=ada.pk)

    def test_is_not_reactivated_anywhere(self, erased, as_superuser, counsellor, sign_in):
        path = f"/client-admin/clients/{erased.pk}/"
        browser = sign_in(counsellor)
        with unchanged():
            for action in ("reactivate/", "deactivate/", "notes/"):
                assert browser.post(path + action, {"text": "Back"}).status_code == 404
            answer = as_superuser.post(
                f"/admin/accounts/user/{erased.pk}/change/",
                {"username": "ada", "name": "Ada", "is_active": "on"},
            )
            assert answer.status_code == 403
        page = browser.get(path).content.decode()
        assert "Reactivate" not in page
        assert "was erased on 2 November 2026" in page

    def test_nothing_is_written_down_by_who_came_too_late(self, erased, ada, counsellor):
        with unchanged():
            people.describe(person=ada, name="Ada", phone="1")
            people.choose_mail(person=ada, reminder=2)
            with pytest.raises(people.Erased):
                people.add_note(client=ada, text="Ada", by=counsellor, now=NOW)

    def test_nothing_is_booked_or_reinstated(self, erased, ada, counsellor):
        with unchanged():
            for by in (ada, counsellor):
                with pytest.raises(errors.ClientErased):
                    booking.book(client=ada, date=TUESDAY, hour=12, by=by, now=NOW)
            held = Appointment.objects.get(client=ada)
            with pytest.raises(errors.ClientErased):
                booking.set_status(
                    appointment=held, status=Status.CONFIRMED, by=counsellor, now=NOW
                )

    def test_is_listed_nowhere_among_clients(self, erased, counsellor, sign_in):
        browser = sign_in(counsellor)
        for query in ("account=all", "account=deactivated", "account=open", "q=erased"):
            page = browser.get(f"/client-admin/clients/?{query}")
            assert erased.pk not in [one.pk for one in page.context["page"]]

    def test_address_may_come_again(self, erased, counsellor, sign_in):
        sent = {"name": "Ada", "email": "ada@example.com"}
        assert sign_in(counsellor).post("/client-admin/invitations/", sent).status_code == 302


def test_passkey_that_was_removed_in_site_admin_is_not_called_by_its_name(lived, as_superuser):
    passkey = Authenticator.objects.get(user=lived.person, type="webauthn")
    path = f"/admin/mfa/authenticator/{passkey.pk}/delete/"
    assert as_superuser.post(path, {"post": "yes"}).status_code == 302
    as_superuser.post(page_of(lived.person))
    assert left() == {}


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="a file of SQLite")
def test_not_even_the_file_has_anything_left(lived, as_superuser):
    """Overwritten, not only let go: free pages and the log of changes are read as well."""
    name = str(connection.settings_dict["NAME"])
    files = [path for path in (name, f"{name}-wal") if Path(path).exists()]
    assert set().union(*(life.in_file(path) for path in files)) >= {life.USERNAME, life.PHONE}
    as_superuser.post(page_of(lived.person))
    assert {path: life.in_file(path) for path in files if Path(path).exists()} == {
        path: set() for path in files
    }
