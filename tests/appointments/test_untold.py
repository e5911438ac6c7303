"""What is overtaken before it is sent: nobody is left with a time that holds no longer."""

import datetime as dt

import pytest
from post_office.models import STATUS, Email

from accounts import people
from accounts.models import Mailing, User
from appointments import booking, calendar, notifications, series
from appointments.models import Appointment, Closure, Slot, Status
from tests.conftest import NOW, TUESDAY, person
from therapeutics.models import MailKind, MailRecord

from .series import as_planned, weekly

pytestmark = [pytest.mark.once, pytest.mark.django_db]

WEDNESDAY = TUESDAY + dt.timedelta(days=1)


@pytest.fixture
def known(ada, book) -> Appointment:
    """A request at ten, of which ada and the counsellor know."""
    return book(ada, TUESDAY, 10)


def move(one: Appointment, hour: int, by: User, **more: object) -> None:
    booking.move(appointment=one, date=TUESDAY, hour=hour, by=by, now=NOW, **more)


def confirm(one: Appointment, by: User, **more: object) -> None:
    booking.set_status(appointment=one, status=Status.CONFIRMED, by=by, now=NOW, **more)


def waiting(to: User) -> list[Email]:
    return list(Email.objects.filter(to=to.email, status=STATUS.queued).order_by("pk"))


def only(to: User) -> str:
    """Return the subject and the text of the one mail that waits for this person."""
    (mail,) = waiting(to)
    return f"{mail.subject}\n{mail.message}"


class TestMoveByThePractice:
    def test_is_told_although_confirmations_are_not_wanted(self, known, ada, counsellor):
        people.choose_mail(person=ada, muted=[Mailing.CONFIRMED])
        move(known, 12, counsellor)
        confirm(known, counsellor)
        assert "10:00 is moved to Tue 10 Nov, 12:00" in only(ada)

    def test_is_told_although_the_confirmation_is_not(self, known, ada, counsellor):
        move(known, 12, counsellor)
        confirm(known, counsellor, notify=False)
        assert "10:00 is moved to Tue 10 Nov, 12:00" in only(ada)

    def test_is_told_although_the_next_one_is_silent(self, known, ada, counsellor):
        move(known, 12, counsellor)
        move(known, 14, counsellor, notify=False)
        assert "10:00 is moved to Tue 10 Nov, 14:00" in only(ada)

    def test_and_confirmation_and_move_name_the_time_that_was_known(self, known, ada, counsellor):
        move(known, 12, counsellor)
        confirm(known, counsellor)
        assert "It had just been moved there from Tue 10 Nov, 10:00." in only(ada)
        move(known, 14, counsellor)
        assert "10:00 is moved to Tue 10 Nov, 14:00" in only(ada)

    def test_and_leave_name_the_time_that_was_known(self, known, ada, counsellor):
        move(known, 12, counsellor)
        closures = [Closure(first_date=TUESDAY, last_date=TUESDAY)]
        answers = {known.pk: Slot(WEDNESDAY, 9)}
        calendar.close(closures=closures, answers=answers, by=counsellor, now=NOW)
        assert "closed on Tue 10 Nov, 10:00, so your appointment is moved to Wed" in only(ada)

    def test_and_cancelling_leave_name_the_time_that_was_known(self, known, ada, counsellor):
        move(known, 12, counsellor)
        closures = [Closure(first_date=TUESDAY, last_date=TUESDAY)]
        answers = {known.pk: calendar.CANCEL}
        calendar.close(closures=closures, answers=answers, by=counsellor, now=NOW)
        assert "It had just been moved there from Tue 10 Nov, 10:00." in only(ada)

    def test_there_and_back_again_is_no_news(self, known, ada, counsellor):
        confirm(known, counsellor, notify=False)
        move(known, 12, counsellor)
        move(known, 10, counsellor)
        assert waiting(ada) == []


class TestAddressThatChangesBeforeTheMailIsSent:
    @pytest.mark.parametrize("notify", [True, False])
    def test_the_new_one_is_told_of_the_booking_where_it_is_now(self, ada, counsellor, notify):
        one = booking.book(
            client=ada, date=TUESDAY, hour=10, by=counsellor, now=NOW, note="", notify=True
        )
        User.objects.filter(pk=ada.pk).update(email="new@example.com")
        move(one, 12, counsellor, notify=notify)
        ada.refresh_from_db()
        assert "Your appointment on Tue 10 Nov, 12:00" in only(ada)


class TestCounsellor:
    def test_hears_of_a_request_that_another_one_has_moved(self, ada, counsellor):
        asked = booking.book(client=ada, by=ada, date=TUESDAY, hour=10, now=NOW)
        notifications.write_due()
        Appointment.objects.update(status=Status.PENDING)
        other = person("other", is_staff=True)
        booking.move(appointment=asked, date=TUESDAY, hour=12, by=counsellor, now=NOW)
        assert waiting(other) == []  # who was not there when it was asked for
        assert "New request: Tue 10 Nov, 12:00" in only(counsellor)

    def test_hears_of_no_request_that_is_confirmed_meanwhile(self, ada, counsellor):
        asked = booking.book(client=ada, by=ada, date=TUESDAY, hour=10, now=NOW)
        confirm(asked, counsellor)
        assert waiting(counsellor) == []


class TestSeries:
    @pytest.fixture
    def standing(self, ada, counsellor):
        wanted = weekly(ada, sessions=3)
        series.book(series=wanted, hours=as_planned(wanted), by=counsellor, now=NOW)
        return wanted

    def test_that_waits_is_told_as_it_is_when_a_session_is_cancelled(
        self, standing, ada, counsellor
    ):
        first = standing.appointments.first()
        booking.cancel(appointment=first, by=counsellor, now=NOW)
        booked, cancelled = waiting(ada)
        assert "Tue 10 Nov" not in booked.message
        assert "Tue 17 Nov, 10:00" in booked.message
        assert "Cancelled: your appointment on Tue 10 Nov" in cancelled.subject

    def test_that_was_told_is_not_sent_again_after_a_change(self, standing, counsellor):
        Email.objects.update(status=STATUS.sent)
        booking.cancel(appointment=standing.appointments.first(), by=counsellor, now=NOW)
        assert MailRecord.objects.get(kind=MailKind.SERIES_BOOKED).withdrawn

    def test_that_ends_in_part_before_it_was_told_names_what_is_left(
        self, standing, ada, counsellor
    ):
        last = standing.appointments.last()
        series.end(series=standing, first=last.date, by=counsellor, now=NOW)
        booked, ended = waiting(ada)
        assert "Tue 17 Nov, 10:00" in booked.message
        assert "Tue 24 Nov" not in booked.message
        assert "Tue 24 Nov, 10:00" in ended.message

    def test_that_moves_before_it_was_told_names_all_of_it(self, standing, ada, counsellor):
        second = standing.appointments.all()[1]
        hours = {one.pk: 12 for one in series.following(second, now=NOW)}
        to = Slot(second.date, 12)
        series.move(session=second, to=to, hours=hours, by=counsellor, now=NOW)
        said = only(ada)
        for slot in ("Tue 10 Nov, 10:00", "Tue 17 Nov, 12:00", "Tue 24 Nov, 12:00"):
            assert slot in said

    def test_end_that_waits_is_told_although_another_session_moves(self, standing, ada, counsellor):
        Email.objects.update(status=STATUS.sent)
        first, *_more, last = standing.appointments.all()
        series.end(series=standing, first=last.date, by=counsellor, now=NOW)
        move(first, 12, counsellor)
        ended, moved = waiting(ada)
        assert "these appointments are cancelled" in ended.message
        assert "10:00 is moved to Tue 10 Nov, 12:00" in moved.message

    def test_that_ends_before_it_was_told_is_told_as_ended(self, standing, ada, counsellor):
        series.end(series=standing, first=TUESDAY, by=counsellor, now=NOW)
        assert "these appointments are cancelled" in only(ada)


def test_mail_of_an_appointment_is_too_late_once_it_has_begun(known, ada, counsellor):
    move(known, 12, counsellor)
    record = MailRecord.objects.get(mail__to=ada.email)
    known.refresh_from_db()
    assert record.expires_at == known.starts_at
