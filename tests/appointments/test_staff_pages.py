"""The counsellor books for a client: whom, when, and although the practice is closed."""

import datetime as dt
import re
import uuid

import pytest
from post_office.models import Email

from accounts.models import User
from appointments import notifications
from appointments.models import Appointment, Closure, Status
from tests.conftest import NOW, TUESDAY, person
from tests.rows import unchanged

from .conftest import chips, offers, text

pytestmark = [pytest.mark.once, pytest.mark.django_db]

NEW, LIST = "/client-admin/appointments/new/", "/client-admin/appointments/"
SLOT = {"date": "2026-11-10", "hour": "10"}
SATURDAY = {"date": "2026-11-14", "hour": "9"}
THEN = "2026-11-14 09"
DAY = dt.timedelta(days=1)
MALFORMED = [
    ({"date": ""}, "date"),
    ({"hour": "9.0"}, "hour"),
    ({"note": "n" * 501}, "note"),
    ({"tell": "perhaps"}, "notify"),
    ({"repeat": "daily"}, "repeat"),
    ({"repeat": "weekly", "sessions": "1"}, "sessions"),
    ({"repeat": "weekly", "sessions": "53"}, "sessions"),
    ({"repeat": "weekly", "sessions": "four"}, "sessions"),
    ({"repeat": "weekly", "until": "soon"}, "until"),
    ({"repeat": "weekly", "until": "2026-11-09"}, "until"),
    ({"repeat": "weekly", "until": "2026-12-01", "sessions": "4"}, "until"),
    ({"sessions": "4"}, "repeat"),
]


@pytest.fixture
def url(address):
    return lambda action, appointment: address(action, appointment, "client_admin")


@pytest.fixture
def mine(ada) -> dict[str, str]:
    return {"client": str(ada.pk)}


def found(answer) -> list[str]:
    """Return the names that the page offers to book for."""
    return re.findall(r'<a href="\?client=[^"]*"><bdi>(.*?)</bdi>', text(answer))


class TestWho:
    def test_page_asks_for_a_client_and_keeps_the_slot(self, as_counsellor, ada, ben):
        answer = as_counsellor.get(NEW, SLOT)
        assert (answer.status_code, found(answer)) == (200, ["Ada", "Ben"])
        link = f"?client={ada.pk}&amp;date=2026-11-10&amp;hour=10"
        assert f'href="{link}"' in text(answer)
        assert 'name="hour" value="10"' in text(answer)

    def test_search_finds_active_clients_only(self, as_counsellor, ada, ben, superuser):
        User.objects.filter(pk=ben.pk).update(is_active=False)
        for q, names in (("ADA", ["Ada"]), ("example.com", ["Ada"]), ("super", []), ("%", [])):
            answer = as_counsellor.get(NEW, {"q": q})
            assert (answer.status_code, found(answer)) == (200, names)
        assert "No client fits." in text(answer)

    def test_ten_are_listed_and_more_are_hinted_at(self, as_counsellor):
        for number in range(11):
            person(f"guest{number:02}")
        answer = as_counsellor.get(NEW, {"q": "guest"})
        assert len(found(answer)) == 10
        assert "write more of the name" in text(answer)

    def test_nobody_to_book_for_leads_to_the_invitations(self, as_counsellor):
        page = text(as_counsellor.get(NEW))
        assert "There is no client yet." in page

    def test_who_cannot_be_booked_is_refused(self, as_counsellor, ada, counsellor):
        User.objects.filter(pk=ada.pk).update(is_active=False)
        for wrong in (ada.pk, counsellor.pk, uuid.uuid4(), "junk", "1"):
            asked = {**SLOT, "client": str(wrong)}
            with unchanged():
                answers = [as_counsellor.get(NEW, asked), as_counsellor.post(NEW, asked)]
            for answer in answers:
                assert (answer.status_code, 'id="hours"' in text(answer)) == (422, False)
                assert answer.context["refusals"]

    @pytest.mark.parametrize("q", ["\0", "q" * 101])
    def test_search_that_makes_no_sense_answers_422(self, as_counsellor, q):
        assert as_counsellor.get(NEW, {"q": q}).status_code == 422

    def test_missing_client_is_asked_for(self, as_counsellor, ada):
        with unchanged():
            answer = as_counsellor.post(NEW, SLOT)
        assert (answer.status_code, found(answer)) == (422, ["Ada"])
        assert "Please choose a client." in text(answer)
        assert "date=2026-11-10&amp;hour=10" in text(answer)


class TestPicker:
    def test_page_offers_what_staff_may_book(self, as_counsellor, mine):
        answer = as_counsellor.get(NEW, mine)
        assert answer.status_code == 200
        assert chips(answer) == list(range(11, 18))  # today, inside the notice
        assert offers(answer) == [f"2026-11-02 {hour}" for hour in (11, 12, 13)]
        assert chips(as_counsellor.get(NEW, {**mine, "date": "2027-10-05"})) == [*range(9, 18)]

    def test_every_way_on_keeps_the_client(self, as_counsellor, mine, ada):
        page = text(as_counsellor.get(NEW, {**mine, "date": "2026-11-15"}))
        ways = re.findall(r'href="\?(.*?)date=', page)
        assert ways == [f"client={ada.pk}&amp;"] * 4
        assert page.count(f'name="client" value="{ada.pk}"') == 2  # the day's form, the hours' form
        assert f'data-kept="client={ada.pk}&amp;"' in page

    def test_closed_hours_are_a_group_of_their_own(self, as_counsellor, mine, ben, book):
        Closure.objects.create(first_date=TUESDAY, last_date=TUESDAY, first_hour=9, last_hour=11)
        book(ben, TUESDAY, 12)
        answer = as_counsellor.get(NEW, {**mine, **SLOT})
        assert (answer.context["others"], answer.context["hour"]) == ([9, 10, 11], 10)
        assert chips(answer) == [*range(13, 18), 9, 10, 11]
        assert "Outside opening hours" in text(answer)

    def test_clients_see_nothing_of_it(self, as_ada):
        for asked in ({}, {"date": "2026-11-14"}):
            page = text(as_ada.get("/appointments/book/", asked))
            for word in ("Outside opening hours", "data-kept", "anyway", 'id="outside"', "tell"):
                assert word not in page[page.index("<main") :]

    def test_asked_hour_that_is_taken_is_told(self, as_counsellor, mine, ben, book):
        book(ben, TUESDAY, 10)
        answer = as_counsellor.get(NEW, {**mine, **SLOT})
        assert answer.context["refusals"] == ["That time is no longer open. Please choose another."]

    def test_bad_slot_asked_for_answers_422(self, as_counsellor, mine):
        for wrong in ({"date": "10/11/2026"}, {"hour": "09"}):
            assert as_counsellor.get(NEW, {**mine, **wrong}).status_code == 422

    def test_it_costs_the_same_however_full_the_practice_is(
        self, as_counsellor, mine, ada, django_assert_max_num_queries
    ):
        Appointment.objects.bulk_create(
            Appointment(client=ada, date=TUESDAY + n * DAY, hour=9, created_at=NOW)
            for n in range(100)
        )
        with django_assert_max_num_queries(10):
            as_counsellor.get(NEW, mine)


class TestBook:
    def test_booked_slot_leads_to_the_staff_page(self, as_counsellor, mine, ada, counsellor):
        answer = as_counsellor.post(NEW, {**mine, **SLOT, "note": "Ground floor"}, follow=True)
        appointment = Appointment.objects.get()
        assert answer.redirect_chain == [(f"{LIST}{appointment.pk}/", 302)]
        assert (appointment.client, appointment.status) == (ada, Status.CONFIRMED)
        assert (appointment.note, appointment.events.get().by) == ("Ground floor", counsellor)
        assert "Booked for Ada: Tuesday 10 November 2026, 10:00." in text(answer)

    @pytest.mark.parametrize(
        ("tell", "mails"), [({}, 1), ({"tell": "on"}, 1), ({"tell": ["off", "on"]}, 1),
                            ({"tell": "off"}, 0)],
    )  # fmt: skip
    def test_client_is_told_unless_it_is_unticked(self, as_counsellor, mine, tell, mails):
        assert as_counsellor.post(NEW, {**mine, **SLOT, **tell}).status_code == 302
        notifications.write_due()
        assert Email.objects.count() == mails

    def test_taken_slot_answers_409_whatever_is_insisted_on(self, as_counsellor, mine, ben, book):
        book(ben, TUESDAY, 10)
        with unchanged():
            answer = as_counsellor.post(
                NEW, {**mine, **SLOT, "anyway": "2026-11-10 10", "note": "Kept"}
            )
        assert (answer.status_code, len(offers(answer))) == (409, 3)
        assert "Kept" in text(answer)
        assert 'name="anyway"' not in text(answer)

    def test_double_click_books_once(self, as_counsellor, mine):
        answers = [as_counsellor.post(NEW, {**mine, **SLOT}) for _ in range(2)]
        place = f"{LIST}{Appointment.objects.get().pk}/"
        assert [(answer.status_code, answer["Location"]) for answer in answers] == [
            (302, place)
        ] * 2

    @pytest.mark.parametrize("reason", ["", "Public holiday"])
    def test_closed_hour_is_asked_about_once(self, as_counsellor, mine, reason):
        if reason:
            day = TUESDAY + 4 * DAY
            Closure.objects.create(first_date=day, last_date=day, reason=reason)
        with unchanged():
            answer = as_counsellor.post(NEW, {**mine, **SATURDAY, "note": "Kept", "tell": "off"})
        page = text(answer)
        assert answer.status_code == 409
        assert "Do it all the same?" in answer.context["refusals"][0]
        assert reason in answer.context["refusals"][0]
        assert (f'name="anyway" value="{THEN}"' in page, "Kept" in page) == (True, True)
        assert answer.context["hour"] == 9
        sent = {**mine, **SATURDAY, "anyway": THEN}
        assert as_counsellor.post(NEW, sent).status_code == 302
        assert str(Appointment.objects.get()) == "2026-11-14 09:00"

    def test_answer_meant_for_another_slot_is_none(self, as_counsellor, mine):
        for anyway in ("", "on", "2026-11-14 9", "2026-11-14 10", "2026-11-15 09"):
            with unchanged():
                answer = as_counsellor.post(NEW, {**mine, **SATURDAY, "anyway": anyway})
            assert answer.status_code == 409

    def test_malformed_form_answers_422_and_is_kept(self, as_counsellor, mine):
        for sent, field in MALFORMED:
            with unchanged():
                answer = as_counsellor.post(NEW, {**mine, **SLOT, "note": "Kept", **sent})
            assert answer.status_code == 422
            assert answer.context["form"].errors.keys() == {field}
            assert field == "note" or "Kept" in text(answer)

    def test_what_repeats_goes_on_to_its_dates_and_books_nothing_yet(self, as_counsellor, mine):
        for sent in (
            {"repeat": "weekly"},
            {"repeat": "fortnightly", "sessions": "52"},
            {"repeat": "weekly", "until": "2026-11-10"},
        ):
            with unchanged():
                assert as_counsellor.post(NEW, {**mine, **SLOT, **sent}).status_code != 422

    def test_rules_of_time_hold_for_staff(self, as_counsellor, mine):
        for date in ("2026-10-30", "2028-11-10"):
            with unchanged():
                answer = as_counsellor.post(NEW, {**mine, "date": date, "hour": "9"})
            assert answer.status_code == 422
