"""The counsellor's pages of a series: the plan, the series, moving and ending it."""

import pytest

from appointments import booking, errors, series
from appointments.models import Appointment, Closure, Series, SeriesGap, Slot, Status
from tests.conftest import NOW, TUESDAY
from tests.rows import unchanged
from therapeutics.models import Practice

from .conftest import text
from .series import DAY, WEEK, slots_of, weeks

pytestmark = [pytest.mark.once, pytest.mark.django_db]

NEW = "/client-admin/series/new/"


@pytest.fixture
def asked(ada) -> dict[str, object]:
    """What the booking page sends for a weekly series of three sessions."""
    return {
        "client": ada.pk, "date": TUESDAY, "hour": 10, "repeat": "weekly", "sessions": 3,
        "until": "", "note": "Step-free, please",
    }  # fmt: skip


@pytest.fixture
def practice_of_england(db) -> None:
    Practice.objects.create(holiday_calendar="GB-ENG")


def choices(*values: object) -> dict[str, object]:
    return {f"on-{TUESDAY + n * WEEK}": value for n, value in enumerate(values)}


class TestPlan:
    def test_books_what_is_chosen(self, as_counsellor, asked, ada):
        answer = as_counsellor.post(NEW, asked | choices(10, "leave", 15), follow=True)
        one = Series.objects.get()
        assert answer.redirect_chain == [(f"/client-admin/series/{one.pk}/", 302)]
        assert "2 sessions are booked." in text(answer)
        assert slots_of(one) == [Slot(TUESDAY, 10), Slot(TUESDAY + 2 * WEEK, 15)]
        assert Appointment.objects.first().note == "Step-free, please"

    def test_double_click_leads_to_the_series(self, as_counsellor, asked):
        sent = asked | choices(10, 10, 10)
        as_counsellor.post(NEW, sent)
        with unchanged():
            answer = as_counsellor.post(NEW, sent)
        assert answer["Location"] == Series.objects.get().get_absolute_url()

    def test_same_series_with_a_date_more_is_no_double_click(self, as_counsellor, asked):
        as_counsellor.post(NEW, asked | choices(10, "leave", 10))
        with unchanged():
            answer = as_counsellor.post(NEW, asked | choices(10, 10, 10))
        assert answer.status_code == 409

    def test_way_back_keeps_what_was_given(self, as_counsellor, asked):
        sent = asked | choices(10, 10, 10) | {"again": "yes", "tell": "off"}
        answer = as_counsellor.post("/client-admin/appointments/new/", sent)
        form = answer.context["form"]
        assert answer.status_code == 200
        shown = {name: form[name].value() for name in ("note", "repeat", "sessions", "notify")}
        assert shown == {
            "note": "Step-free, please", "repeat": "weekly", "sessions": "3", "notify": "off",
        }  # fmt: skip
        assert (str(answer.context["day"]), answer.context["hour"]) == (str(TUESDAY), 10)

    def test_date_on_a_public_holiday_says_so(self, as_counsellor, asked, practice_of_england):
        sent = asked | {"date": "2026-12-18", "sessions": 3}
        page = text(as_counsellor.post("/client-admin/appointments/new/", sent))
        assert page.count("Public holiday: ") == 2
        assert "Public holiday: Christmas Day" in page

    def test_stops_before_a_date(self, as_counsellor, asked):
        as_counsellor.post(NEW, asked | choices(10, "stop", 10))
        one = Series.objects.get()
        assert slots_of(one) == [Slot(TUESDAY, 10)]
        assert one.last_date == TUESDAY
        assert not SeriesGap.objects.exists()

    def test_open_end_stops_where_it_is_told_to(self, as_counsellor, asked):
        open_ended = asked | {"sessions": ""} | choices(10, 10, *["stop"] * 9)
        as_counsellor.post(NEW, open_ended)
        assert Series.objects.get().last_date == TUESDAY + WEEK

    @pytest.mark.parametrize("first", ["stop", "leave"])
    def test_nothing_chosen_answers_422(self, as_counsellor, asked, first):
        with unchanged():
            answer = as_counsellor.post(NEW, asked | choices(first, "leave", "leave"))
        assert answer.status_code == 422
        assert "Please choose at least one date." in text(answer)

    def test_taken_meanwhile_answers_409_and_keeps_the_choices(
        self, as_counsellor, asked, ben, book
    ):
        book(ben, TUESDAY + WEEK, 10)
        with unchanged():
            answer = as_counsellor.post(NEW, asked | choices(11, 10, "leave"))
        page = text(answer)
        assert answer.status_code == 409
        assert "Tue 17 Nov, 10:00" in page
        assert "<bdi>Ben</bdi>" in page
        for chosen in ("11", "10", "leave"):
            assert f'<option value="{chosen}" selected>' in page
        assert "Step-free, please" in page

    @pytest.mark.parametrize(
        "fields",
        [{"client": "nobody"}, {"repeat": "none"}, {"repeat": "daily"}, {"sessions": 99},
         {"hour": 8}, {"date": "soon"}, {"until": "2026-11-01", "sessions": ""}],
    )  # fmt: skip
    def test_malformed_answers_422(self, as_counsellor, asked, fields):
        with unchanged():
            answer = as_counsellor.post(NEW, asked | choices(10, 10, 10) | fields)
        assert answer.status_code == 422
        assert answer.context["refusals"]

    @pytest.mark.parametrize(
        "choice", ["", "8", "18", "now", "-1", "10.0", "014", "١٤", "1" * 5000]
    )
    def test_malformed_choice_answers_422(self, as_counsellor, asked, choice):
        with unchanged():
            answer = as_counsellor.post(NEW, asked | choices(10, choice, 10))
        assert answer.status_code == 422

    def test_untold_client_gets_no_mail(self, as_counsellor, asked):
        from post_office.models import Email

        as_counsellor.post(NEW, asked | choices(10, 10, 10) | {"tell": "off"})
        assert not Email.objects.exists()
        as_counsellor.post(NEW, asked | choices(11, 11, 11))
        assert Email.objects.count() == 1


class TestSeries:
    def test_shows_what_comes_and_what_was_left_out(self, as_counsellor, made):
        Closure.objects.create(first_date=TUESDAY + WEEK, last_date=TUESDAY + WEEK)
        one = made(sessions=3)
        page = text(as_counsellor.get(one.get_absolute_url()))
        for words in ("Weekly, Tuesday 10:00", "Tue 10 Nov 2026", "Tue 24 Nov 2026"):
            assert words in page
        assert "Tue 17 Nov 2026: The practice was closed" in page

    def test_ends_from_a_day_on(self, as_counsellor, made):
        one = made()
        ending = {"first": TUESDAY + 2 * WEEK, "reason": "Holidays"}
        answer = as_counsellor.post(f"{one.get_absolute_url()}end/", ending, follow=True)
        assert "3 sessions are cancelled." in text(answer)
        assert slots_of(one) == weeks(2)

    def test_ended_before_its_next_session_it_goes_on_no_more(self, as_counsellor, made):
        one = made()
        as_counsellor.post(f"{one.get_absolute_url()}end/", {"first": TUESDAY})
        page = text(as_counsellor.get(one.get_absolute_url()))
        assert "no, it has ended" in page
        assert "Yes, end it" not in page

    def test_ending_what_has_ended_answers_409(self, as_counsellor, made):
        one = made()
        as_counsellor.post(f"{one.get_absolute_url()}end/", {"first": TUESDAY})
        with unchanged():
            answer = as_counsellor.post(f"{one.get_absolute_url()}end/", {"first": TUESDAY})
        assert answer.status_code == 409

    @pytest.mark.parametrize("first", ["", "junk", "2026-13-01"])
    def test_malformed_day_answers_422(self, as_counsellor, made, first):
        one = made()
        with unchanged():
            answer = as_counsellor.post(f"{one.get_absolute_url()}end/", {"first": first})
        assert answer.status_code == 422

    def test_costs_the_same_for_any_number_of_sessions(
        self, as_counsellor, made, django_assert_num_queries, django_assert_max_num_queries
    ):
        page = made(sessions=2).get_absolute_url()
        with django_assert_max_num_queries(9) as few:
            as_counsellor.get(page)
        longer = made(sessions=40, hour=12).get_absolute_url()
        with django_assert_num_queries(len(few)):
            as_counsellor.get(longer)


class TestFollowing:
    @pytest.fixture
    def third(self, made) -> Appointment:
        return made().appointments.get(date=TUESDAY + 2 * WEEK)

    def test_shows_where_each_goes_then_moves_them(self, as_counsellor, third, ben, book):
        page = f"/client-admin/appointments/{third.pk}/following/"
        to = {"date": third.date + DAY, "hour": 14}
        book(ben, third.date + WEEK + DAY, 14)
        shown = as_counsellor.get(page, to)
        planned = [one for one, _field in shown.context["plan"].rows()]
        assert [one.verdict for one in planned] == ["open", "taken", "open"]
        chosen = ("14", "leave", "15")
        sent = {
            f"on-{one.session.pk}-{one.slot.date}": c
            for one, c in zip(planned, chosen, strict=True)
        }
        answer = as_counsellor.post(page, {**to, **sent}, follow=True)
        assert answer.redirect_chain == [(third.series.get_absolute_url(), 302)]
        assert slots_of(third.series)[2:] == [
            Slot(third.date + DAY, 14), Slot(third.date + WEEK, 10),
            Slot(third.date + 2 * WEEK + DAY, 15),
        ]  # fmt: skip

    def test_taken_meanwhile_answers_409(self, as_counsellor, third, ben, book):
        page = f"/client-admin/appointments/{third.pk}/following/"
        sent = {f"on-{one.pk}-{one.date}": 14 for one in series.following(third, now=NOW)}
        book(ben, third.date + WEEK, 14)
        with unchanged():
            answer = as_counsellor.post(page, {"date": third.date, "hour": 14, **sent})
        assert answer.status_code == 409

    def test_malformed_answers_422(self, as_counsellor, third):
        page = f"/client-admin/appointments/{third.pk}/following/"
        with unchanged():
            assert as_counsellor.get(page, {"date": "junk", "hour": 10}).status_code == 422
            assert as_counsellor.post(page, {"hour": 10}).status_code == 422
            only_where = {"date": third.date, "hour": 14}
            assert as_counsellor.post(page, only_where).status_code == 422

    def test_plan_that_nobody_saw_is_not_carried_out(self, as_counsellor, third, counsellor):
        """A colleague moves the session while the plan lies on the screen."""
        page = f"/client-admin/appointments/{third.pk}/following/"
        to = {"date": third.date + 3 * DAY, "hour": 10}
        planned = [one for one, _field in as_counsellor.get(page, to).context["plan"].rows()]
        sent = {f"on-{one.session.pk}-{one.slot.date}": 10 for one in planned}
        booking.move(
            appointment=third, date=third.date + DAY, hour=9, by=counsellor, now=NOW, notify=False
        )
        with unchanged():
            answer = as_counsellor.post(page, {**to, **sent})
        assert answer.status_code == 409
        assert answer.context["refusals"] == [str(errors.PlanChanged())]

    def test_not_before_an_earlier_session(self, as_counsellor, third):
        page = f"/client-admin/appointments/{third.pk}/following/"
        to = {"date": TUESDAY + WEEK, "hour": 15}
        for ask in (as_counsellor.get, as_counsellor.post):
            answer = ask(page, to)
            assert answer.status_code == 422
            assert "An earlier session of the series is on 17 November 2026, 10:00." in text(answer)

    @pytest.mark.parametrize("date", ["9999-12-31", "0001-01-01"])
    def test_date_beyond_all_calendars_answers_422(self, as_counsellor, third, asked, date):
        page = f"/client-admin/appointments/{third.pk}/following/"
        assert as_counsellor.get(page, {"date": date, "hour": 10}).status_code == 422
        end = f"{third.series.get_absolute_url()}end/"
        assert as_counsellor.post(end, {"first": date}).status_code == 422
        assert as_counsellor.post(NEW, asked | {"date": date}).status_code == 422

    def test_single_appointment_has_none(self, as_counsellor, ada, book):
        page = f"/client-admin/appointments/{book(ada).pk}/following/"
        assert as_counsellor.get(page).status_code == 404


def test_client_sees_that_it_is_a_series(as_ada, made):
    one = made(sessions=2)
    assert "Weekly" in text(as_ada.get("/appointments/"))
    page = text(as_ada.get(one.appointments.first().get_absolute_url()))
    assert "One of a series: Weekly, Tuesday 10:00, until Tue 17 Nov 2026" in " ".join(page.split())


def test_client_moves_and_cancels_one_session_by_themselves(ada, made):
    one = made(sessions=3)
    first, second, _third = one.appointments.all()
    booking.move(appointment=first, date=TUESDAY, hour=16, by=ada, now=NOW, notify=False)
    booking.cancel(appointment=second, by=ada, now=NOW, notify=False)
    assert slots_of(one) == [Slot(TUESDAY, 16), Slot(TUESDAY + 2 * WEEK, 10)]
    assert one.appointments.get(status=Status.CANCELLED).pk == second.pk
