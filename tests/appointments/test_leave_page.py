"""Leave in Client admin: what is planned, what it falls on, and public holidays to tick."""

import datetime as dt
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from post_office.models import Email

from appointments.models import Appointment, Closure
from tests.conftest import NOW, TUESDAY
from tests.rows import unchanged

from .conftest import text

pytestmark = [pytest.mark.once, pytest.mark.django_db]

LEAVE = "/client-admin/leave/"
DAY = dt.timedelta(days=1)
WEDNESDAY, THURSDAY = TUESDAY + DAY, TUESDAY + 2 * DAY


@pytest.fixture
def three(ada, ben, book) -> list[Appointment]:
    return [book(ada), book(ben, TUESDAY, 15), book(ada, WEDNESDAY)]


def leave(first: object = TUESDAY, **more: object) -> dict[str, object]:
    return {"first_day": first, **more}


def saved() -> list[tuple[object, ...]]:
    fields = ("first_date", "last_date", "first_hour", "last_hour", "reason")
    return list(Closure.objects.values_list(*fields))


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (leave(), (TUESDAY, TUESDAY, None, None, "")),
        (leave(last_day=THURSDAY, reason="Away"), (TUESDAY, THURSDAY, None, None, "Away")),
        (leave(from_hour=12, to_hour=14), (TUESDAY, TUESDAY, 12, 13, "")),
        (leave(from_hour=9, to_hour=18), (TUESDAY, TUESDAY, 9, 17, "")),
    ],
)  # fmt: skip
def test_saves_at_once_when_no_session_is_in_the_way(as_counsellor, sent, expected):
    answer = as_counsellor.post(LEAVE, sent, follow=True)
    assert answer.redirect_chain == [(LEAVE, 302)]
    assert "The leave is saved." in text(answer)
    assert saved() == [expected]


@pytest.mark.parametrize(
    "sent",
    [
        {},
        leave(""),
        leave("10/11/2026"),
        leave("2026-11-31"),
        {"last_day": TUESDAY},
        leave(last_day=TUESDAY - DAY),
        leave(from_hour=9),
        leave(to_hour=9),
        leave(to_hour=10),
        leave(from_hour=10, to_hour=10),
        leave(from_hour=18, to_hour=18),
        leave(reason="r" * 101),
        leave(NOW.date() - DAY),
        leave(last_day=TUESDAY + 366 * DAY),
        {"holidays": ["2026-12-24"]},
        {"holidays": ["2026-12-25", "junk"]},
    ],
)
def test_leave_that_does_not_fit_answers_422(as_counsellor, sent):
    with unchanged():
        answer = as_counsellor.post(LEAVE, sent)
    assert answer.status_code == 422
    assert answer.context["form"].errors
    assert "data-focus" in text(answer)


def test_several_public_holidays_are_ticked_at_once(as_counsellor):
    christmas, boxing = dt.date(2026, 12, 25), dt.date(2026, 12, 28)
    assert as_counsellor.post(LEAVE, {"holidays": [christmas, boxing]}).status_code == 302
    assert [(row[0], row[1], row[4]) for row in saved()] == [
        (christmas, christmas, "Christmas Day"),
        (boxing, boxing, "Boxing Day (observed)"),
    ]
    assert text(as_counsellor.get(LEAVE)).count("closed already") == 2


def test_sessions_in_the_way_are_shown_before_anything_is_saved(as_counsellor, three):
    with unchanged():
        answer = as_counsellor.post(LEAVE, leave(last_day=WEDNESDAY, reason="<Away>"))
    assert answer.status_code == 200
    assert [one.appointment for one in answer.context["sessions"]] == three
    chosen = [one.chosen for one in answer.context["sessions"]]
    assert chosen == [f"{THURSDAY} 10", f"{THURSDAY} 15", f"{THURSDAY} 9"]
    page = text(answer)
    assert 'name="reason" value="&lt;Away&gt;"' in page
    assert f'name="last_day" value="{WEDNESDAY}"' in page


def test_plan_is_carried_out_in_one_pass(as_counsellor, three):
    choices = [f"{THURSDAY} 10", "cancel", "keep"]
    answers = {f"session-{one.pk}": choice for one, choice in zip(three, choices, strict=True)}
    sent = leave(last_day=WEDNESDAY, planned="yes", tell="on") | answers
    answer = as_counsellor.post(LEAVE, sent, follow=True)
    assert "Sessions moved: 1, cancelled: 1, kept: 1." in text(answer)
    rows = Appointment.objects.order_by("pk").values_list("pk", "date", "status")
    assert set(rows) == {
        (three[0].pk, THURSDAY, "pending"),
        (three[1].pk, TUESDAY, "cancelled"),
        (three[2].pk, WEDNESDAY, "pending"),
    }
    assert Email.objects.count() == 2


def test_nobody_is_told_when_it_is_unticked(as_counsellor, three):
    answers = {f"session-{one.pk}": "cancel" for one in three[:2]}
    assert as_counsellor.post(LEAVE, leave(planned="yes", tell="off") | answers).status_code == 302
    assert not Email.objects.exists()


@pytest.mark.parametrize(
    "answer",
    ["", "move", "KEEP", "2026-11-12", "2026-11-12 8", "2026-11-12 18", "2026-11-31 9", "12 9",
     "2026-11-12 ９", "\0"],
)  # fmt: skip
def test_malformed_answer_answers_422_and_shows_the_plan(as_counsellor, three, answer):
    answers = {f"session-{three[0].pk}": answer, f"session-{three[1].pk}": "keep"}
    with unchanged():
        answered = as_counsellor.post(LEAVE, leave(planned="yes") | answers)
    assert answered.status_code == 422
    assert len(answered.context["sessions"]) == 2


@pytest.mark.parametrize("key", ["x", ""])
def test_malformed_key_answers_422(as_counsellor, three, key):
    with unchanged():
        answer = as_counsellor.post(LEAVE, leave(planned="yes", **{f"session-{key}": "keep"}))
    assert answer.status_code == 422


def test_two_sessions_for_one_slot_answer_422_and_keep_the_choices(as_counsellor, three):
    answers = {f"session-{one.pk}": f"{THURSDAY} 11" for one in three[:2]}
    with unchanged():
        answer = as_counsellor.post(LEAVE, leave(planned="yes") | answers)
    assert answer.status_code == 422
    assert answer.context["sessions"][0].chosen == f"{THURSDAY} 11"


def test_time_chosen_twice_is_named_and_marked(as_counsellor, three):
    answers = {f"session-{one.pk}": f"{THURSDAY} 11" for one in three}
    answers[f"session-{three[2].pk}"] = "keep"
    sent = leave(last_day=WEDNESDAY, planned="yes") | answers
    answer = as_counsellor.post(LEAVE, sent)
    assert "Two sessions cannot move to the same time: Thu 12 Nov, 11:00." in text(answer)
    assert [one.clashes for one in answer.context["sessions"]] == [True, True, False]
    assert text(answer).count("was chosen for another session, too") == 2


@pytest.mark.parametrize(
    ("answer", "chosen"),
    [
        ("cancel", ["cancel"] * 3),
        ("keep", ["keep"] * 3),
        ("move", [f"{THURSDAY} 10", f"{THURSDAY} 15", f"{THURSDAY} 9"]),
    ],
)
def test_one_answer_for_all_is_looked_at_first(as_counsellor, three, answer, chosen):
    answers = {f"session-{three[0].pk}": "keep"}
    sent = leave(last_day=WEDNESDAY, planned="yes", tell="off", for_all=answer) | answers
    with unchanged():
        answered = as_counsellor.post(LEAVE, sent)
    assert answered.status_code == 200
    assert [one.chosen for one in answered.context["sessions"]] == chosen
    assert answered.context["form"]["notify"].value() == "off"
    assert answered.context["refusals"] == []


def test_answer_for_all_is_given_instead_of_those_that_clash(as_counsellor, three):
    clash = {f"session-{one.pk}": f"{THURSDAY} 11" for one in three}
    sent = leave(last_day=WEDNESDAY, planned="yes") | clash
    cancelled = as_counsellor.post(LEAVE, sent | {"for_all": "cancel"})
    assert (cancelled.status_code, cancelled.context["refusals"]) == (200, [])
    assert not any(one.clashes for one in cancelled.context["sessions"])
    moved = as_counsellor.post(LEAVE, sent | {"for_all": "move"})
    first = [one.chosen for one in moved.context["sessions"]]
    assert first == [f"{THURSDAY} 10", f"{THURSDAY} 15", f"{THURSDAY} 9"]


def test_unknown_answer_for_all_answers_422(as_counsellor, three):
    with unchanged():
        assert as_counsellor.post(LEAVE, leave(planned="yes", for_all="x")).status_code == 422


def test_way_back_from_the_plan_keeps_what_was_given(as_counsellor, three):
    with unchanged():
        answer = as_counsellor.post(LEAVE, leave(reason="Away", planned="yes", again="yes"))
    assert answer.status_code == 200
    assert 'name="reason" value="Away"' in text(answer)
    assert answer.context["form"]["first_day"].value() == str(TUESDAY)


def test_unknown_session_answers_409(as_counsellor, three):
    answers = {f"session-{key}": "keep" for key in (three[0].pk, three[1].pk, uuid.uuid4())}
    with unchanged():
        assert as_counsellor.post(LEAVE, leave(planned="yes") | answers).status_code == 409


def test_list_shows_what_is_coming_and_past_leave_behind_a_link(as_counsellor):
    for first, reason in ((TUESDAY, "Conference"), (NOW.date() - 9 * DAY, "Flu")):
        Closure.objects.create(first_date=first, last_date=first, reason=reason)
    coming, past = text(as_counsellor.get(LEAVE)), text(as_counsellor.get(f"{LEAVE}?when=past"))
    assert ("Conference" in coming, "Flu" in coming) == (True, False)
    assert ("Conference" in past, "Flu" in past) == (False, True)
    assert ("Yes, remove it" in coming, "Yes, remove it" in past) == (True, False)


def test_leave_is_removed_by_post_once(as_counsellor):
    closure = Closure.objects.create(first_date=TUESDAY, last_date=TUESDAY)
    path = f"{LEAVE}{closure.pk}/remove/"
    with unchanged():
        assert as_counsellor.get(path)["Location"] == LEAVE
    assert "is removed" in text(as_counsellor.post(path, follow=True))
    assert not Closure.objects.exists()
    assert as_counsellor.post(path).status_code == 404


def test_past_leave_is_not_removed(as_counsellor):
    past = NOW.date() - DAY
    closure = Closure.objects.create(first_date=past, last_date=past)
    with unchanged():
        answer = as_counsellor.post(f"{LEAVE}{closure.pk}/remove/")
    assert answer.status_code == 409
    assert "stays on record" in text(answer)


def test_page_costs_the_same_with_1_and_with_40_rows(as_counsellor):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            as_counsellor.get(LEAVE)
        return len(captured)

    Closure.objects.create(first_date=TUESDAY, last_date=TUESDAY)
    one = queries()
    Closure.objects.bulk_create(
        Closure(first_date=TUESDAY + n * DAY, last_date=TUESDAY + n * DAY) for n in range(1, 40)
    )
    assert queries() == one
