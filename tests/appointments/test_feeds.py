"""One appointment as a file, and a person's calendar feed, open to whoever has its address."""

import io
import json
import logging.config
from urllib.parse import quote

import icalendar
import pytest
from django.core import signing
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from accounts import people
from accounts.models import FeedTitles, Session, User
from appointments import booking
from appointments.models import Appointment, Status
from appointments.slots import DAY
from tests.conftest import NOW, TUESDAY
from tests.rows import unchanged
from therapeutics import logs
from therapeutics.models import Practice

from .test_queries import fill

pytestmark = [pytest.mark.once, pytest.mark.django_db, pytest.mark.usefixtures("clock")]

CALENDAR = "text/calendar; charset=utf-8"
QUERIES = 4


def feed_of(person: User) -> str:
    return f"/appointments/feed/{person.feed_token}.ics"


def events_in(answer: HttpResponse) -> list[icalendar.Event]:
    return icalendar.Calendar.from_ical(answer.content).events


def titles_in(answer: HttpResponse) -> list[str]:
    return [str(event["SUMMARY"]) for event in events_in(answer)]


def file_of(appointment: Appointment) -> str:
    return f"/appointments/{appointment.pk}/appointment.ics"


@pytest.fixture
def held(ada, ben, book) -> list[Appointment]:
    """One appointment of ada's and one of ben's, both with surnames."""
    for person, name in ((ada, "Ada Lovelace"), (ben, "Ben Bitdiddle")):
        person.name = name
        person.save()
    return [book(ada, TUESDAY, 10), book(ben, TUESDAY, 11)]


class TestFile:
    def test_client_downloads_their_own(self, as_ada, held):
        answer = as_ada.get(file_of(held[0]))
        assert answer.status_code == 200
        assert answer["Content-Type"] == CALENDAR
        assert answer["Content-Disposition"] == 'attachment; filename="appointment.ics"'
        assert answer["Cache-Control"] == "no-store, private"
        (event,) = events_in(answer)
        assert event["UID"] == f"{held[0].pk}@127.0.0.1"

    def test_staff_download_anyones(self, as_counsellor, held):
        answer = as_counsellor.get(file_of(held[1]))
        assert answer.status_code == 200
        assert titles_in(answer) == ["Appointment"]

    def test_stranger_finds_nothing(self, as_ada, held):
        assert as_ada.get(file_of(held[1])).status_code == 404

    def test_anonymous_visitor_goes_to_sign_in(self, client, held):
        answer = client.get(file_of(held[0]))
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/?next=")

    def test_cancelled_one_says_so(self, as_ada, ada, held):
        booking.cancel(appointment=held[0], by=ada, now=NOW, notify=False)
        (event,) = events_in(as_ada.get(file_of(held[0])))
        assert event["STATUS"] == "CANCELLED"

    def test_is_read_only(self, as_ada, held):
        assert as_ada.post(file_of(held[0])).status_code == 405


class TestWhatIsShown:
    def test_client_sees_their_own_only(self, client, ada, held):
        answer = client.get(feed_of(ada))
        assert answer.status_code == 200
        assert answer["Content-Type"] == CALENDAR
        assert titles_in(answer) == ["Appointment · T. Inc"]
        assert str(held[1].pk) not in answer.content.decode()

    def test_counsellor_sees_everyones_without_names(self, client, counsellor, held):
        assert titles_in(client.get(feed_of(counsellor))) == ["Appointment", "Appointment"]

    def test_counsellor_may_choose_initials(self, client, counsellor, held):
        people.choose_mail(person=counsellor, feed_titles=FeedTitles.INITIALS)
        assert titles_in(client.get(feed_of(counsellor))) == ["AL", "BB"]

    @pytest.mark.parametrize("titles", FeedTitles)
    def test_no_name_or_e_mail_of_a_client_is_shown(self, client, counsellor, held, titles):
        people.choose_mail(person=counsellor, feed_titles=titles)
        content = client.get(feed_of(counsellor)).content.decode().lower()
        found = ("lovelace", "bitdiddle", "ada", "ben@", "example.com")
        assert [word for word in found if word in content.replace("practice@example.com", "")] == []

    def test_titles_of_a_client_are_not_theirs_to_choose(self, client, ada, held):
        people.choose_mail(person=ada, feed_titles=FeedTitles.INITIALS)
        assert titles_in(client.get(feed_of(ada))) == ["Appointment · T. Inc"]

    def test_cancelled_one_is_marked_so_that_calendars_drop_it(self, client, ada, held):
        booking.cancel(appointment=held[0], by=ada, now=NOW, notify=False)
        (event,) = events_in(client.get(feed_of(ada)))
        assert event["STATUS"] == "CANCELLED"
        assert event["TRANSP"] == "TRANSPARENT"

    def test_looks_back_ninety_days(self, client, ada):
        for days in (90, 91):
            day = NOW.date() - days * DAY
            Appointment.objects.create(client=ada, date=day, hour=9, created_at=NOW)
        (event,) = events_in(client.get(feed_of(ada)))
        assert event["DTSTART"].dt.date() == NOW.date() - 90 * DAY

    def test_person_without_appointments_has_an_empty_calendar(self, client, ada):
        answer = client.get(feed_of(ada))
        assert (answer.status_code, events_in(answer)) == (200, [])


class TestAddress:
    def test_renewing_ends_the_old_one(self, client, ada, held):
        old = feed_of(ada)
        people.renew_feed(person=ada, now=NOW)
        ada.refresh_from_db()
        assert client.get(old).status_code == 404
        assert client.get(feed_of(ada)).status_code == 200

    def test_renewing_leaves_other_peoples_alone(self, client, ada, ben):
        people.renew_feed(person=ada, now=NOW)
        assert client.get(feed_of(ben)).status_code == 200

    @pytest.mark.parametrize("who", ["ada", "counsellor"])
    def test_deactivated_person_has_none(self, client, request, who):
        person = request.getfixturevalue(who)
        people.deactivate(person=person, by=person, now=NOW)
        assert client.get(feed_of(person)).status_code == 404
        people.reactivate(person=person, by=person, now=NOW)
        assert client.get(feed_of(person)).status_code == 200

    @pytest.mark.parametrize(
        "change",
        [
            lambda token: token[:-1],
            lambda token: token[1:],
            lambda token: token[::-1],
            lambda token: token.swapcase(),
            lambda token: token + "x",
            lambda token: token + " ",
            lambda token: token + ".ics",
            lambda token: token * 200,
            lambda token: token.partition(".")[0],
            lambda token: token.partition(".")[0] + ".",
            lambda token: "." + token.partition(".")[2],
            lambda token: token.replace(".", ":"),
        ],
    )
    def test_tampered_token_opens_nothing(self, client, ada, change):
        path = f"/appointments/feed/{quote(change(ada.feed_token))}.ics"
        assert client.get(path).status_code == 404

    @pytest.mark.parametrize(
        "token",
        ["-", ".", "..", "%00", "%00.%00", "%ff%fe.%ff", "%0d%0a", "%2e%2e%2f", "a.b.c", "ünï.cöde",
         "🗓", "None", "[]", "{}", "x" * 10_000, "." * 10_000, "x." * 5_000],
    )  # fmt: skip
    def test_odd_token_opens_nothing(self, client, db, token):
        assert client.get(f"/appointments/feed/{token}.ics").status_code == 404

    def test_token_of_another_purpose_opens_nothing(self, client, ada):
        other = signing.Signer(sep=".", salt="something else")
        token = other.sign_object([ada.pk.hex, ada.feed_number])
        assert client.get(f"/appointments/feed/{token}.ics").status_code == 404

    def test_token_of_a_person_who_is_gone_opens_nothing(self, client, ada):
        path = feed_of(ada)
        ada.delete()
        assert client.get(path).status_code == 404

    def test_is_never_logged(self, client, ada, settings):
        stream = io.StringIO()
        configuration = logs.configuration("json")
        configuration["handlers"]["console"]["stream"] = stream
        logging.config.dictConfig(configuration)
        old = feed_of(ada)
        people.renew_feed(person=ada, now=NOW)
        client.get(old)
        client.post(old)
        logging.config.dictConfig(settings.LOGGING)
        lines = [json.loads(line)["message"] for line in stream.getvalue().splitlines()]
        assert lines == [
            "Not Found: /appointments/feed/…",
            "Method Not Allowed (POST): /appointments/feed/…",
        ]
        assert ada.feed_token not in stream.getvalue()


class TestAnswer:
    def test_calendar_program_gets_no_cookie_and_no_session(self, client, ada, held):
        with unchanged():
            answer = client.get(feed_of(ada))
        assert not answer.cookies
        assert not Session.objects.exists()

    def test_stays_private_and_out_of_search_engines(self, client, ada):
        answer = client.get(feed_of(ada))
        assert answer["Cache-Control"] == "private, no-cache"
        assert answer["X-Robots-Tag"] == "noindex"

    def test_head_has_headers_and_no_body(self, client, ada, held):
        answer = client.head(feed_of(ada))
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer["ETag"] == client.get(feed_of(ada))["ETag"]

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_nothing_can_be_written_to_it(self, client, ada, held, method):
        with unchanged():
            answer = getattr(client, method)(feed_of(ada))
        assert answer.status_code == 405
        assert answer["Allow"] == "GET, HEAD"

    @pytest.mark.parametrize("weak", ["", "W/"])
    @pytest.mark.parametrize("who", ["ada", "counsellor"])
    def test_unchanged_feed_is_not_sent_again(self, client, request, held, who, weak):
        path = feed_of(request.getfixturevalue(who))
        etag = client.get(path)["ETag"]
        again = client.get(path, headers={"if-none-match": weak + etag})
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == etag
        assert again["Cache-Control"] == "private, no-cache"

    def test_old_tag_of_a_renewed_address_opens_nothing(self, client, ada, held):
        path = feed_of(ada)
        etag = client.get(path)["ETag"]
        people.renew_feed(person=ada, now=NOW)
        assert client.get(path, headers={"if-none-match": etag}).status_code == 404


def do_book(appointment: Appointment, by: User) -> None:
    booking.book(client=appointment.client, date=TUESDAY, hour=9, by=by, now=NOW)


def do_move(appointment: Appointment, by: User) -> None:
    booking.move(appointment=appointment, date=TUESDAY, hour=15, by=by, now=NOW)


def do_confirm(appointment: Appointment, by: User) -> None:
    booking.set_status(appointment=appointment, status=Status.CONFIRMED, by=by, now=NOW)


def do_cancel(appointment: Appointment, by: User) -> None:
    booking.cancel(appointment=appointment, by=by, now=NOW)


def do_rename(appointment: Appointment, by: User) -> None:
    Practice.objects.create(discreet_name="R. Inc")


@pytest.mark.parametrize("change", [do_book, do_move, do_confirm, do_cancel, do_rename])
@pytest.mark.parametrize("who", ["ada", "counsellor"])
def test_feed_is_sent_again_after_any_change(client, request, counsellor, held, who, change):
    path = feed_of(request.getfixturevalue(who))
    first = client.get(path)
    change(held[0], counsellor)
    again = client.get(path, headers={"if-none-match": first["ETag"]})
    assert again.status_code == 200
    assert again.content != first.content


@pytest.mark.parametrize("who", ["ada", "counsellor"])
def test_500_appointments_take_4_queries_at_most(client, request, ada, counsellor, who):
    fill(500, client=ada if who == "ada" else None)
    path = feed_of(request.getfixturevalue(who))
    with CaptureQueriesContext(connection) as first:
        answer = client.get(path)
    with CaptureQueriesContext(connection) as second:
        again = client.get(path, headers={"if-none-match": answer["ETag"]})
    assert len(events_in(answer)) == 500
    assert again.status_code == 304
    assert len(first) <= QUERIES
    assert len(second) <= QUERIES
