"""The counsellor's week as a page: what it shows, what it offers, and what it costs."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from appointments import diary
from appointments.models import Appointment, Status
from tests.conftest import NOW, TUESDAY

from .conftest import text
from .test_diary import DAY, MONDAY, WEEK, close, fill

pytestmark = pytest.mark.django_db

HOME = "/client-admin/"
MOST_QUERIES, MOST_BYTES = 8, 40_000


class TestPage:
    def test_shows_appointments_free_hours_and_closures(self, as_counsellor, ada, book):
        appointment = book(ada, TUESDAY, 10)
        close(TUESDAY + DAY, "Training <day>")
        page = text(as_counsellor.get(f"{HOME}?week=2026-W46"))
        table = page[page.index("<table") : page.index("</table>")]
        assert f'href="/client-admin/appointments/{appointment.pk}/"' in table
        assert "<bdi>Ada</bdi><b> New</b><i>, Pending confirmation</i>" in table
        assert 'href="/client-admin/appointments/new/?date=2026-11-10&amp;hour=11"' in table
        assert 'aria-label="Book Tue 10 Nov, 11:00"' in table
        assert '<td class="closed" rowspan="9">Training &lt;day&gt;</td>' in table
        assert 'aria-current="date"' not in table
        assert text(as_counsellor.get(HOME)).count('aria-current="date"') == 2  # table and list

    def test_requests_are_answered_from_here(self, as_counsellor, ada, book):
        appointment = book(ada)
        page = text(as_counsellor.get(HOME))
        assert page.index("Needs your answer") < page.index("<table")
        path = f"/client-admin/appointments/{appointment.pk}/status/"
        assert (
            f'formaction="{path}?seen=0" name="status" value="confirmed">Confirm<i> Ada, Tue'
            in page
        )
        assert '<input type="hidden" name="next" value="/client-admin/?week=2026-W45">' in page
        as_counsellor.post(path, {"status": "confirmed", "next": "/client-admin/?week=2026-W45"})
        assert "Nobody is waiting for an answer." in text(as_counsellor.get(HOME))

    def test_todays_are_marked_or_moved_from_here(self, as_counsellor, ada):
        fill(ada, 3, status=Status.CONFIRMED, monday=NOW.date())
        page = text(as_counsellor.get(HOME))
        assert len(re.findall(r'name="status" value="(?:attended|no_show)"', page)) == 4
        last = Appointment.objects.get(hour=11)
        assert re.findall(r'href="([^"]+/move/)"', page) == [
            f"/client-admin/appointments/{last.pk}/move/"
        ]

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", "2 November 2026"),
            ("?week=2026-W53", "28 December 2026"),
            ("?week=2027-W01", "4 January 2027"),
            ("?date=2027-01-03", "28 December 2026"),
            ("?date=2027-01-04", "4 January 2027"),
            ("?week=&date=", "2 November 2026"),
            ("?date=2000-01-03", "3 January 2000"),
        ],
    )
    def test_shows_the_week_that_is_asked_for(self, as_counsellor, query, expected):
        assert f"<h1>Week of {expected}</h1>" in text(as_counsellor.get(f"{HOME}{query}"))

    @pytest.mark.parametrize(
        "query",
        [
            "week=2026-48", "week=2026-w48", "week=2026-W00", "week=2025-W53", "week=2026-W54",
            "week=0001-W01", "week=9999-W52", "week=２０２６-W48", "week=2026-W48%00", "week=x",
            "date=24/11/2026", "date=2026-02-30", "date=9999-12-31", "date=0001-01-01",
        ],
    )  # fmt: skip
    def test_malformed_week_answers_422_with_the_current_one(self, as_counsellor, query):
        answer = as_counsellor.get(f"{HOME}?{query}")
        assert answer.status_code == 422
        assert "<h1>Week of 2 November 2026</h1>" in text(answer)
        assert 'role="alert"' in text(answer)

    def test_initials_only_until_names_are_asked_for(self, as_counsellor, ada, book):
        User.objects.filter(pk=ada.pk).update(name="Ada Byron")
        book(ada)
        address = f"{HOME}?week=2026-W46"
        for names, shown, hidden in (("initials", "AB", "Byron"), ("full", "Ada Byron", "AB<")):
            as_counsellor.get(f"{address}&names={names}")  # looking decides nothing
            answer = as_counsellor.post(address, {"names": names})
            assert (answer.status_code, answer["Location"]) == (302, address)
            page = text(as_counsellor.get(address))
            assert page.count(f"<bdi>{shown}</bdi>") == 3
            assert hidden not in page

    @pytest.mark.parametrize("names", ["", "all"])
    def test_names_written_in_no_known_way_answer_422(self, as_counsellor, names):
        answer = as_counsellor.post(HOME, {"names": names})
        assert answer.status_code == 422
        assert 'role="alert"' in text(answer)


class TestCost:
    @pytest.mark.parametrize("status", [Status.PENDING, Status.CONFIRMED])
    def test_queries_are_few_and_the_same_at_0_and_at_45(self, as_counsellor, ada, status):
        as_counsellor.get(HOME)

        def cost() -> int:
            with CaptureQueriesContext(connection) as queries:
                assert as_counsellor.get(f"{HOME}?date={MONDAY}").status_code == 200
            return len(queries)

        at_0 = cost()
        fill(ada, 45, status=status)
        assert cost() == at_0
        assert at_0 <= MOST_QUERIES

    @pytest.mark.once
    @pytest.mark.parametrize(
        ("status", "now"),
        [
            (Status.PENDING, NOW),
            (Status.CONFIRMED, NOW),
            (Status.CONFIRMED, dt.datetime(2026, 11, 13, 18, tzinfo=dt.UTC)),  # all to be marked
        ],
    )
    def test_page_is_light_with_45_appointments(self, clock, counsellor, ada, sign_in, status, now):
        User.objects.filter(pk=ada.pk).update(name="Eleanor Fotheringhay")
        fill(ada, 45, status=status)
        fill(ada, 9, status=Status.PENDING, monday=MONDAY + WEEK)
        clock.move_to(now)
        answer = sign_in(counsellor).get(f"{HOME}?date={MONDAY}")
        assert text(answer).count("<bdi>Eleanor Fotheringhay</bdi>") >= 90 + diary.ASKED_AT_ONCE
        assert len(answer.content) < MOST_BYTES
