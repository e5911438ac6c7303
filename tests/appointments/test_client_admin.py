"""The counsellor's pages: everyone's appointments, and what is done with one."""

import datetime as dt
import re
import uuid

import pytest

from accounts.models import User
from appointments import booking
from appointments.models import Appointment, Closure, Status
from tests.conftest import NOW, TUESDAY
from tests.rows import unchanged

from .conftest import listed, text

pytestmark = [pytest.mark.once, pytest.mark.django_db]

LIST = "/client-admin/appointments/"
DAY = dt.timedelta(days=1)


@pytest.fixture
def url(address):
    return lambda action, appointment: address(action, appointment, "client_admin")


@pytest.fixture
def three(ada, ben, counsellor, book) -> list[Appointment]:
    """Pending of ada's on Tuesday, confirmed of ben's on Wednesday, cancelled of ada's after."""
    User.objects.filter(pk=ben.pk).update(phone="020 7946 0123", name="Ben Müller")
    cancelled = book(ada, TUESDAY + 2 * DAY, 9)
    booking.cancel(appointment=cancelled, by=ada, now=NOW, notify=False)
    return [book(ada, TUESDAY, 9), book(ben, TUESDAY + DAY, 9, by=counsellor), cancelled]


class TestWhoMayEnter:
    PAGES = ("/client-admin/", LIST, f"{LIST}00000000-0000-4000-8000-000000000000/")

    @pytest.mark.parametrize("page", PAGES)
    def test_client_gets_403(self, as_ada, page):
        assert as_ada.get(page).status_code == 403

    @pytest.mark.parametrize("page", PAGES)
    def test_stranger_is_sent_to_sign_in_and_back(self, client, practice, page):
        answer = client.get(page)
        assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={page}")

    def test_client_does_not_change_a_status(self, as_ada, ada, book, url):
        appointment = book(ada)
        with unchanged():
            answer = as_ada.post(url("status", appointment), {"status": "confirmed"})
        assert answer.status_code == 403

    def test_stranger_does_not_change_a_status(self, client, ada, book, url):
        appointment = book(ada)
        with unchanged():
            assert (
                client.post(url("status", appointment), {"status": "confirmed"}).status_code == 302
            )


class TestList:
    def test_shows_everyones_that_are_coming_soonest_first(self, sign_in, counsellor, three, clock):
        clock.move_to(three[1].starts_at)  # under way
        answer = sign_in(counsellor).get(LIST)
        assert listed(answer) == three[1:]
        assert "Ben" in text(answer)

    def test_past_and_all_are_latest_first(self, sign_in, counsellor, three, clock):
        clock.move_to(three[2].starts_at)
        browser = sign_in(counsellor)
        assert listed(browser.get(LIST, {"when": "past"})) == [three[1], three[0]]
        assert listed(browser.get(LIST, {"when": "all"})) == three[::-1]

    def test_what_is_looked_for_is_found_wherever_it_is(self, sign_in, counsellor, three, clock):
        """An address that names no `when` finds as it did before there was one."""
        clock.move_to(three[2].starts_at + DAY)
        browser = sign_in(counsellor)
        assert listed(browser.get(LIST)) == []
        assert listed(browser.get(LIST, {"q": "ada"})) == [three[2], three[0]]
        assert listed(browser.get(LIST, {"q": "ada", "when": "upcoming"})) == []
        page = text(browser.get(LIST, {"q": "ada", "when": "upcoming"}))
        assert 'href="/client-admin/appointments/?q=ada&amp;when=all"' in page

    @pytest.mark.parametrize(
        ("asked", "expected"),
        [
            ({"status": "pending"}, [0]),
            ({"status": "cancelled"}, [2]),
            ({"status": "no_show"}, []),
            ({"from": "2026-11-11"}, [2, 1]),
            ({"to": "2026-11-11"}, [1, 0]),
            ({"from": "2026-11-11", "to": "2026-11-11"}, [1]),
            ({"q": "ADA"}, [2, 0]),
            ({"q": "ben@example"}, [1]),
            ({"q": "7946 0123"}, [1]),
            ({"q": "Müller"}, [1]),
            ({"q": "nobody"}, []),
            ({"q": "%"}, []),
            ({"q": "_"}, []),
            ({"q": "'; DROP TABLE"}, []),
            ({"q": "ada", "status": "cancelled", "from": "2026-11-12"}, [2]),
            ({"q": "", "status": "", "from": "", "to": "", "client": ""}, [0, 1, 2]),
            ({"q": "", "status": "cancelled", "when": "upcoming"}, [2]),
        ],
    )
    def test_filters_narrow_together(self, as_counsellor, three, asked, expected):
        assert listed(as_counsellor.get(LIST, asked)) == [three[n] for n in expected]

    def test_one_clients(self, as_counsellor, three, ben):
        assert listed(as_counsellor.get(LIST, {"client": str(ben.pk)})) == [three[1]]
        assert listed(as_counsellor.get(LIST, {"client": str(uuid.uuid4())})) == []

    @pytest.mark.parametrize(
        "asked",
        [
            {"status": "unheard_of"},
            {"when": "tomorrow"},
            {"from": "01/02/2027"},
            {"from": "2026-11-12", "to": "2026-11-11"},
            {"client": "1"},
            {"q": "\0"},
            {"q": "q" * 5000},
        ],
    )
    def test_filter_that_makes_no_sense_answers_422(self, as_counsellor, three, asked):
        answer = as_counsellor.get(LIST, asked)
        assert (answer.status_code, listed(answer)) == (422, [])
        assert "data-focus" in text(answer)

    @pytest.mark.parametrize(("page", "count"), [("1", 50), ("2", 10), ("99", 10), ("abc", 50)])
    def test_pages_hold_fifty(self, as_counsellor, ada, page, count):
        Appointment.objects.bulk_create(
            Appointment(client=ada, date=TUESDAY + n * DAY, hour=9, created_at=NOW)
            for n in range(60)
        )
        assert len(listed(as_counsellor.get(LIST, {"page": page}))) == count

    def test_page_links_keep_the_filter(self, as_counsellor, ada):
        Appointment.objects.bulk_create(
            Appointment(client=ada, date=TUESDAY + n * DAY, hour=9, created_at=NOW)
            for n in range(60)
        )
        page = text(as_counsellor.get(LIST, {"status": "pending", "q": "ada"}))
        assert "status=pending" in page
        assert "q=ada" in page
        assert "page=2" in page

    def test_row_leads_to_the_appointment_and_back_to_the_same_list(self, as_counsellor, three):
        page = text(as_counsellor.get(LIST, {"status": "pending", "q": "ada"}))
        link = re.search(rf'href="({LIST}{three[0].pk}/\?next=[^"]*)"', page)[1]
        assert f'href="{LIST}?status=pending&amp;q=ada"' in text(as_counsellor.get(link))
        strange = f"{LIST}{three[0].pk}/?next=//elsewhere.example/"
        assert "elsewhere" not in text(as_counsellor.get(strange))


class TestOne:
    def test_shows_client_history_and_possible_changes(self, as_counsellor, three, url):
        answer = as_counsellor.get(url("appointment", three[0]))
        page = text(answer)
        assert answer.status_code == 200
        for part in ("Ada", "ada@example.com", "Pending confirmation", "Tuesday 10 November 2026"):
            assert part in page
        assert answer.context["changes"] == [Status.CONFIRMED]
        assert answer.context["may_cancel"]

    def test_unknown_id_answers_404(self, as_counsellor):
        assert as_counsellor.get(f"{LIST}{uuid.uuid4()}/").status_code == 404
        answer = as_counsellor.post(f"{LIST}{uuid.uuid4()}/status/", {"status": "confirmed"})
        assert answer.status_code == 404

    @pytest.mark.parametrize("status", ["confirmed", "cancelled"])
    def test_status_changes_and_page_comes_back(
        self, as_counsellor, counsellor, three, url, status
    ):
        appointment = three[0]
        answer = as_counsellor.post(
            url("status", appointment), {"status": status, "reason": "as agreed"}, follow=True
        )
        assert answer.redirect_chain == [(url("appointment", appointment), 302)]
        appointment.refresh_from_db()
        assert (appointment.status, appointment.reason) == (status, "as agreed")
        assert appointment.events.last().by == counsellor
        assert "as agreed" in text(answer)

    def test_reinstating_into_a_slot_given_away_answers_409(
        self, as_counsellor, three, ben, book, url
    ):
        book(ben, three[2].date, three[2].hour)
        with unchanged():
            answer = as_counsellor.post(url("status", three[2]), {"status": "confirmed"})
        assert answer.status_code == 409

    def test_reinstating_into_a_closure_asks_once_more(self, as_counsellor, three, url):
        Closure.objects.create(first_date=three[2].date, last_date=three[2].date, reason="Flu")
        path, sent = url("status", three[2]), {"status": "confirmed", "tell": "off"}
        with unchanged():
            answer = as_counsellor.post(path, sent)
        page = text(answer)
        assert answer.status_code == 409
        assert "The practice is closed then (Flu)." in page
        assert 'name="anyway"' in page
        assert 'href="#cancel_anyway"' in page
        back = "/client-admin/appointments/?when=past"
        asked = text(as_counsellor.post(path, sent | {"next": back}))
        assert f'name="next" value="{back}"' in asked
        answer = as_counsellor.post(path, sent | {"anyway": "on"})
        assert answer.status_code == 302
        three[2].refresh_from_db()
        assert three[2].status == Status.CONFIRMED

    @pytest.mark.parametrize("status", ["pending", "attended", "no_show"])
    def test_change_that_is_not_allowed_answers_409(self, as_counsellor, three, url, status):
        with unchanged():
            answer = as_counsellor.post(url("status", three[1]), {"status": status})
        assert answer.status_code == 409
        assert answer.context["refusals"]

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"status": ""},
            {"status": "unheard_of"},
            {"status": "Confirmed"},
            {"status": "confirmed", "reason": "r" * 201},
            {"status": "confirmed", "reason": "\0"},
        ],
    )
    def test_malformed_change_answers_422(self, as_counsellor, three, url, fields):
        with unchanged():
            answer = as_counsellor.post(url("status", three[0]), fields)
        assert answer.status_code == 422

    def test_cancellation_is_asked_for_by_the_address(self, as_counsellor, three, url):
        page = text(as_counsellor.get(url("appointment", three[0]), {"ask": "cancel"}))
        assert re.search(r'<details class="asks" open>\s*<summary [^>]*data-focus', page)
        page = text(as_counsellor.get(url("appointment", three[0])))
        assert '<details class="asks" >' in page

    @pytest.mark.parametrize("status", ["confirmed", "cancelled"])
    def test_double_click_answers_409_and_changes_once(self, as_counsellor, three, url, status):
        answers = [
            as_counsellor.post(url("status", three[0]), {"status": status}) for _ in range(2)
        ]
        assert [answer.status_code for answer in answers] == [302, 409]
        assert three[0].events.count() == 2

    def test_attendance_is_recorded_from_the_start(self, sign_in, counsellor, three, url, clock):
        appointment = three[1]
        clock.move_to(appointment.starts_at - dt.timedelta(seconds=1))
        attended = {"status": "attended"}
        browser = sign_in(counsellor)
        assert browser.post(url("status", appointment), attended).status_code == 409
        clock.move_to(appointment.starts_at)
        assert browser.post(url("status", appointment), attended).status_code == 302

    def test_status_is_changed_by_post_only(self, as_counsellor, three, url):
        with unchanged():
            answer = as_counsellor.get(url("status", three[0]))
        assert answer["Location"] == url("appointment", three[0])

    def test_deactivated_clients_appointment_is_still_managed(self, as_counsellor, three, ada, url):
        User.objects.filter(pk=ada.pk).update(is_active=False)
        answer = as_counsellor.post(url("status", three[0]), {"status": "cancelled"})
        assert answer.status_code == 302
