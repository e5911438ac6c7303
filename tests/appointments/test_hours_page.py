"""Opening hours in Client admin: the form, and the sessions that a change falls on."""

import datetime as dt

import pytest

from appointments import booking
from appointments.models import OpeningHours
from tests.conftest import NOW, TUESDAY
from tests.rows import unchanged

from .conftest import text

pytestmark = [pytest.mark.once, pytest.mark.django_db]

HOURS = "/client-admin/hours/"
WEDNESDAY = TUESDAY + dt.timedelta(days=1)


def fields(*open_days: int, **more: object) -> dict[str, object]:
    """Return what the form sends: these weekdays open from 9 to 17."""
    times = {"first": 9, "last": 17, "break": "", "resume": ""}
    sent = {f"{name}_{day}": value for day in range(7) for name, value in times.items()}
    return sent | {f"open_{day}": "on" for day in open_days} | more


def rows() -> list[tuple[int, int, int]]:
    return list(OpeningHours.objects.values_list("weekday", "first_hour", "last_hour"))


def test_shows_the_hours_as_they_are(as_counsellor):
    OpeningHours.objects.all().delete()
    for weekday, first, last in [(1, 9, 11), (1, 13, 16), (2, 9, 9), (2, 11, 11), (2, 13, 13)]:
        OpeningHours.objects.create(weekday=weekday, first_hour=first, last_hour=last)
    answer = as_counsellor.get(HOURS)
    days = list(answer.context["form"].days)
    shown = [(day.open.value(), [field.value() for field in day.times]) for day in days]
    assert shown[1] == (True, [9, 16, 12, 13])
    assert not shown[0][0]
    assert [day.crowded for day in days[:3]] == [False, False, True]
    assert "more than one break" in text(answer)


def test_what_was_sent_back_unchanged_saves_the_same(as_counsellor):
    before = rows()
    assert as_counsellor.post(HOURS, fields(0, 1, 2, 3, 4)).status_code == 302
    assert rows() == before


def test_saves_at_once_when_no_session_is_in_the_way(as_counsellor):
    answer = as_counsellor.post(
        HOURS, fields(1, 5, break_1=12, resume_1=14, last_5=11), follow=True
    )
    assert answer.redirect_chain == [(HOURS, 302)]
    assert "The opening hours are saved." in text(answer)
    assert rows() == [(1, 9, 11), (1, 14, 17), (5, 9, 11)]


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"first_1": 12, "last_1": 11}, "last_1"),
        ({"break_1": 12}, "resume_1"),
        ({"resume_1": 12}, "break_1"),
        ({"break_1": 13, "resume_1": 13}, "break_1"),
        ({"break_1": 14, "resume_1": 13}, "break_1"),
        ({"first_1": 12, "break_1": 12, "resume_1": 13}, "break_1"),
        ({"last_1": 12, "break_1": 12, "resume_1": 13}, "break_1"),
        ({"first_1": "8"}, "first_1"),
        ({"last_1": "18"}, "last_1"),
        ({"first_1": ""}, "first_1"),
        ({"break_1": "noon"}, "break_1"),
        ({"first_6": "x"}, "first_6"),
    ],
)
def test_hours_that_do_not_fit_answer_422(as_counsellor, wrong, where):
    with unchanged():
        answer = as_counsellor.post(HOURS, fields(0, 1, **wrong))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [where]


def test_way_back_from_the_plan_keeps_what_was_given(as_counsellor, ada, book):
    book(ada)
    sent = fields(0, 2, 3, 4, break_0=12, resume_0=13, planned="yes", again="yes")
    with unchanged():
        answer = as_counsellor.post(HOURS, sent)
    form = answer.context["form"]
    assert answer.status_code == 200
    assert (form["break_0"].value(), form["open_1"].value()) == ("12", False)


def test_closed_day_is_not_asked_for_its_times(as_counsellor):
    assert as_counsellor.post(HOURS, fields(0, first_1=17, last_1=9)).status_code == 302


def test_sessions_in_the_way_are_shown_before_anything_is_saved(as_counsellor, ada, book):
    appointment = book(ada)
    with unchanged():
        answer = as_counsellor.post(HOURS, fields(0, 2, 3, 4, break_0=12, resume_0=13))
    assert answer.status_code == 200
    [session] = answer.context["sessions"]
    assert session.appointment == appointment
    assert session.chosen == f"{WEDNESDAY} 10"
    page = text(answer)
    assert 'name="break_0" value="12"' in page
    assert 'name="open_0" value="on"' in page
    assert "open_1" not in page
    assert "Move to Wed 11 Nov 2026, 10:00" in page
    assert answer.context["form"]["notify"].value() == "on"


def test_plan_is_carried_out_with_what_was_entered_before(as_counsellor, ada, book):
    appointment = book(ada)
    answers = {f"session-{appointment.pk}": f"{WEDNESDAY} 10", "planned": "yes"}
    answer = as_counsellor.post(HOURS, fields(0, 2) | answers, follow=True)
    assert "Sessions moved: 1, cancelled: 0, kept: 0." in text(answer)
    appointment.refresh_from_db()
    assert appointment.slot == (WEDNESDAY, 10)
    assert [weekday for weekday, _first, _last in rows()] == [0, 2]


def test_session_booked_meanwhile_answers_409_and_keeps_the_choices(as_counsellor, ada, ben, book):
    appointment = book(ada)
    sent = fields(0, 2, 3, 4, planned="yes", tell="off") | {f"session-{appointment.pk}": "cancel"}
    newer = book(ben, TUESDAY, 11)
    with unchanged():
        answer = as_counsellor.post(HOURS, sent)
    assert answer.status_code == 409
    assert {one.appointment: one.chosen for one in answer.context["sessions"]} == {
        appointment: "cancel",
        newer: f"{WEDNESDAY} 11",
    }
    assert "has changed meanwhile" in answer.context["refusals"][0]
    assert answer.context["form"]["notify"].value() == "off"


def test_slot_taken_meanwhile_answers_409_with_other_slots(as_counsellor, ada, ben, book):
    appointment = book(ada)
    book(ben, WEDNESDAY, 10)
    sent = fields(0, 2, 3, 4, planned="yes") | {f"session-{appointment.pk}": f"{WEDNESDAY} 10"}
    with unchanged():
        answer = as_counsellor.post(HOURS, sent)
    assert answer.status_code == 409
    assert answer.context["sessions"][0].chosen == f"{WEDNESDAY} 9"
    assert "Ada" in answer.context["refusals"][0]


def test_all_sessions_gone_meanwhile_asks_once_more(as_counsellor, ada, book):
    appointment = book(ada)
    booking.cancel(appointment=appointment, by=ada, now=NOW, notify=False)
    sent = fields(0, 2, 3, 4, planned="yes")
    answer = as_counsellor.post(HOURS, sent | {f"session-{appointment.pk}": "cancel"})
    assert (answer.status_code, answer.context["sessions"]) == (409, [])
    assert as_counsellor.post(HOURS, sent).status_code == 302
