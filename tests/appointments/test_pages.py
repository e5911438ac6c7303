"""A client's pages: what each shows and answers."""

import datetime as dt
import uuid

import pytest
from django.urls import reverse

from appointments import booking
from appointments.models import Appointment, BookingPolicy, Closure, Status
from tests.conftest import NOW, TUESDAY
from tests.rows import unchanged

from .conftest import chips, listed, offers, own_slots, text

pytestmark = [pytest.mark.once, pytest.mark.django_db]

LIST, BOOK = "/appointments/", "/appointments/book/"
ACTIONS = ("detail", "move", "cancel")
DAY = dt.timedelta(days=1)
SLOT = {"date": "2026-11-10", "hour": "10"}


def test_addresses_are_the_contracts():
    pk = uuid.uuid4()
    names = {name: reverse(f"appointments:{name}", args=[pk]) for name in ACTIONS}
    assert names == {
        "detail": f"/appointments/{pk}/",
        "move": f"/appointments/{pk}/move/",
        "cancel": f"/appointments/{pk}/cancel/",
    }
    assert (reverse("appointments:list"), reverse("appointments:book")) == (LIST, BOOK)


class TestStranger:
    @pytest.mark.parametrize("method", ["get", "post"])
    @pytest.mark.parametrize("page", [LIST, BOOK, LIST + "?when=past"])
    def test_is_sent_to_sign_in_and_back(self, client, practice, page, method):
        answer = getattr(client, method)(page)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/?next=/appointments/")

    @pytest.mark.parametrize("method", ["get", "post"])
    @pytest.mark.parametrize("action", ACTIONS)
    def test_learns_nothing_of_an_appointment(self, client, ada, book, address, action, method):
        for url in (address(action, book(ada)), f"/appointments/{uuid.uuid4()}/{action}/"):
            answer = getattr(client, method)(url.replace("/detail/", "/"))
            assert answer.status_code == 302
            assert answer["Location"].startswith("/accounts/login/?next=")


class TestList:
    def test_upcoming_are_own_and_soonest_first(self, as_ada, ada, ben, book):
        later, sooner = book(ada, TUESDAY, 11), book(ada, TUESDAY, 9)
        book(ben, TUESDAY, 10)
        assert listed(as_ada.get(LIST)) == [sooner, later]

    def test_past_are_latest_first(self, as_ada, ada, book, clock):
        first, last = book(ada, TUESDAY, 9), book(ada, TUESDAY + DAY, 9)
        clock.move_to(dt.datetime(2026, 11, 11, 12, tzinfo=dt.UTC))
        assert listed(as_ada.get(LIST)) == []
        assert listed(as_ada.get(LIST, {"when": "past"})) == [last, first]

    def test_session_under_way_is_upcoming(self, as_ada, ada, book, clock):
        appointment = book(ada, TUESDAY, 10)
        clock.move_to(appointment.starts_at + dt.timedelta(minutes=59))
        assert listed(as_ada.get(LIST)) == [appointment]

    def test_shows_each_status_in_words(self, as_ada, ada, counsellor, book):
        book(ada, TUESDAY, 9)
        book(ada, TUESDAY, 10, by=counsellor)
        booking.cancel(appointment=book(ada, TUESDAY, 11), by=ada, now=NOW, notify=False)
        page = text(as_ada.get(LIST))
        for word in ("Pending confirmation", "Confirmed", "Cancelled"):
            assert word in page

    def test_staff_see_everyones(self, as_counsellor, ada, ben, book):
        appointments = [book(ada, TUESDAY, 9), book(ben, TUESDAY, 10)]
        answer = as_counsellor.get(LIST)
        assert listed(answer) == appointments
        assert "Ada" in text(answer)
        assert "Ben" in text(answer)

    @pytest.mark.parametrize("page", ["1", "2", "99", "0", "-1", "abc", "", "\0", "９"])
    def test_any_page_number_is_answered(self, as_ada, ada, page):
        Appointment.objects.bulk_create(
            Appointment(client=ada, date=TUESDAY + n * DAY, hour=9, created_at=NOW)
            for n in range(25)
        )
        answer = as_ada.get(LIST, {"page": page})
        assert answer.status_code == 200
        assert len(listed(answer)) in {20, 5}

    def test_empty_list_says_so(self, as_ada):
        assert "no upcoming appointments" in text(as_ada.get(LIST))

    def test_changes_nothing_by_post(self, as_ada):
        assert as_ada.post(LIST).status_code == 405


class TestBook:
    def test_page_shows_the_first_open_day_and_soonest_times(self, as_ada):
        answer = as_ada.get(BOOK)
        assert answer.status_code == 200
        assert chips(answer) == [11, 12, 13, 14, 15, 16, 17]
        assert offers(answer) == ["2026-11-03 11", "2026-11-03 12", "2026-11-03 13"]

    def test_page_shows_the_open_hours_of_the_day_asked_for(self, as_ada, ben, book):
        book(ben, TUESDAY, 10)
        assert chips(as_ada.get(BOOK, {"date": "2026-11-10"})) == [9, *range(11, 18)]

    @pytest.mark.parametrize("date", ["2026-11-14", "2020-01-06", "2030-01-07", "0001-01-01"])
    def test_page_of_a_closed_day_shows_no_hours(self, as_ada, date):
        answer = as_ada.get(BOOK, {"date": date})
        assert (answer.status_code, chips(answer)) == (200, [])

    def test_full_practice_gives_the_phone_number(self, as_ada):
        Closure.objects.create(first_date=NOW.date(), last_date=NOW.date() + 99 * DAY)
        assert 'href="tel:02079460000"' in text(as_ada.get(BOOK))

    def test_booked_slot_leads_to_the_appointment(self, as_ada, ada):
        answer = as_ada.post(BOOK, {**SLOT, "note": "Step-free, please"})
        appointment = Appointment.objects.get()
        assert (answer.status_code, answer["Location"]) == (302, f"/appointments/{appointment.pk}/")
        assert (appointment.client, appointment.status) == (ada, Status.PENDING)
        assert appointment.note == "Step-free, please"
        assert "Pending confirmation" in text(as_ada.get(answer["Location"]))

    def test_taken_slot_answers_409_keeps_the_note_and_offers_others(self, as_ada, ben, book):
        book(ben, TUESDAY, 10)
        with unchanged():
            answer = as_ada.post(BOOK, {**SLOT, "note": "My <b>note</b>"})
        assert answer.status_code == 409
        assert "My &lt;b&gt;note&lt;/b&gt;" in text(answer)
        assert "Someone else has just taken this time" in text(answer)
        assert chips(answer) == [9, *range(11, 18)]
        assert offers(answer) == ["2026-11-10 9", "2026-11-10 11", "2026-11-10 12"]
        assert "<title>Error: Book an appointment" in answer.content.decode()

    def test_slot_closed_meanwhile_answers_409(self, as_ada):
        Closure.objects.create(first_date=TUESDAY, last_date=TUESDAY)
        with unchanged():
            answer = as_ada.post(BOOK, {**SLOT, "note": "Kept"})
        assert (answer.status_code, "Kept" in text(answer)) == (409, True)
        assert len(offers(answer)) == 3

    def test_double_click_books_once_and_leads_to_the_same_page(self, as_ada, ada):
        answers = [as_ada.post(BOOK, SLOT) for _ in range(2)]
        appointment = Appointment.objects.get()
        places = {(answer.status_code, answer["Location"]) for answer in answers}
        assert places == {(302, appointment.get_absolute_url())}
        assert appointment.events.count() == 1

    def test_ninth_appointment_answers_422(self, as_ada, ada, book):
        for hour in range(9, 17):
            book(ada, TUESDAY, hour)
        with unchanged():
            answer = as_ada.post(BOOK, {"date": "2026-11-11", "hour": "9"})
        assert answer.status_code == 422
        assert "as many as can be booked ahead" in text(answer)

    def test_staff_are_sent_to_their_own_pages(self, as_counsellor):
        answer = as_counsellor.get(BOOK)
        assert (answer.status_code, answer["Location"]) == (302, "/client-admin/appointments/new/")
        with unchanged():
            assert as_counsellor.post(BOOK, SLOT).status_code == 403


class TestDetail:
    def test_shows_slot_status_note_and_history(self, as_ada, ada, counsellor, address):
        appointment = booking.book(
            client=ada, date=TUESDAY, hour=10, by=ada, now=NOW, note="<i>hello</i>", notify=False
        )
        page = text(as_ada.get(address("detail", appointment)))
        for part in ("Tuesday 10 November 2026", "10:00–10:50", "&lt;i&gt;hello", "Booked"):
            assert part in page

    def test_reason_is_only_the_practices(self, as_ada, ada, counsellor, book, address):
        appointment = book(ada)
        booking.cancel(
            appointment=appointment, by=counsellor, now=NOW, reason="Sick child", notify=False
        )
        assert "Sick child" not in text(as_ada.get(address("detail", appointment)))

    def test_offers_only_what_will_be_accepted(self, as_ada, ada, book, address, clock):
        appointment = book(ada)
        move, cancel = address("move", appointment), address("cancel", appointment)
        for now, has_move, has_cancel in (
            (appointment.starts_at - DAY, True, True),
            (appointment.starts_at - DAY / 2, False, True),
            (appointment.starts_at, False, False),
        ):
            clock.move_to(now)
            page = text(as_ada.get(address("detail", appointment)))
            assert (move in page, cancel in page) == (has_move, has_cancel)

    def test_staff_see_it(self, as_counsellor, ada, book, address):
        answer = as_counsellor.get(address("detail", book(ada)))
        assert (answer.status_code, "Ada" in text(answer)) == (200, True)


def test_session_length_shown_is_the_policys(as_ada, ada, book, address):
    BookingPolicy.objects.create(session_minutes=45)
    assert "10:00–10:45" in text(as_ada.get(address("detail", book(ada))))


def test_own_slots_are_what_the_list_shows(as_ada, ada, book):
    book(ada, TUESDAY, 9)
    assert [(a.date, a.hour) for a in listed(as_ada.get(LIST))] == own_slots(ada)
