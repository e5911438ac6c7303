"""Standing slots: every date with its verdict, then all that was chosen or nothing."""

import datetime as dt

import pytest
from post_office.models import Email

from appointments import booking, errors, series
from appointments.models import (
    Closure,
    Rhythm,
    SeriesGap,
    Slot,
    Status,
    starts_at,
)
from appointments.series import Verdict
from tests.conftest import NOW, TUESDAY
from tests.rows import unchanged

from .series import DAY, WEEK, as_planned, slots_of, weekly, weeks

pytestmark = pytest.mark.django_db

AUTUMN = dt.date(2027, 10, 31)  # a Sunday on which the clocks go back


class TestPlan:
    def test_every_date_has_its_verdict(self, ada, ben, book):
        held = book(ben, TUESDAY + WEEK, 10)
        Closure.objects.create(
            first_date=TUESDAY + 2 * WEEK, last_date=TUESDAY + 2 * WEEK, reason="Public holiday"
        )
        planned = series.plan(series=weekly(ada, sessions=4), now=NOW)
        assert [one.slot for one in planned] == weeks(4)
        assert [one.verdict for one in planned] == ["open", "taken", "closed", "open"]
        assert planned[1].holder == held
        assert planned[2].reason == "Public holiday"
        assert [one.open_hours for one in planned[:3]] == [
            list(range(9, 18)), [9, *range(11, 18)], [],
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("fields", "first", "last", "count"),
        [
            ({"sessions": None}, TUESDAY, NOW.date() + DAY + 11 * WEEK, 11),  # twelve weeks ahead
            ({"sessions": 3, "rhythm": Rhythm.FORTNIGHTLY}, TUESDAY, TUESDAY + 4 * WEEK, 3),
            ({"last_date": TUESDAY + 15 * DAY}, TUESDAY, TUESDAY + 2 * WEEK, 3),
            ({"sessions": 60}, TUESDAY, NOW.date() + 365 * DAY, 52),  # a year ahead
            ({"sessions": None, "first_date": TUESDAY + 20 * WEEK}, None, None, 1),
        ],
    )
    def test_dates_go_as_far_as_they_should(self, ada, fields, first, last, count):
        dates = [one.slot.date for one in series.plan(series=weekly(ada, **fields), now=NOW)]
        assert len(dates) == count
        if first:
            assert (dates[0], dates[-1]) == (first, last)

    def test_what_has_begun_is_past(self, ada):
        planned = series.plan(series=weekly(ada, first_date=NOW.date(), hour=10), now=NOW)
        assert [one.verdict for one in planned][:2] == ["past", "open"]

    @pytest.mark.parametrize("count", [2, 40])
    def test_costs_three_queries(self, ada, count, django_assert_num_queries):
        with django_assert_num_queries(3):
            series.plan(series=weekly(ada, sessions=count), now=NOW)


class TestBook:
    def test_books_what_was_chosen_and_says_what_was_left_out(self, ada, ben, counsellor, book):
        book(ben, TUESDAY + WEEK, 10)
        wanted = weekly(ada, sessions=4)
        hours = as_planned(wanted) | {TUESDAY + 2 * WEEK: None, TUESDAY + 3 * WEEK: 15}
        booked = series.book(series=wanted, hours=hours, by=counsellor, now=NOW, note="Step-free")
        assert slots_of(wanted) == [Slot(TUESDAY, 10), Slot(TUESDAY + 3 * WEEK, 15)]
        assert {one.status for one in booked} == {Status.CONFIRMED}
        assert {one.note for one in booked} == {"Step-free"}
        gaps = [(gap.date, gap.why) for gap in SeriesGap.objects.all()]
        assert gaps == [(TUESDAY + WEEK, "taken"), (TUESDAY + 2 * WEEK, "skipped")]
        mail = Email.objects.get()
        assert "Tue 10 Nov, 10:00" in mail.message
        assert "Tue 1 Dec, 15:00" in mail.message

    def test_one_that_cannot_be_had_undoes_them_all(self, ada, ben, counsellor, book):
        wanted = weekly(ada)
        hours = as_planned(wanted)
        book(ben, TUESDAY + 3 * WEEK, 10)
        with unchanged(), pytest.raises(errors.OneRefused, match="Tue 1 Dec, 10:00") as refusal:
            series.book(series=wanted, hours=hours, by=counsellor, now=NOW)
        assert refusal.value.conflict

    @pytest.mark.parametrize("change", ["one more", "one fewer"])
    def test_choices_for_other_dates_are_refused(self, ada, counsellor, change):
        wanted = weekly(ada)
        hours = as_planned(wanted)
        if change == "one more":
            hours[TUESDAY + DAY] = 10
        else:
            del hours[TUESDAY]
        with unchanged(), pytest.raises(errors.PlanChanged):
            series.book(series=wanted, hours=hours, by=counsellor, now=NOW)

    def test_nothing_chosen_is_refused(self, ada, counsellor):
        wanted = weekly(ada)
        with unchanged(), pytest.raises(errors.NothingChosen):
            series.book(
                series=wanted, hours=dict.fromkeys(as_planned(wanted)), by=counsellor, now=NOW
            )

    def test_closed_hour_is_refused(self, ada, counsellor):
        wanted = weekly(ada, first_date=TUESDAY + 4 * DAY)  # a Saturday
        hours = dict.fromkeys(as_planned(wanted), 10)
        with unchanged(), pytest.raises(errors.OneRefused):
            series.book(series=wanted, hours=hours, by=counsellor, now=NOW)

    def test_client_makes_no_series(self, ada):
        wanted = weekly(ada)
        with unchanged(), pytest.raises(errors.NotYours):
            series.book(series=wanted, hours=as_planned(wanted), by=ada, now=NOW)

    def test_hour_stays_when_the_clocks_change(self, made):
        now = dt.datetime(2027, 9, 1, 12, tzinfo=dt.UTC)
        one = made(now=now, first_date=AUTUMN - 5 * DAY, sessions=2)
        instants = [starts_at(*slot) for slot in slots_of(one)]
        assert [instant.hour for instant in instants] == [9, 10]  # UTC, before and after
        assert [slot.hour for slot in slots_of(one)] == [10, 10]

    def test_series_leaves_the_client_free_to_book_more(self, made, ada, book):
        made(sessions=20)
        assert book(ada, TUESDAY + DAY, 9).series is None


class TestMove:
    def test_this_and_all_following_move_together(self, made, counsellor):
        one = made()
        third = one.appointments.get(date=TUESDAY + 2 * WEEK)
        to = Slot(third.date + DAY, 14)
        planned = series.plan_move(session=third, to=to, now=NOW)
        assert [item.slot for item in planned] == weeks(3, to.date, 14)
        hours = {item.session.pk: 14 for item in planned}
        series.move(session=third, to=to, hours=hours, by=counsellor, now=NOW)
        one.refresh_from_db()
        assert slots_of(one) == weeks(2) + weeks(3, to.date, 14)
        assert (one.first_date, one.hour) == (TUESDAY + DAY, 14)
        assert one.last_date == TUESDAY + 4 * WEEK + DAY
        assert Email.objects.get().message.count("- ") == 3

    @pytest.mark.parametrize("passed", [WEEK, -WEEK])
    def test_into_each_others_place_is_no_collision(self, made, counsellor, passed):
        one = made(first_date=TUESDAY + 2 * WEEK)
        first = one.appointments.first()
        to = Slot(first.date + passed, 10)
        planned = series.plan_move(session=first, to=to, now=NOW)
        assert {item.verdict for item in planned} == {Verdict.OPEN}
        hours = {item.session.pk: 10 for item in planned}
        series.move(session=first, to=to, hours=hours, by=counsellor, now=NOW)
        assert slots_of(one) == weeks(5, to.date)

    def test_left_where_it_is_or_at_another_hour(self, made, counsellor):
        one = made(sessions=3)
        sessions = list(one.appointments.all())
        hours = {sessions[0].pk: 11, sessions[1].pk: None, sessions[2].pk: 16}
        to = Slot(TUESDAY, 11)
        series.move(session=sessions[0], to=to, hours=hours, by=counsellor, now=NOW)
        expected = [Slot(TUESDAY, 11), Slot(TUESDAY + WEEK, 10), Slot(TUESDAY + 2 * WEEK, 16)]
        assert slots_of(one) == expected

    def test_taken_place_undoes_them_all(self, made, ben, counsellor, book):
        one = made()
        first = one.appointments.first()
        hours = {session.pk: 11 for session in one.appointments.all()}
        book(ben, TUESDAY + 3 * WEEK, 11)
        planned = series.plan_move(session=first, to=Slot(TUESDAY, 11), now=NOW)
        assert [item.verdict for item in planned].count(Verdict.TAKEN) == 1
        with unchanged(), pytest.raises(errors.OneRefused):
            series.move(session=first, to=Slot(TUESDAY, 11), hours=hours, by=counsellor, now=NOW)

    def test_past_and_decided_sessions_are_never_touched(self, made, counsellor, ada):
        one = made()
        first, second, *_rest = one.appointments.all()
        booking.cancel(appointment=second, by=ada, now=NOW, notify=False)
        later = first.starts_at + dt.timedelta(minutes=1)
        coming = series.following(first, now=later)
        assert [session.date for session in coming] == [TUESDAY + n * WEEK for n in (2, 3, 4)]
        hours = {session.pk: 9 for session in coming}
        to = Slot(TUESDAY, 9)
        for gone in (first, second):  # a series is moved from a session that is to come
            with unchanged(), pytest.raises(errors.SessionOver):
                series.move(session=gone, to=to, hours=hours, by=counsellor, now=later)
            with pytest.raises(errors.SessionOver):
                series.plan_move(session=gone, to=to, now=later)
        third, to = coming[0], Slot(coming[0].date, 9)
        series.move(session=third, to=to, hours=hours, by=counsellor, now=later)
        assert [first.slot.hour, second.slot.hour] == [10, 10]
        assert {one.hour for one in one.appointments.filter(date__gt=second.date)} == {9}

    def test_session_booked_or_gone_meanwhile_is_noticed(self, made, ada, counsellor):
        one = made()
        first, *rest = one.appointments.all()
        hours = {session.pk: 11 for session in [first, *rest]}
        booking.cancel(appointment=rest[0], by=ada, now=NOW, notify=False)
        with unchanged(), pytest.raises(errors.PlanChanged):
            series.move(session=first, to=Slot(TUESDAY, 11), hours=hours, by=counsellor, now=NOW)

    def test_not_before_an_earlier_session(self, made, counsellor):
        third = made().appointments.get(date=TUESDAY + 2 * WEEK)
        hours = {one.pk: 10 for one in series.following(third, now=NOW)}
        to = Slot(TUESDAY + WEEK, 15)
        with unchanged(), pytest.raises(errors.BeforeEarlier, match="17 November"):
            series.move(session=third, to=to, hours=hours, by=counsellor, now=NOW)
        with pytest.raises(errors.BeforeEarlier):
            series.plan_move(session=third, to=to, now=NOW)

    def test_later_on_the_day_of_an_earlier_session(self, made, counsellor):
        """Which was moved there by itself."""
        one = made()
        second, third = one.appointments.all()[1:3]
        booking.move(
            appointment=second, date=third.date, hour=9, by=counsellor, now=NOW, notify=False
        )
        hours = {each.pk: 15 for each in series.following(third, now=NOW)}
        series.move(session=third, to=Slot(third.date, 15), hours=hours, by=counsellor, now=NOW)
        assert slots_of(one)[1:] == [Slot(third.date, 9), *weeks(3, third.date, 15)]

    def test_what_goes_on_goes_on_at_the_new_hour(self, made, counsellor):
        one = made(sessions=None)
        first = one.appointments.first()
        to = Slot(TUESDAY + DAY, 15)
        hours = {session.pk: 15 for session in one.appointments.all()}
        series.move(session=first, to=to, hours=hours, by=counsellor, now=NOW)
        series.extend(now=NOW + 4 * WEEK)
        assert slots_of(one) == weeks(15, to.date, 15)


class TestEnd:
    def test_sessions_from_the_day_on_are_cancelled(self, made, counsellor):
        one = made()
        series.end(
            series=one, first=TUESDAY + 2 * WEEK, by=counsellor, now=NOW, reason="Moved away"
        )
        one.refresh_from_db()
        assert slots_of(one) == weeks(2)
        assert one.last_date == TUESDAY + WEEK  # its last session's
        cancelled = one.appointments.filter(status=Status.CANCELLED)
        assert {(gone.cancelled_by, gone.reason) for gone in cancelled} == {
            ("practice", "Moved away")
        }
        assert Email.objects.count() == 1

    def test_past_sessions_stay(self, made, counsellor):
        one = made()
        now = starts_at(TUESDAY + WEEK, 10) + dt.timedelta(minutes=30)
        series.end(series=one, first=TUESDAY, by=counsellor, now=now, notify=False)
        assert slots_of(one) == weeks(2)
        assert not Email.objects.exists()

    def test_ended_series_is_not_extended(self, made, counsellor):
        one = made(sessions=None)
        series.end(series=one, first=TUESDAY + 3 * WEEK, by=counsellor, now=NOW)
        assert series.extend(now=NOW + 8 * WEEK) == 0
        assert slots_of(one) == weeks(3)

    def test_end_beyond_what_is_booked_is_told_too(self, made, counsellor):
        one = made(sessions=None)
        series.end(series=one, first=TUESDAY + 20 * WEEK, by=counsellor, now=NOW)
        mail = Email.objects.get()
        assert mail.subject == "No more regular appointments after Tue 23 Mar 2027"
        assert "No appointment is cancelled." in mail.message
        assert "No appointment is cancelled." in mail.html_message

    def test_session_moved_by_itself_belongs_to_what_is_left(self, made, ada, counsellor):
        one = made(sessions=None)
        second = one.appointments.get(date=TUESDAY + WEEK)
        thursday = second.date + 2 * DAY
        booking.move(
            appointment=second, date=thursday, hour=11, by=counsellor, now=NOW, notify=False
        )
        series.end(series=one, first=thursday + DAY, by=counsellor, now=NOW, notify=False)
        one.refresh_from_db()
        assert one.last_date == thursday
        assert series.extend(now=NOW + 8 * WEEK) == 0

    def test_end_of_what_has_no_session_is_told_to_nobody(self, made, counsellor):
        one = made(sessions=None)
        for session in one.appointments.all():
            booking.cancel(appointment=session, by=counsellor, now=NOW, notify=False)
        series.end(series=one, first=TUESDAY, by=counsellor, now=NOW)
        assert not Email.objects.exists()

    def test_ended_before_it_begins_it_goes_on_no_more(self, made, counsellor):
        one = made(first_date=TUESDAY + 3 * WEEK)
        series.end(series=one, first=TUESDAY, by=counsellor, now=NOW)
        one.refresh_from_db()
        assert (slots_of(one), one.last_date) == ([], TUESDAY + 3 * WEEK - DAY)

    def test_ending_twice_is_refused(self, made, counsellor):
        one = made()
        series.end(series=one, first=TUESDAY, by=counsellor, now=NOW)
        with unchanged(), pytest.raises(errors.SeriesEnds, match="9 November"):
            series.end(series=one, first=TUESDAY, by=counsellor, now=NOW)
