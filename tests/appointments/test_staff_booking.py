"""What staff may do beyond clients: closed hours, several at once, waiving, series."""

import datetime as dt

import pytest

from appointments import booking, errors, slots
from appointments.models import Appointment, BookingPolicy, Closure, Rhythm, Series, Status
from tests.conftest import NOW, TUESDAY
from tests.rows import unchanged

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
SATURDAY = TUESDAY + 4 * DAY


@pytest.fixture
def leave() -> Closure:
    return Closure.objects.create(
        first_date=TUESDAY, last_date=TUESDAY, first_hour=9, last_hour=12, reason="Course"
    )


@pytest.fixture
def give(ada, counsellor):
    """Books as the counsellor: `give(TUESDAY, 10, anyway=True)`."""

    def given(date: dt.date, hour: int, **more: object) -> Appointment:
        more = {"client": ada, "by": counsellor, "now": NOW, "notify": False, **more}
        return booking.book(date=date, hour=hour, **more)

    return given


@pytest.fixture
def standing(ada, counsellor) -> Series:
    return Series.objects.create(
        client=ada, first_date=TUESDAY, hour=9, rhythm=Rhythm.WEEKLY, decided_until=TUESDAY,
        created_at=NOW, by=counsellor,
    )  # fmt: skip


class TestAnyway:
    @pytest.mark.parametrize("date", [TUESDAY, SATURDAY])
    def test_closed_hour_is_booked_only_when_staff_insist(self, give, leave, date):
        with unchanged(), pytest.raises(errors.SlotClosed):
            give(date, 10)
        assert give(date, 10, anyway=True).slot == (date, 10)

    def test_client_does_not_insist(self, give, leave, ada):
        with unchanged(), pytest.raises(errors.SlotClosed):
            give(TUESDAY, 10, anyway=True, by=ada)

    def test_taken_hour_is_never_given(self, give, leave, ben):
        give(TUESDAY, 10, anyway=True, client=ben)
        with unchanged(), pytest.raises(errors.SlotTaken):
            give(TUESDAY, 10, anyway=True)

    def test_past_hour_and_one_beyond_a_year_are_never_given(self, give):
        for date, refusal in (
            (NOW.date() - DAY, errors.SlotPast),
            (NOW.date() + 367 * DAY, errors.TooFar),
        ):
            with unchanged(), pytest.raises(refusal):
                give(date, 10, anyway=True)

    def test_move_to_a_closed_hour_needs_it_too(self, give, leave, counsellor, ada):
        appointment = give(TUESDAY, 14)
        change = {"appointment": appointment, "date": TUESDAY, "hour": 10, "now": NOW}
        for by, anyway in ((counsellor, False), (ada, True)):
            with unchanged(), pytest.raises(errors.SlotClosed):
                booking.move(**change, by=by, anyway=anyway, notify=False)
        moved = booking.move(**change, by=counsellor, anyway=True, notify=False)
        assert (moved.slot, moved.status) == ((TUESDAY, 10), Status.CONFIRMED)

    def test_move_never_takes_a_taken_hour(self, give, leave, counsellor, ben):
        give(TUESDAY, 10, anyway=True, client=ben)
        appointment = give(TUESDAY, 14)
        with unchanged(), pytest.raises(errors.SlotTaken):
            booking.move(
                appointment=appointment, date=TUESDAY, hour=10, by=counsellor, now=NOW,
                anyway=True, notify=False,
            )  # fmt: skip

    def test_staff_book_inside_the_notice_and_beyond_the_horizon(self, give):
        assert give(NOW.date(), 11)
        assert give(TUESDAY + 52 * 7 * DAY - 14 * DAY, 10)


class TestOutside:
    def test_hours_that_are_closed_and_not_taken_are_outside(self, give, leave):
        give(TUESDAY, 11, anyway=True)
        found = slots.outside(now=NOW)
        assert found.on(TUESDAY) == [9, 10, 12]
        assert found.on(TUESDAY + DAY) == []
        assert found.on(SATURDAY) == list(range(9, 18))
        assert min(found.days) >= NOW.date()

    def test_hour_that_has_begun_is_not_there(self, practice):
        Closure.objects.create(first_date=NOW.date(), last_date=NOW.date())
        assert slots.outside(now=NOW).on(NOW.date()) == list(range(11, 18))

    def test_open_and_outside_never_share_an_hour(self, give, leave):
        found, closed = slots.availability(now=NOW, staff=True), slots.outside(now=NOW)
        assert not set(found.slots()) & set(closed.slots())

    def test_it_costs_one_query(self, leave, django_assert_num_queries):
        with django_assert_num_queries(1):
            slots.outside(now=NOW)

    def test_reason_is_the_closures(self, leave):
        Closure.objects.create(first_date=SATURDAY, last_date=SATURDAY, reason="Retreat")
        assert slots.why_closed(date=TUESDAY, hour=12) == "Course"
        assert slots.why_closed(date=TUESDAY, hour=13) == ""
        assert slots.why_closed(date=SATURDAY, hour=17) == "Retreat"
        assert slots.why_closed(date=SATURDAY + DAY, hour=9) == ""


class TestSeveralAtOnce:
    @pytest.fixture
    def three(self, ada, ben, book) -> list[Appointment]:
        return [book(client, TUESDAY, hour) for client, hour in ((ada, 9), (ben, 10), (ada, 11))]

    def set_all(self, appointments, by, **more):
        more = {"status": Status.CONFIRMED, "now": NOW, "notify": False, **more}
        return booking.set_statuses(appointments=appointments, by=by, **more)

    def test_all_are_changed_each_with_its_event(self, three, counsellor):
        changed = self.set_all(three, counsellor)
        assert {one.pk for one in changed} == {one.pk for one in three}
        for one in three:
            one.refresh_from_db()
            assert (one.status, one.events.last().by) == (Status.CONFIRMED, counsellor)

    def test_one_that_cannot_be_changed_keeps_all_as_they_were(self, three, counsellor, ben):
        booking.cancel(appointment=three[1], by=ben, now=NOW, notify=False)
        booking.book(client=ben, date=TUESDAY, hour=10, by=ben, now=NOW, notify=False)
        with unchanged(), pytest.raises(errors.OneRefused) as raised:
            self.set_all(three, counsellor, notify=True)
        assert (raised.value.appointment, raised.value.conflict) == (three[1], True)
        assert str(raised.value).startswith("Ben, Tue 10 Nov, 10:00: ")

    def test_attended_before_the_start_is_refused_for_all(self, three, counsellor):
        self.set_all(three, counsellor)
        started = three[1].starts_at  # the third starts an hour later
        with unchanged(), pytest.raises(errors.OneRefused):
            self.set_all(three, counsellor, status=Status.ATTENDED, now=started)
        assert len(self.set_all(three[:2], counsellor, status=Status.ATTENDED, now=started)) == 2

    def test_client_changes_nothing(self, three, ada):
        with unchanged(), pytest.raises(errors.BookingError):
            self.set_all(three, ada)


class TestWaive:
    @pytest.fixture
    def late(self, ada, book) -> Appointment:
        appointment = book(ada)
        now = appointment.starts_at - dt.timedelta(hours=1)
        return booking.cancel(appointment=appointment, by=ada, now=now, notify=False)

    def test_late_cancellation_is_late_no_more(self, late, counsellor):
        booking.waive(appointment=late, by=counsellor, now=NOW, reason="Was ill")
        late.refresh_from_db()
        assert (late.status, late.cancelled_by) == (Status.CANCELLED, "client")
        assert (late.cancelled_late, late.reason) == (False, "Was ill")
        event = late.events.last()
        assert (event.action, event.by, event.late) == ("waived", counsellor, False)

    def test_second_time_is_refused(self, late, counsellor):
        waiver = {"appointment": late, "by": counsellor, "now": NOW, "reason": "Was ill"}
        booking.waive(**waiver)
        with unchanged(), pytest.raises(errors.NotLate) as raised:
            booking.waive(**waiver)
        assert raised.value.conflict

    def test_client_does_not_waive(self, late, ada):
        with unchanged(), pytest.raises(errors.NotYours):
            booking.waive(appointment=late, by=ada, now=NOW, reason="Please")


class TestSeriesAndTheLimit:
    def test_sessions_of_a_series_do_not_count(self, give, ada, standing):
        BookingPolicy.objects.create(max_upcoming=1)
        for week in range(3):
            give(TUESDAY + week * 7 * DAY, 9, series=standing)
        assert give(TUESDAY, 10, by=ada)
        with unchanged(), pytest.raises(errors.TooMany):
            give(TUESDAY, 11, by=ada)

    def test_staff_book_beyond_the_limit(self, give):
        BookingPolicy.objects.create(max_upcoming=0)
        assert give(TUESDAY, 10)
