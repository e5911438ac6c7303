"""What becomes of queued mail when the server, an address, or the database fails."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from post_office.models import STATUS, Email

from accounts.models import User
from appointments import booking, errors, notifications, reminders
from appointments.models import Appointment
from tests.conftest import NOW, TUESDAY
from therapeutics import mail
from therapeutics.models import MailFile, MailRecord, MailState

pytestmark = pytest.mark.django_db

ADA, BEN, COUNSELLOR = (f"{name}@example.com" for name in ("ada", "ben", "counsellor"))
GRACE, RETRY = dt.timedelta(minutes=3), dt.timedelta(minutes=15)
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)
DAY_BEFORE = dt.datetime(2026, 11, 9, 11, tzinfo=dt.UTC)
POISON = ["not an address\n", "a@b@c", "ada@exa mple.com", "<>", "\u00e9\ud7ff@", "x" * 5000]


@pytest.fixture
def queue(ada) -> Callable[..., Email]:
    """Queues a mail to ada, or to somebody else."""

    def queued(to: str = ADA, **more: object) -> Email:
        message = {"subject": "Hello", "lines": ["what is new"], "button": "See it"}
        context = {"message": message, "person": ada, "link": "http://127.0.0.1:8000/"}
        return mail.queue("appointments/message", to=to, context=context, **more)

    return queued


def states(address: str = ADA) -> list[MailState]:
    records = MailRecord.objects.filter(mail__to=address).order_by("mail_id")
    return [one.state for one in records.select_related("mail")]


def refusals(address: str = ADA) -> list[str]:
    return [one.refusal for one in MailRecord.objects.with_attempts().filter(mail__to=address)]


def due(clock, later: dt.timedelta) -> int:
    """Let the time pass, and deliver."""
    clock.shift(later)
    notifications.write_due()
    return mail.deliver()


class TestServerThatIsDown:
    def test_booking_stands_and_its_mail_arrives_once(self, ada, counsellor, smtp, clock):
        smtp.stop()
        booked = booking.book(client=ada, by=ada, date=TUESDAY, hour=10, now=NOW)
        assert due(clock, GRACE) == 0
        assert Appointment.objects.get() == booked
        assert states(ADA) == states(COUNSELLOR) == [MailState.RETRYING]
        assert "refused" in refusals()[0]
        smtp.start()
        assert due(clock, RETRY - MINUTE) == 0
        assert smtp.connections == 0
        assert due(clock, MINUTE) == 2
        assert due(clock, RETRY) == 0
        assert [one.to for one in smtp.received] == [(ADA,), (COUNSELLOR,)]
        assert states(ADA) == states(COUNSELLOR) == [MailState.SENT]

    def test_mail_waits_longer_than_a_day_for_it(self, queue, smtp, clock):
        email = queue()
        smtp.stop()
        hours_25 = 25 * 60 // 15
        for _quarter in range(hours_25):
            assert due(clock, RETRY) == 0
        assert states() == [MailState.RETRYING]
        smtp.start()
        assert due(clock, RETRY) == 1
        assert [one.id for one in smtp.received] == [email.message_id]

    def test_each_try_is_counted_and_keeps_its_reason(self, queue, smtp, clock):
        queue()
        smtp.stop()
        for _try in range(3):
            due(clock, RETRY)
        (record,) = MailRecord.objects.with_attempts()
        assert record.attempts == 3
        assert "refused" in record.refusal

    def test_new_mail_is_not_kept_waiting_by_old(self, queue, smtp, clock):
        queue(BEN)
        smtp.stop()
        due(clock, MINUTE)
        smtp.start()
        queue()
        assert due(clock, MINUTE) == 1
        assert [one.to for one in smtp.received] == [(ADA,)]


class TestPoisonedRecipient:
    def test_one_that_is_refused_holds_up_nobody(self, queue, smtp, clock):
        smtp.refused = {BEN}
        for address in (ADA, BEN, ADA):
            queue(address)
        assert due(clock, MINUTE) == 2
        assert [one.to for one in smtp.received] == [(ADA,), (ADA,)]
        assert states(BEN) == [MailState.RETRYING]
        assert "550" in refusals(BEN)[0]

    def test_one_that_cannot_be_written_to_holds_up_nobody(self, queue, smtp, clock):
        for to in POISON:
            Email.objects.filter(pk=queue().pk).update(to=to)
        queue()
        queue(BEN)
        due(clock, MINUTE)
        assert [one.to for one in smtp.received if one.to in {(ADA,), (BEN,)}] == [(ADA,), (BEN,)]
        tried = MailRecord.objects.exclude(mail__to__in=[ADA, BEN]).select_related("mail")
        assert {one.state for one in tried} == {MailState.RETRYING}

    def test_it_fails_for_good_after_the_last_try(self, queue, smtp, clock, settings):
        settings.POST_OFFICE = settings.POST_OFFICE | {"MAX_RETRIES": 2}
        smtp.refused = {BEN}
        queue(BEN)
        Email.objects.filter(pk=queue().pk).update(to="not an address\n")
        for _try in range(2):
            due(clock, RETRY)
            assert set(Email.objects.values_list("status", flat=True)) == {STATUS.requeued}
        due(clock, RETRY)
        assert set(Email.objects.values_list("status", flat=True)) == {STATUS.failed}
        assert states(BEN) == [MailState.FAILED]
        asked = smtp.connections
        assert due(clock, RETRY) == 0
        assert smtp.connections == asked
        assert mail.health(now=timezone.now()).failing == 2


class TestWithdrawnMail:
    def test_is_not_sent(self, queue, smtp, clock):
        mail.withdraw(queue())
        assert due(clock, MINUTE) == 0
        assert states() == [MailState.WITHDRAWN]
        assert smtp.connections == 0

    def test_is_not_sent_when_a_failed_attempt_had_put_it_back(self, queue, smtp, clock):
        smtp.stop()
        email = queue()
        due(clock, MINUTE)
        mail.withdraw(email)
        smtp.start()
        assert due(clock, RETRY) == 0
        assert states() == [MailState.WITHDRAWN]

    def test_is_not_sent_when_a_worker_puts_it_back_after_that(self, queue, smtp, clock):
        email = queue()
        mail.withdraw(email)
        # What a worker writes that had it in hand, and failed to send it, at that moment.
        Email.objects.update(status=STATUS.requeued, scheduled_time=timezone.now() + RETRY)
        assert due(clock, RETRY) == 0
        assert states() == [MailState.WITHDRAWN]
        assert smtp.received == []

    def test_is_no_trouble(self, queue, smtp, clock):
        mail.withdraw(queue())
        due(clock, MINUTE)
        assert mail.health(now=timezone.now()).failing == 0


def test_late_reminder_is_given_up_and_says_so(ada, counsellor, book, smtp, clock):
    book(ada, TUESDAY, 10, by=counsellor)
    smtp.stop()
    clock.move_to(DAY_BEFORE)
    assert reminders.queue_due(now=DAY_BEFORE) == 1
    assert due(clock, MINUTE) == 0
    clock.move_to(DAY_BEFORE + 23 * HOUR)  # when the session starts
    smtp.start()
    assert mail.deliver() == 0
    assert smtp.received == []
    assert states() == [MailState.FAILED]
    assert refusals() == ["It was too late by then."]
    assert reminders.queue_due(now=timezone.now()) == 0


def roll_back(change: Callable[[], object]) -> None:
    """Let the change happen, and its mail be queued, in a transaction that fails then."""

    def fail() -> None:
        change()
        assert Email.objects.exists()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        transaction.atomic(fail)()


class TestRollback:
    def test_of_a_booking_sends_nothing(self, ada, counsellor, smtp, clock):
        def book() -> None:
            booking.book(client=ada, by=ada, date=TUESDAY, hour=10, now=NOW)
            notifications.write_due()

        roll_back(book)
        assert due(clock, GRACE) == 0
        assert smtp.connections == 0
        assert not MailFile.objects.exists()

    def test_of_a_move_leaves_the_mail_of_the_booking(self, ada, counsellor, smtp, clock):
        one = booking.book(client=ada, by=ada, date=TUESDAY, hour=10, now=NOW)
        roll_back(lambda: booking.move(appointment=one, by=ada, date=TUESDAY, hour=15, now=NOW))
        assert due(clock, GRACE) == 2
        assert "10:00" in smtp.to(ADA)[0].message["Subject"]


def rename(table: str, to: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {to}")


class TestAttachmentThatIsNotKept:
    @pytest.fixture(autouse=True)
    def no_room(self, practice):
        """The table of attachments is away."""
        rename("therapeutics_mailfile", "away")

    def test_booking_stands_and_is_told_when_there_is_room(self, ada, counsellor, smtp, clock):
        booking.book(client=ada, by=ada, date=TUESDAY, hour=10, now=NOW)
        assert due(clock, GRACE) == 0
        assert not Email.objects.exists()  # none of its mail, and no half of one
        rename("away", "therapeutics_mailfile")
        assert due(clock, MINUTE) == 2
        (received,) = smtp.to(ADA)
        assert received.message.is_multipart()

    def test_booking_without_one_stands(self, ada, counsellor, smtp, clock):
        User.objects.update(calendar_files=False)
        ada.refresh_from_db()
        booking.book(client=ada, by=ada, date=TUESDAY, hour=10, now=NOW)
        assert due(clock, GRACE) == 2


def test_refused_booking_sends_nothing(ada, ben, book, smtp, clock):
    book(ada)
    with pytest.raises(errors.SlotTaken):
        booking.book(client=ben, by=ben, date=TUESDAY, hour=10, now=NOW)
    assert due(clock, GRACE) == 0


class TestHealth:
    @pytest.fixture
    def answer(self, client) -> Callable[[], tuple[int, str]]:
        def asked() -> tuple[int, str]:
            answer = client.get("/healthz?deep=1")
            return answer.status_code, answer.content.decode()

        return asked

    def test_worker_that_never_ran_is_late(self, answer, clock):
        assert mail.health(now=NOW) == (0, True, 0)
        assert answer() == (503, "worker not seen for 15 minutes")

    def test_worker_is_seen_and_missed_after_15_minutes(self, answer, smtp, clock):
        call_command("deliver", once=True)
        assert answer() == (200, "ok")
        clock.shift(RETRY - MINUTE)
        assert answer() == (200, "ok")
        clock.shift(MINUTE)
        assert answer() == (503, "worker not seen for 15 minutes")
        call_command("deliver", once=True)
        assert answer() == (200, "ok")

    def test_mail_that_failed_is_told_without_its_address(
        self, queue, answer, smtp, clock, settings
    ):
        settings.POST_OFFICE = settings.POST_OFFICE | {"MAX_RETRIES": 0}
        smtp.refused = {ADA}
        queue()
        call_command("deliver", once=True)
        assert answer() == (503, "mail failing: 1")
        mail.put_aside(record=MailRecord.objects.get())
        assert answer() == (200, "ok")

    def test_mail_that_fails_for_an_hour_is_told(self, queue, answer, smtp, clock):
        queue()
        smtp.stop()
        for said in ["ok", "ok", "ok", "mail failing: 1"]:
            call_command("deliver", once=True)
            assert answer()[1] == said
            clock.shift(RETRY)

    def test_shallow_answer_is_ok_all_the_same(self, client, clock):
        assert client.get("/healthz").content == b"ok"
