"""The practice's notes about a client: on the record, and nowhere else."""

import datetime as dt
import html

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import people
from accounts.models import MAX_NOTE, Note, User
from appointments import booking
from tests.accounts.conftest import RESET, key_of, text_of
from tests.addresses import ADDRESSES, filled, gaps, undone
from tests.conftest import NOW, TUESDAY
from tests.rows import all_rows, unchanged

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

MARK = "zebra-4711"
TEXT = f"<script>alert('{MARK}')</script>"
HOUR = dt.timedelta(hours=1)


def record(person: User, action: str = "") -> str:
    return f"/client-admin/clients/{person.pk}/{action}"


@pytest.fixture
def counsellors(sign_in, counsellor) -> Client:
    return sign_in(counsellor)


@pytest.fixture
def note(ada, counsellor) -> Note:
    return people.add_note(client=ada, text=TEXT, by=counsellor, now=NOW)


class TestOnTheRecord:
    def test_is_written_down_with_who_and_when(self, counsellors, counsellor, ada):
        answer = counsellors.post(record(ada, "notes/"), {"text": "Invoice\r\nto her employer "})
        assert (answer.status_code, answer["Location"]) == (302, record(ada))
        kept = Note.objects.values_list("client", "text", "written_by", "written_at")
        assert list(kept) == [(ada.pk, "Invoice\nto her employer", counsellor.pk, NOW)]
        page = text_of(counsellors.get(record(ada)))
        assert "Invoice<br>to her employer" in page
        assert "2 Nov 2026, 10:30</time>, by you" in page

    def test_are_shown_newest_first_with_a_colleagues_name(
        self, counsellors, ada, counsellor, superuser
    ):
        for number, by in enumerate([superuser, counsellor, None]):
            people.add_note(client=ada, text=f"Note {number}", by=by, now=NOW + number * HOUR)
        page = text_of(counsellors.get(record(ada)))
        order = [page.index(f"Note {number}") for number in (2, 1, 0)]
        assert order == sorted(order)
        assert "by <bdi>Superuser</bdi>" in page

    def test_is_escaped(self, counsellors, ada, note):
        page = text_of(counsellors.get(record(ada)))
        assert html.escape(TEXT) in page
        assert TEXT not in page

    @pytest.mark.parametrize("text", ["", " \n ", "x" * (MAX_NOTE + 1), "nul\x00"])
    def test_that_does_not_fit_is_refused_and_kept_in_the_form(self, counsellors, ada, text):
        with unchanged():
            answer = counsellors.post(record(ada, "notes/"), {"text": text})
        assert answer.status_code == 422
        assert answer.context["form"].errors["text"]
        assert html.escape(text) in text_of(answer)

    def test_line_breaks_count_as_one_character(self, counsellors, ada):
        text = "x\r\n" * (MAX_NOTE // 2)
        assert counsellors.post(record(ada, "notes/"), {"text": text}).status_code == 302

    def test_is_removed_for_good(self, counsellors, ada, ben, counsellor, note):
        other = people.add_note(client=ben, text="Other", by=counsellor, now=NOW)
        answer = counsellors.post(record(ada, f"notes/{note.pk}/remove/"))
        assert (answer.status_code, answer["Location"]) == (302, record(ada))
        assert list(Note.objects.all()) == [other]

    def test_of_somebody_else_is_not_found(self, counsellors, ada, ben, counsellor, note):
        paths = [record(ben, f"notes/{note.pk}/remove/"), record(counsellor, "notes/")]
        paths += [record(ada, f"notes/{number}/remove/") for number in (note.pk + 1, 10**30)]
        with unchanged():
            for path in paths:
                assert counsellors.post(path, {"text": "x"}).status_code == 404

    def test_looking_changes_nothing(self, counsellors, ada, note):
        with unchanged():
            for action in ("notes/", f"notes/{note.pk}/remove/"):
                answer = counsellors.get(record(ada, action))
                assert (answer.status_code, answer["Location"]) == (302, record(ada))

    def test_outlives_who_wrote_it(self, ada, counsellor, note):
        counsellor.delete()
        assert Note.objects.about(ada).get().written_by is None


def shows(answer: HttpResponse) -> bool:
    body = b"".join(answer) if answer.streaming else answer.content
    return MARK in body.decode(errors="replace") or MARK in str(answer.headers)


@pytest.fixture
def routes(eve, ada, book, note) -> dict[str, str]:
    """The path of every address, filled in with what is ada's, by name."""
    keys = {"appointment": book(ada).pk, "client": ada.pk, "invitation": eve.pk}
    things = gaps(**keys, key=key_of(eve), passkey=0, row=ada.pk, note=note.pk)
    return {name: filled(route, things) for name, route in ADDRESSES}


class TestMetNowhereElse:
    @pytest.mark.once
    @pytest.mark.parametrize("visitor", ["ada", "superuser"])
    def test_on_no_page_by_any_address(self, request, sign_in, routes, visitor):
        """Whatever comes to the URL conf is asked as well: pages, feeds, files, Site admin."""
        browser = sign_in(request.getfixturevalue(visitor))
        found, asked = set(), []
        for name, path in routes.items():
            with undone(browser), CaptureQueriesContext(connection) as queries:
                answer = browser.get(path, {"q": MARK} if "search" in path else {})
                found |= {name} if shows(answer) else set()
            asked += [query["sql"] for query in queries if "accounts_note" in query["sql"]]
        assert found == ({"client_admin:client"} if visitor == "superuser" else set())
        assert bool(asked) == (visitor == "superuser")  # a client's pages do not even read them

    def test_in_no_mail_and_no_other_table(self, client, ada, counsellor, note):
        people.trust_email(person=ada)
        client.post(RESET, {"email": ada.email})
        appointment = booking.book(client=ada, date=TUESDAY, hour=10, by=ada, now=NOW)
        appointment = booking.move(
            appointment=appointment, date=TUESDAY, hour=11, by=counsellor, now=NOW
        )
        booking.cancel(appointment=appointment, by=counsellor, now=NOW)
        rows = all_rows()
        assert len(rows["post_office.Email"]) > 3
        assert [table for table, kept in rows.items() if MARK in str(kept)] == ["accounts.Note"]
