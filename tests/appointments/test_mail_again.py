"""A mail that failed is sent again, or put aside; one that tells what holds no longer is not."""

import datetime as dt
import uuid

import pytest
from django.core import mail as outgoing
from django.test import Client

from accounts.models import User
from appointments import booking, notifications
from appointments.models import Appointment
from tests.conftest import NOW, TUESDAY
from tests.rows import unchanged
from therapeutics import mail
from therapeutics.models import MailRecord

from .conftest import REFUSAL, text
from .test_mail_page import FAILED, MAIL, SENT, WAITING, rows, states

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def again(record: MailRecord) -> str:
    return f"{MAIL}{record.pk}/again/"


def aside(record: MailRecord) -> str:
    return f"{MAIL}{record.pk}/aside/"


class TestSendAgain:
    def test_failed_mail_is_queued_and_then_delivered(self, as_counsellor, failed, send):
        answer = as_counsellor.post(again(failed))
        assert (answer.status_code, answer["Location"]) == (302, MAIL)
        assert [state.split()[0] for state in states(as_counsellor.get(MAIL))] == [WAITING]
        assert send() == 1
        assert [sent.to for sent in outgoing.outbox] == [["ada@example.com"]]
        assert states(as_counsellor.get(MAIL)) == [f"{SENT} 2 attempts"]

    def test_it_keeps_its_message_id(self, as_counsellor, failed, send):
        as_counsellor.post(again(failed))
        send()
        (sent,) = outgoing.outbox
        assert sent.extra_headers["Message-ID"] == failed.mail.message_id

    def test_mail_that_was_sent_may_be_sent_once_more(self, as_counsellor, queue, send):
        record = queue()
        send()
        assert as_counsellor.post(again(record)).status_code == 302
        assert send() == 1

    @pytest.mark.parametrize("refused", [False, True])
    def test_one_that_waits_is_refused(self, as_counsellor, queue, send, refused):
        record = queue()
        if refused:
            send(refused=True)
        self.assert_refused(as_counsellor, record, "in the queue already")

    @pytest.mark.parametrize("for_good", [False, True])
    def test_one_with_a_key_is_refused(self, as_counsellor, queue, send, for_good):
        record = queue(secret=True)
        send(for_good=for_good)
        self.assert_refused(as_counsellor, record, "Please make a new one")

    def test_overtaken_one_is_refused(self, as_counsellor, queue):
        record = queue(subject=uuid.uuid4())
        mail.overtake(subject=record.about)
        self.assert_refused(as_counsellor, record, "holds no longer")

    def test_one_that_a_newer_mail_contradicts_is_refused(self, as_counsellor, queue, send):
        record = queue(subject=uuid.uuid4())
        send(for_good=True)
        queue(subject=record.about)
        self.assert_refused(as_counsellor, record, "holds no longer")

    def test_newer_mail_to_somebody_else_contradicts_nothing(self, as_counsellor, queue, send):
        record = queue(subject=uuid.uuid4())
        send(for_good=True)
        queue("ben@example.com", subject=record.about)
        queue(subject=uuid.uuid4())
        assert as_counsellor.post(again(record)).status_code == 302

    def test_one_whose_time_is_over_is_refused(self, clock, as_counsellor, queue, send):
        record = queue(expires_at=NOW + dt.timedelta(minutes=1))
        send(for_good=True)
        clock.shift(dt.timedelta(minutes=1))
        self.assert_refused(as_counsellor, record, "holds no longer")

    @pytest.mark.parametrize("change", ["move", "cancel"])
    def test_one_that_tells_of_a_time_that_changed_in_silence_is_refused(
        self, as_counsellor, counsellor, ada, book, send, change
    ):
        appointment = book(ada, by=counsellor)
        notifications.confirmed(appointment, notify=True)
        send(for_good=True)
        change_in_silence(appointment, counsellor, change)
        self.assert_refused(as_counsellor, MailRecord.objects.get(), "holds no longer")

    def assert_refused(self, browser: Client, record: MailRecord, why: str) -> None:
        with unchanged():
            answer = browser.post(again(record))
        assert answer.status_code == 409
        assert why in text(answer)
        assert len(rows(answer)) == MailRecord.objects.count()


def change_in_silence(appointment: Appointment, by: User, change: str) -> None:
    if change == "move":
        booking.move(appointment=appointment, date=TUESDAY, hour=15, by=by, now=NOW, notify=False)
    else:
        booking.cancel(appointment=appointment, by=by, now=NOW, notify=False)


class TestPutAside:
    def test_it_is_no_trouble_any_more(self, as_counsellor, failed):
        assert mail.health(now=NOW).failing == 1
        assert as_counsellor.post(aside(failed)).status_code == 302
        assert mail.health(now=NOW).is_good
        assert states(as_counsellor.get(MAIL)) == [f"{FAILED} 1 attempt {REFUSAL} Put aside"]
        assert rows(as_counsellor.get(MAIL, {"state": "trouble"})) == []

    def test_it_is_one_again_when_it_fails_again(self, as_counsellor, failed, send):
        as_counsellor.post(aside(failed))
        as_counsellor.post(again(failed))
        send(for_good=True)
        assert mail.health(now=NOW).failing == 1

    def test_one_that_waits_is_not_put_aside(self, as_counsellor, queue, send):
        """The page may be old: somebody else has sent it again meanwhile."""
        record = queue()
        as_counsellor.post(aside(record))
        send(for_good=True)
        assert mail.health(now=NOW).failing == 1
