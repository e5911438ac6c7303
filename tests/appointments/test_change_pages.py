"""Moving and cancelling on a client's pages."""

import datetime as dt
import uuid

import pytest

from appointments import booking
from appointments.models import Appointment, CancelledBy, Closure, Status
from tests.conftest import NOW, TUESDAY
from tests.rows import unchanged

from .conftest import chips, offers, text

pytestmark = [pytest.mark.once, pytest.mark.django_db]

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)
TO_11 = {"date": "2026-11-10", "hour": "11"}


@pytest.fixture
def appointment(ada, book) -> Appointment:
    return book(ada, TUESDAY, 10)


class TestMove:
    @pytest.fixture
    def url(self, appointment, address):
        return address("move", appointment)

    def test_page_offers_the_open_hours(self, as_ada, url):
        answer = as_ada.get(url, {"date": "2026-11-10"})
        assert (answer.status_code, chips(answer)) == (200, [9, *range(11, 18)])

    def test_moved_appointment_is_shown(self, as_ada, url, appointment):
        answer = as_ada.post(url, TO_11)
        assert (answer.status_code, answer["Location"]) == (302, appointment.get_absolute_url())
        appointment.refresh_from_db()
        assert (appointment.date, appointment.hour) == (TUESDAY, 11)

    def test_taken_slot_answers_409_and_offers_others(self, as_ada, url, ben, book):
        book(ben, TUESDAY, 11)
        with unchanged():
            answer = as_ada.post(url, TO_11)
        assert (answer.status_code, len(offers(answer))) == (409, 3)

    def test_closed_slot_answers_409(self, as_ada, url):
        Closure.objects.create(first_date=TUESDAY, last_date=TUESDAY)
        with unchanged():
            assert as_ada.post(url, TO_11).status_code == 409

    def test_double_click_moves_once(self, as_ada, url, appointment):
        assert [as_ada.post(url, TO_11).status_code for _ in range(2)] == [302, 302]
        assert [event.action for event in appointment.events.all()] == ["booked", "moved"]

    def test_within_the_notice_answers_422(self, as_ada, url, appointment, clock):
        clock.move_to(appointment.starts_at - DAY + dt.timedelta(seconds=1))
        with unchanged():
            answer = as_ada.post(url, {"date": "2026-11-12", "hour": "11"})
        assert answer.status_code == 422
        assert "too late to move" in text(answer)

    def test_started_appointment_answers_409(self, as_ada, url, appointment, clock):
        clock.move_to(appointment.starts_at)
        with unchanged():
            assert as_ada.post(url, {"date": "2026-11-12", "hour": "11"}).status_code == 409

    def test_page_that_is_stale_answers_409(self, as_ada, url, appointment, counsellor):
        booking.cancel(appointment=appointment, by=counsellor, now=NOW, notify=False)
        with unchanged():
            answer = as_ada.post(url, TO_11)
        assert (answer.status_code, "cannot be changed" in text(answer)) == (409, True)


class TestCancel:
    @pytest.fixture
    def url(self, appointment, address):
        return address("cancel", appointment)

    def test_page_asks_and_changes_nothing(self, as_ada, url):
        with unchanged():
            answer = as_ada.get(url)
        assert (answer.status_code, "Cancel this appointment?" in text(answer)) == (200, True)

    @pytest.mark.parametrize(("before", "late"), [(DAY, False), (HOUR, True)])
    def test_policy_is_said_before_the_button(self, as_ada, url, appointment, clock, before, late):
        clock.move_to(appointment.starts_at - before)
        page = text(as_ada.get(url))
        main = page[page.index("<main") :]
        assert ("it will be recorded as a late cancellation" in main) is late
        assert "24 hours" in main[: main.index("btn-danger")]

    def test_cancelled_appointment_is_shown(self, as_ada, url, appointment):
        answer = as_ada.post(url)
        assert (answer.status_code, answer["Location"]) == (302, appointment.get_absolute_url())
        appointment.refresh_from_db()
        assert appointment.status == Status.CANCELLED
        assert (appointment.cancelled_by, appointment.cancelled_late) == (CancelledBy.CLIENT, False)

    def test_late_cancellation_is_recorded(self, as_ada, url, appointment, clock):
        clock.move_to(appointment.starts_at - HOUR)
        assert as_ada.post(url).status_code == 302
        appointment.refresh_from_db()
        assert appointment.cancelled_late

    def test_second_cancel_answers_409(self, as_ada, url):
        assert as_ada.post(url).status_code == 302
        with unchanged():
            assert as_ada.post(url).status_code == 409
            assert as_ada.get(url).status_code == 409

    def test_started_appointment_answers_409(self, as_ada, url, appointment, clock):
        clock.move_to(appointment.starts_at)
        with unchanged():
            assert as_ada.post(url).status_code == 409


@pytest.mark.parametrize("method", ["get", "head", "post", "put", "patch", "delete", "options"])
@pytest.mark.parametrize("action", ["detail", "move", "cancel"])
class TestSomeoneElses:
    def test_appointment_answers_404_or_405(
        self, clock, ben, sign_in, appointment, address, action, method
    ):
        browser = sign_in(ben)
        with unchanged():
            answer = getattr(browser, method)(address(action, appointment), TO_11)
        reads = {"get", "head"} if action == "detail" else {"get", "head", "post"}
        assert answer.status_code == (404 if method in reads else 405)
        assert b"Ada" not in answer.content

    def test_is_not_told_from_one_that_is_not(
        self, clock, ben, sign_in, appointment, address, action, method
    ):
        browser, unknown = sign_in(ben), Appointment(pk=uuid.uuid4())
        answers = [
            getattr(browser, method)(address(action, one), TO_11) for one in (appointment, unknown)
        ]
        assert answers[0].status_code == answers[1].status_code


@pytest.mark.parametrize("action", ["move", "cancel"])
def test_staff_do_not_act_as_the_client(as_counsellor, appointment, address, action):
    with unchanged():
        assert as_counsellor.post(address(action, appointment), TO_11).status_code == 404


def test_page_to_move_what_cannot_be_moved_leads_back_to_the_appointment(as_ada, ada, book):
    appointment = book(ada)
    booking.cancel(appointment=appointment, by=ada, now=NOW, notify=False)
    answer = as_ada.get(f"/appointments/{appointment.pk}/move/")
    assert (answer.status_code, answer["Location"]) == (302, appointment.get_absolute_url())
