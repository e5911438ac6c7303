"""What was decided on a page that is older than what it is about: noticed, or done already."""

import pytest

from appointments import booking, calendar, errors, series
from appointments.models import Appointment, Closure, OpeningHours, Slot, Status
from tests.conftest import NOW, TUESDAY
from tests.rows import unchanged

from .conftest import text
from .series import DAY
from .test_hours_page import HOURS, fields

pytestmark = pytest.mark.django_db

LIST = "/client-admin/appointments/"
LEAVE = "/client-admin/leave/"
WEDNESDAY = TUESDAY + DAY


@pytest.fixture
def asked(ada, book) -> Appointment:
    return book(ada, TUESDAY, 10)


def move_on(appointment: Appointment, by) -> None:
    booking.move(appointment=appointment, date=WEDNESDAY, hour=12, by=by, now=NOW, notify=False)


def test_request_that_was_moved_meanwhile_is_not_confirmed_unseen(as_counsellor, asked, ada):
    page = text(as_counsellor.get("/client-admin/"))
    assert f"{asked.pk}/status/?seen=0" in page
    move_on(asked, ada)
    with unchanged():
        answer = as_counsellor.post(f"{LIST}{asked.pk}/status/?seen=0", {"status": "confirmed"})
    assert answer.status_code == 409
    assert "it is on 11 November 2026, 12:00 now" in text(answer)
    again = as_counsellor.post(f"{LIST}{asked.pk}/status/?seen=1", {"status": "confirmed"})
    assert again.status_code == 302
    assert "Wednesday 11 November, 12:00 is now marked" in text(as_counsellor.get(LIST))


def test_who_does_not_say_what_was_seen_is_not_asked(as_counsellor, asked, ada):
    move_on(asked, ada)
    for seen in ("", "?seen=", "?seen=x", "?seen=9999999999"):
        as_counsellor.post(f"{LIST}{asked.pk}/status/{seen}", {"status": "confirmed"})
        asked.refresh_from_db()
        assert asked.status == Status.CONFIRMED
        Appointment.objects.update(status=Status.PENDING)


def test_client_does_not_cancel_a_time_that_they_have_not_seen(as_ada, asked, counsellor):
    move_on(asked, counsellor)
    with unchanged():
        answer = as_ada.post(f"/appointments/{asked.pk}/cancel/?seen=0")
    assert answer.status_code == 409
    assert "it is on 11 November 2026" in text(answer)


@pytest.mark.parametrize("who", ["client", "staff"])
def test_nobody_moves_a_session_from_a_time_that_they_have_not_seen(
    clock, client, ada, counsellor, asked, who
):
    mine, other = (ada, counsellor) if who == "client" else (counsellor, ada)
    place = f"{LIST}{asked.pk}/move/" if who == "staff" else f"/appointments/{asked.pk}/move/"
    client.force_login(mine)
    assert f'action="{place}?seen=0"' in text(client.get(place))
    move_on(asked, other)
    wanted = {"date": TUESDAY.isoformat(), "hour": 14}
    with unchanged():
        answer = client.post(f"{place}?seen=0", wanted)
    assert answer.status_code == 409
    assert "it is on 11 November 2026, 12:00 now" in text(answer)
    assert f'action="{place}?seen=1"' in text(answer)
    assert client.post(f"{place}?seen=1", wanted).status_code == 302
    # The second click of a double one finds it moved, and is no refusal.
    assert client.post(f"{place}?seen=1", wanted).status_code == 302


def test_dragged_session_says_what_was_seen(clock, as_counsellor, asked, ada):
    move_on(asked, ada)
    assert 'data-seen="1"' in text(as_counsellor.get("/client-admin/?week=2026-W46"))


def test_several_are_confirmed_as_they_were_seen_or_none(as_counsellor, asked, ada, ben, book):
    other = book(ben, TUESDAY, 15)
    page = text(as_counsellor.get(LIST))
    assert f'name="seen-{other.pk}" value="0"' in page
    move_on(asked, ada)
    sent = {"appointment": [asked.pk, other.pk], "status": "confirmed"}
    seen = {f"seen-{one.pk}": 0 for one in (asked, other)}
    with unchanged():
        answer = as_counsellor.post(f"{LIST}status/", sent | seen)
    assert answer.status_code == 409
    junk = as_counsellor.post(f"{LIST}status/", sent | {"seen-x": "y"})
    assert junk.status_code == 422
    seen[f"seen-{asked.pk}"] = 1
    assert as_counsellor.post(f"{LIST}status/", sent | seen).status_code == 302


def test_answer_for_a_session_that_moved_within_the_leave_is_asked_again(
    as_counsellor, asked, counsellor
):
    leave = {"first_day": TUESDAY, "last_day": WEDNESDAY, "planned": "yes"}
    answer = {f"session-{asked.pk}": "cancel", f"seen-{asked.pk}": 0}
    move_on(asked, counsellor)
    with unchanged():
        refused = as_counsellor.post(LEAVE, leave | answer)
    assert refused.status_code == 409
    assert f'name="seen-{asked.pk}" value="1"' in text(refused)


def test_leave_that_is_sent_twice_is_saved_once(as_counsellor, asked, ben, book):
    kept = book(ben, TUESDAY, 15)
    sent = {
        "first_day": TUESDAY, "planned": "yes", "tell": "off",
        f"session-{asked.pk}": "cancel", f"session-{kept.pk}": "keep",
    }  # fmt: skip
    assert as_counsellor.post(LEAVE, sent).status_code == 302
    with unchanged():
        assert as_counsellor.post(LEAVE, sent).status_code == 302


def test_same_leave_with_other_answers_is_told(as_counsellor, asked):
    sent = {"first_day": TUESDAY, "planned": "yes", f"session-{asked.pk}": f"{WEDNESDAY} 9"}
    assert as_counsellor.post(LEAVE, sent).status_code == 302
    sent[f"session-{asked.pk}"] = f"{WEDNESDAY} 11"
    with unchanged():
        assert as_counsellor.post(LEAVE, sent).status_code == 409


def test_leave_again_over_what_was_booked_into_it_is_decided_on(asked, counsellor):
    closure = {"first_date": TUESDAY, "last_date": TUESDAY}
    Closure.objects.create(**closure)
    calendar.close(
        closures=[Closure(**closure)], answers={asked.pk: calendar.CANCEL}, by=counsellor, now=NOW
    )
    asked.refresh_from_db()
    assert asked.status == Status.CANCELLED


def test_session_cannot_be_moved_to_where_it_is(asked, counsellor):
    with unchanged(), pytest.raises(errors.OneRefused):
        calendar.close(
            closures=[Closure(first_date=TUESDAY, last_date=TUESDAY)],
            answers={asked.pk: Slot(TUESDAY, 10)},
            by=counsellor,
            now=NOW,
        )


def test_hours_that_somebody_else_has_changed_are_not_lost_unseen(as_counsellor):
    seen = OpeningHours.fingerprint(OpeningHours.objects.all())
    assert f'name="seen" value="{seen}"' in text(as_counsellor.get(HOURS))
    theirs = fields(0, 1, 2, 3, 4, break_0=12, resume_0=13, seen=seen)
    assert as_counsellor.post(HOURS, theirs).status_code == 302
    ours = fields(0, 1, 2, 3, seen=seen)
    with unchanged():
        answer = as_counsellor.post(HOURS, ours)
    assert answer.status_code == 409
    now = OpeningHours.fingerprint(OpeningHours.objects.all())
    assert f'name="seen" value="{now}"' in text(answer)
    assert as_counsellor.post(HOURS, ours | {"seen": now}).status_code == 302
    assert not OpeningHours.objects.filter(weekday=4).exists()


def test_same_hours_sent_twice_are_no_conflict(as_counsellor):
    seen = OpeningHours.fingerprint(OpeningHours.objects.all())
    for _click in range(2):
        assert as_counsellor.post(HOURS, fields(0, 1, seen=seen)).status_code == 302


def test_later_session_of_the_same_day_follows(made, counsellor):
    first, second, *_rest = made().appointments.all()
    booking.move(appointment=second, date=TUESDAY, hour=12, by=counsellor, now=NOW, notify=False)
    assert second in series.following(first, now=NOW)


def test_second_click_moves_nothing_and_is_no_refusal(made, counsellor):
    first = made().appointments.first()
    to, hours = Slot(TUESDAY, 9), {one.pk: 9 for one in series.following(first, now=NOW)}
    assert series.move(session=first, to=to, hours=hours, by=counsellor, now=NOW)
    first.refresh_from_db()
    with unchanged():
        assert series.move(session=first, to=to, hours=hours, by=counsellor, now=NOW) == []
