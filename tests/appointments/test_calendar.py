"""What a change of opening hours and closures does to sessions: all of it, or nothing."""

import datetime as dt

import pytest
from post_office.models import Email

from appointments import booking, calendar, errors, slots
from appointments.models import Appointment, Closure, OpeningHours, Slot, Status
from tests.conftest import NOW, TUESDAY
from tests.rows import unchanged

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
WEDNESDAY = TUESDAY + DAY
CANCEL, KEEP = calendar.CANCEL, calendar.KEEP


def days(first: dt.date, last: dt.date | None = None, **more: object) -> Closure:
    return Closure(first_date=first, last_date=last or first, **more)


def week(*open_days: int, first: int = 9, last: int = 17) -> list[OpeningHours]:
    return [OpeningHours(weekday=day, first_hour=first, last_hour=last) for day in open_days]


@pytest.fixture
def close(counsellor):
    def closed(*closures: Closure, answers=None, **more: object) -> calendar.Done:
        return calendar.close(
            closures=closures, answers=answers or {}, by=counsellor, now=NOW, **more
        )

    return closed


@pytest.fixture
def set_hours(counsellor):
    def changed(rows, answers=None) -> calendar.Done:
        return calendar.set_hours(rows=rows, answers=answers or {}, by=counsellor, now=NOW)

    return changed


@pytest.fixture
def three(ada, ben, book) -> list[Appointment]:
    """On Tuesday at 10 and 15, and on Wednesday at 10."""
    return [book(ada), book(ben, TUESDAY, 15), book(ada, WEDNESDAY)]


class TestAffectedByClosures:
    def found(self, *closures: Closure, now: dt.datetime = NOW) -> list[Appointment]:
        return list(calendar.affected_by_closures(closures, now=now))

    def test_those_on_its_days(self, three):
        assert self.found(days(TUESDAY)) == three[:2]
        assert self.found(days(TUESDAY - DAY, WEDNESDAY)) == three
        assert self.found(days(TUESDAY - DAY), days(WEDNESDAY + DAY)) == []
        assert self.found() == []

    def test_those_in_its_hours_both_included(self, three):
        assert self.found(days(TUESDAY, WEDNESDAY, first_hour=10, last_hour=14)) == [
            three[0],
            three[2],
        ]
        assert self.found(days(TUESDAY, first_hour=11, last_hour=15)) == [three[1]]
        assert self.found(days(TUESDAY, first_hour=11, last_hour=14)) == []

    def test_those_of_several_closures_once(self, three):
        assert self.found(days(TUESDAY), days(TUESDAY, WEDNESDAY)) == three

    def test_not_those_that_are_over_or_cancelled_or_marked(self, three, counsellor):
        booking.cancel(appointment=three[0], by=counsellor, now=NOW)
        assert self.found(days(TUESDAY), now=three[1].starts_at + dt.timedelta(hours=1)) == []
        assert self.found(days(TUESDAY), now=three[1].starts_at) == [three[1]]
        Appointment.objects.filter(pk=three[1].pk).update(status=Status.ATTENDED)
        assert self.found(days(TUESDAY)) == []


class TestAffectedByHours:
    def found(self, rows) -> list[Appointment]:
        return list(calendar.affected_by_hours(rows, now=NOW))

    def test_those_on_a_weekday_that_closes(self, three):
        assert self.found(week(0, 2, 3, 4)) == three[:2]

    def test_those_outside_the_new_hours(self, three):
        assert self.found(week(0, 1, 2, 3, 4, last=14)) == [three[1]]
        assert self.found(week(0, 1, 2, 3, 4, first=11)) == [three[0], three[2]]

    def test_those_in_a_new_break(self, three):
        split = [*week(1, last=14), *week(1, first=16), *week(0, 2, 3, 4)]
        assert self.found(split) == [three[1]]

    def test_not_one_that_was_outside_already(self, three):
        OpeningHours.objects.filter(weekday=1).delete()
        assert self.found(week(0, 3, 4)) == [three[2]]

    def test_wider_hours_fall_on_nobody(self, three):
        assert self.found(week(*range(7))) == []


class TestSuggestions:
    def test_next_open_days_at_the_same_hour(self, three):
        [(first, offered), _second] = calendar.plan_leave(closures=[days(TUESDAY)], now=NOW)
        assert first == three[0]
        assert offered[0] == Slot(WEDNESDAY, 9)  # the nearest: ada has 10 herself
        assert offered[1:] == [Slot(WEDNESDAY + DAY, 10), Slot(WEDNESDAY + 2 * DAY, 10)]

    def test_first_ones_differ_and_are_open_under_the_new_calendar(self, ada, book):
        Appointment.objects.bulk_create(
            Appointment(client=ada, date=TUESDAY, hour=hour, created_at=NOW)
            for hour in range(9, 18)
        )
        plan = calendar.plan_leave(closures=[days(TUESDAY, TUESDAY + 2 * DAY)], now=NOW)
        first = [one.suggestions[0] for one in plan]
        assert first == [Slot(TUESDAY + 3 * DAY, hour) for hour in range(9, 18)]
        assert all(slot.date > TUESDAY + 2 * DAY for one in plan for slot in one.suggestions)

    def test_partly_closed_day_offers_its_other_hours_first(self, ada, book):
        book(ada)
        closure = days(TUESDAY, first_hour=9, last_hour=11)
        [one] = calendar.plan_leave(closures=[closure], now=NOW)
        assert one.suggestions[0] == Slot(TUESDAY, 12)

    def test_hours_that_open_with_the_change_are_offered(self, three):
        rows = [*week(1, first=9, last=9), *week(5)]
        plan = calendar.plan_hours(rows=rows, now=NOW)
        assert plan[0].suggestions[:2] == [Slot(TUESDAY, 9), Slot(TUESDAY + 4 * DAY, 9)]
        assert plan[2].suggestions[0] == Slot(TUESDAY + 4 * DAY, 10)

    def test_nothing_is_offered_where_nothing_is_open(self, ada, book):
        book(ada)
        assert calendar.plan_hours(rows=[], now=NOW)[0].suggestions == []

    def test_earlier_days_when_none_are_left(self, ada, counsellor, book):
        date = dt.date(2027, 11, 2)  # the last day that staff can book
        book(ada, date, 10, by=counsellor)
        closure = days(date, date + DAY)
        [one] = calendar.plan_leave(closures=[closure], now=NOW)
        assert one.suggestions[0] == Slot(date - DAY, 10)

    def test_wanted_slot_comes_first_and_is_kept_from_the_others(self, three):
        wanted = Slot(WEDNESDAY, 9)
        plan = calendar.plan_leave(
            closures=[days(TUESDAY)], now=NOW, wanted={three[1].pk: wanted, three[0].pk: KEEP}
        )
        assert [one.suggestions[0] for one in plan] == [Slot(WEDNESDAY, 11), wanted]

    def test_never_a_time_that_is_past(self, ada, book):
        book(ada)
        now = dt.datetime.combine(TUESDAY, dt.time(10, 30), dt.UTC)
        closure = days(TUESDAY, first_hour=10, last_hour=16)
        [one] = calendar.plan_leave(closures=[closure], now=now)
        assert one.suggestions[0] == Slot(TUESDAY, 17)

    def test_looking_changes_nothing(self, three):
        with unchanged():
            calendar.plan_leave(closures=[days(TUESDAY)], now=NOW)
            calendar.plan_hours(rows=[], now=NOW)

    def test_costs_the_same_for_one_and_for_many(self, ada, book, django_assert_max_num_queries):
        book(ada)
        for count in (1, 9):
            with django_assert_max_num_queries(9):
                plan = calendar.plan_leave(closures=[days(TUESDAY)], now=NOW)
            assert len(plan) == count
            Appointment.objects.bulk_create(
                Appointment(client=ada, date=TUESDAY, hour=hour, created_at=NOW)
                for hour in {*range(9, 18)} - {10} if count == 1
            )  # fmt: skip


class TestClose:
    def test_one_moved_one_cancelled_one_kept(self, close, three):
        to = Slot(WEDNESDAY + DAY, 9)
        answers = {three[0].pk: to, three[1].pk: CANCEL, three[2].pk: KEEP}
        done = close(days(TUESDAY, WEDNESDAY, reason="Away"), answers=answers)
        assert done == (1, 1, 1)
        for one in three:
            one.refresh_from_db()
        assert three[0].slot == to
        assert three[1].status == Status.CANCELLED
        assert three[2].slot == Slot(WEDNESDAY, 10)
        assert Closure.objects.get().reason == "Away"
        told = sorted(mail.to for mail in Email.objects.all())
        assert told == [["ada@example.com"], ["ben@example.com"]]
        assert not slots.availability(now=NOW, start=TUESDAY, end=WEDNESDAY).days

    def test_tells_nobody_when_told_so(self, close, three):
        answers = {three[0].pk: Slot(WEDNESDAY, 9), three[1].pk: CANCEL}
        close(days(TUESDAY), answers=answers, notify=False)
        assert not Email.objects.exists()

    def test_session_that_was_not_answered_for_stops_it(self, close, three):
        with unchanged(), pytest.raises(errors.PlanChanged):
            close(days(TUESDAY), answers={three[0].pk: CANCEL})

    def test_answer_for_a_session_that_is_gone_stops_it(self, close, three, counsellor):
        booking.cancel(appointment=three[1], by=counsellor, now=NOW)
        with unchanged(), pytest.raises(errors.PlanChanged):
            close(days(TUESDAY), answers={three[0].pk: CANCEL, three[1].pk: CANCEL})

    @pytest.mark.parametrize(
        ("to", "reason"),
        [
            (Slot(WEDNESDAY, 10), errors.SlotTaken),
            (Slot(TUESDAY, 16), errors.SlotClosed),  # in the leave itself
            (Slot(WEDNESDAY + 3 * DAY, 10), errors.SlotClosed),
            (Slot(NOW.date() - DAY, 10), errors.SlotPast),
            (Slot(NOW.date() + 400 * DAY, 10), errors.TooFar),
        ],
    )
    def test_slot_that_cannot_be_had_stops_all_and_is_named(self, close, three, to, reason):
        answers = {three[0].pk: to, three[1].pk: CANCEL}
        with unchanged(), pytest.raises(errors.OneRefused, match="Ada, Tue 10 Nov") as refused:
            close(days(TUESDAY), answers=answers)
        assert isinstance(refused.value.__cause__, reason)
        assert refused.value.conflict == reason.conflict

    def test_two_sessions_for_one_slot_stop_all(self, close, three):
        to = Slot(WEDNESDAY, 9)
        with unchanged(), pytest.raises(errors.OneRefused):
            close(days(TUESDAY), answers={three[0].pk: to, three[1].pk: to})

    def test_several_at_once_and_a_second_click_adds_nothing(self, close):
        closures = days(TUESDAY, reason="A"), days(WEDNESDAY, first_hour=9, last_hour=9)
        for _click in range(2):
            assert close(*closures) == (0, 0, 0)
        assert Closure.objects.count() == 2

    def test_leave_may_overlap(self, close):
        close(days(TUESDAY, WEDNESDAY))
        close(days(WEDNESDAY, WEDNESDAY + DAY))
        assert Closure.objects.count() == 2

    def test_past_leave_is_refused_and_one_that_goes_on_is_not(self, close):
        with unchanged(), pytest.raises(errors.LeavePast):
            close(days(NOW.date() - DAY))
        close(days(NOW.date() - DAY, NOW.date()))

    def test_more_than_366_days_are_refused(self, close):
        with unchanged(), pytest.raises(errors.LeaveTooLong):
            close(days(TUESDAY, TUESDAY + 366 * DAY))
        close(days(TUESDAY, TUESDAY + 365 * DAY))

    def test_client_does_not_close(self, ada):
        with unchanged(), pytest.raises(errors.NotYours):
            calendar.close(closures=[days(TUESDAY)], answers={}, by=ada, now=NOW)


class TestSetHours:
    def test_rows_take_the_place_of_all(self, set_hours):
        set_hours([*week(1, last=11), *week(1, first=13), *week(5)])
        found = OpeningHours.objects.values_list("weekday", "first_hour", "last_hour")
        assert list(found) == [(1, 9, 11), (1, 13, 17), (5, 9, 17)]

    def test_moves_into_hours_that_open_with_the_change(self, set_hours, three):
        answers = {three[0].pk: Slot(TUESDAY + 4 * DAY, 9), three[1].pk: CANCEL}
        assert set_hours(week(0, 2, 3, 4, 5), answers) == (1, 1, 0)
        three[0].refresh_from_db()
        assert three[0].date == TUESDAY + 4 * DAY

    def test_refused_move_leaves_the_hours_as_they_were(self, set_hours, three):
        answers = {three[0].pk: Slot(TUESDAY, 9), three[1].pk: KEEP}
        with unchanged(), pytest.raises(errors.OneRefused):
            set_hours(week(0, 2, 3, 4), answers)


class TestReopen:
    def test_hours_can_be_booked_again(self, close):
        close(days(TUESDAY))
        calendar.reopen(closure=Closure.objects.get(), now=NOW)
        assert slots.availability(now=NOW, start=TUESDAY, end=TUESDAY).days

    def test_past_leave_stays_on_record(self, db):
        closure = days(TUESDAY)
        closure.save()
        with unchanged(), pytest.raises(errors.LeaveOver):
            calendar.reopen(closure=closure, now=NOW + 9 * DAY)
