"""What the worker books ahead."""

import pytest
from post_office.models import Email

from accounts.models import User
from appointments import booking, series
from appointments.models import Closure, OpeningHours, Slot, starts_at
from tests.conftest import NOW, TUESDAY

from .conftest import text
from .series import DAY, WEEK, slots_of, weeks

pytestmark = pytest.mark.django_db


class TestExtend:
    def test_open_end_is_kept_twelve_weeks_ahead(self, made):
        one = made(sessions=None)
        before = len(slots_of(one))
        later = NOW + 3 * WEEK
        assert series.extend(now=later) == 3
        assert series.extend(now=later) == 0
        assert slots_of(one) == weeks(before + 3)

    def test_what_is_closed_or_taken_becomes_a_gap(self, made, ben, book):
        one = made(sessions=None)
        first, second, third = weeks(3, one.decided_until + WEEK)
        Closure.objects.create(first_date=first.date, last_date=first.date)
        book(ben, *second, now=NOW + 2 * WEEK)
        assert series.extend(now=NOW + 3 * WEEK) == 1
        assert slots_of(one)[-1] == third
        gaps = [(gap.date, gap.why) for gap in one.gaps.all()]
        assert gaps == [(first.date, "closed"), (second.date, "taken")]

    def test_counsellor_is_told_of_dates_that_could_not_be_booked(self, made, ben, book):
        one = made(sessions=None)
        first, second, _third = weeks(3, one.decided_until + WEEK)
        Closure.objects.create(first_date=first.date, last_date=first.date)
        book(ben, *second, now=NOW + 2 * WEEK)
        series.extend(now=NOW + 3 * WEEK)
        series.extend(now=NOW + 3 * WEEK)
        (mail,) = Email.objects.all()
        assert mail.to == ["counsellor@example.com"]
        assert mail.subject.startswith("No appointment in a series: Tue 26 Jan")
        assert "Tue 2 Feb, 10:00" in mail.message
        assert f"/client-admin/series/{one.pk}/" in mail.message
        assert "Ada" not in mail.message

    def test_series_outside_the_opening_hours_is_named(self, made, as_counsellor):
        one = made(sessions=None)
        assert series.outside_hours(now=NOW) == []
        OpeningHours.objects.filter(weekday=TUESDAY.weekday()).update(first_hour=11)
        assert series.outside_hours(now=NOW) == [one]
        assert f"/client-admin/series/{one.pk}/" in text(as_counsellor.get("/client-admin/hours/"))

    def test_worker_that_was_away_for_months_books_nothing_in_the_past(self, made):
        one = made(sessions=None)
        now = NOW + 30 * WEEK
        series.extend(now=now)
        added = [slot for slot in slots_of(one) if slot.date > one.decided_until]
        assert all(starts_at(*slot) >= now for slot in added)
        assert {gap.why for gap in one.gaps.all()} == {"skipped"}

    def test_end_is_respected_and_long_series_go_on(self, made):
        short, long = made(), made(sessions=60, hour=12)
        assert len(slots_of(long)) == 52
        series.extend(now=NOW + 45 * WEEK)
        assert len(slots_of(short)) == 5
        assert len(slots_of(long)) > 52

    def test_deactivated_client_gets_no_more(self, made, ada):
        made(sessions=None)
        User.objects.filter(pk=ada.pk).update(is_active=False)
        assert series.extend(now=NOW + 3 * WEEK) == 0

    def test_last_session_that_is_moved_back_gives_no_date_twice(self, made, counsellor):
        """Neither beside the sessions that stay, nor over the gaps between them."""
        gap = TUESDAY + 9 * WEEK
        Closure.objects.create(first_date=gap, last_date=gap)
        one = made(sessions=None)
        last = one.appointments.latest("date")
        to = Slot(gap + DAY, 11)
        series.move(session=last, to=to, hours={last.pk: 11}, by=counsellor, now=NOW)
        before = slots_of(one)
        assert series.extend(now=NOW) == 1  # the date that the last one has left
        added = set(slots_of(one)) - set(before)
        assert {slot.date for slot in added} == {to.date + WEEK}

    def test_session_that_was_moved_by_itself_does_not_pull_the_series_along(
        self, made, ada, counsellor
    ):
        one = made(sessions=None)
        third = one.appointments.get(date=TUESDAY + 2 * WEEK)
        booking.move(
            appointment=third, date=third.date + 2 * DAY, hour=11, by=ada, now=NOW, notify=False
        )
        third.refresh_from_db()
        hours = {session.pk: 12 for session in series.following(third, now=NOW)}
        series.move(session=third, to=Slot(third.date, 12), hours=hours, by=counsellor, now=NOW)
        series.extend(now=NOW + 4 * WEEK)
        coming = [slot for slot in slots_of(one) if slot.date > third.date]
        assert {(slot.date.weekday(), slot.hour) for slot in coming} == {(TUESDAY.weekday(), 12)}

    def test_date_that_its_own_session_was_moved_to_is_no_gap(self, made, counsellor):
        one = made(sessions=None)
        last = one.appointments.latest("date")
        to = Slot(last.date + WEEK, 10)  # where the worker will book the next one
        booking.move(appointment=last, **to._asdict(), by=counsellor, now=NOW + WEEK, notify=False)
        assert series.extend(now=NOW + 2 * WEEK) == 1
        assert slots_of(one)[-2:] == [to, Slot(to.date + WEEK, 10)]
        assert not one.gaps.exists()

    def test_no_date_is_lost_when_the_last_session_was_moved_by_itself(self, made, counsellor):
        one = made(sessions=None)
        last = one.appointments.latest("date")
        away = last.date + 2 * WEEK + 2 * DAY
        booking.move(appointment=last, date=away, hour=10, by=counsellor, now=NOW, notify=False)
        first = one.appointments.first()
        hours = {each.pk: 10 for each in series.following(first, now=NOW)}
        to = Slot(first.date + DAY, 10)
        series.move(session=first, to=to, hours=hours, by=counsellor, now=NOW)
        series.extend(now=NOW + 3 * WEEK)
        dates = [slot.date for slot in slots_of(one)]
        rule = [last.date + DAY + n * WEEK for n in range(1, 4)]
        assert set(rule) <= set(dates)
