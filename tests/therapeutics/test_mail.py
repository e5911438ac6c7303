"""The one door for mail: queued with the change it speaks of, delivered once by the worker."""

import fcntl
from contextlib import contextmanager

import pytest
from django.core import mail as outgoing
from django.core.exceptions import ValidationError
from django.core.mail.backends.base import BaseEmailBackend
from django.core.management import call_command
from django.db import connection, transaction
from post_office.models import STATUS, Email

from accounts.models import User
from appointments import booking
from appointments.models import Appointment
from tests.conftest import NOW, TUESDAY
from therapeutics import mail
from therapeutics.mail import lock
from therapeutics.models import Practice

pytestmark = pytest.mark.django_db


class Unreachable(BaseEmailBackend):
    """A mail server that is down."""

    def send_messages(self, messages):
        raise OSError("connection refused")


@pytest.fixture
def queue(ada):
    """Queues a mail to ada, or to somebody else."""

    def queued(to: str = "ada@example.com", subject: str = "Hello", **more: object) -> Email:
        message = {"subject": subject, "lines": ["what is new"], "button": "See it"}
        context = {"message": message, "person": ada, "link": "http://127.0.0.1:8000/"}
        found = mail.queue("appointments/message", to=to, context=context, **more)
        assert found
        return found

    return queued


@contextmanager
def another_worker():
    """A second worker holds the lock, in its own connection or process."""
    if connection.vendor == "postgresql":
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [lock.LOCK_ID])
            yield
            cursor.execute("SELECT pg_advisory_unlock(%s)", [lock.LOCK_ID])
        other.close()
        return
    with open(f"{connection.settings_dict['NAME']}.deliver", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def test_mail_is_written_down_and_not_sent(queue):
    email = queue()
    assert email.status == STATUS.queued
    assert outgoing.outbox == []


def test_mail_is_rolled_back_with_its_transaction(queue):
    savepoint = transaction.savepoint()
    queue()
    transaction.savepoint_rollback(savepoint)
    assert not Email.objects.exists()


@pytest.mark.parametrize("asked", ["Tue\n10 Nov", "Tue\r\nBcc: evil@example.com", "Tue   10 Nov"])
def test_subject_is_one_line(queue, asked):
    subject = queue(subject=asked).subject
    assert "\n" not in subject
    assert "\r" not in subject
    assert "  " not in subject
    assert subject.startswith("Tue ")


def test_sender_is_the_practices_discreet_name(queue):
    Practice.objects.create(discreet_name='A "quiet" room, Ltd', email="room@example.com")
    assert queue().from_email == '"A \\"quiet\\" room, Ltd" <room@example.com>'


def test_sender_can_be_set_for_all_mail(queue, settings):
    settings.DEFAULT_FROM_EMAIL = "hello@example.org"
    assert queue().from_email == "hello@example.org"


def test_worker_delivers_text_and_html_once(queue):
    email = queue()
    assert mail.deliver() == 1
    (sent,) = outgoing.outbox
    assert (sent.to, sent.subject) == (["ada@example.com"], email.subject)
    assert sent.body == email.message
    assert [kind for _content, kind in sent.alternatives] == ["text/html"]
    email.refresh_from_db()
    assert email.status == STATUS.sent
    assert mail.deliver() == 0
    assert len(outgoing.outbox) == 1


def test_worker_empties_the_queue(queue):
    for n in range(5):
        queue(to=f"client{n}@example.com")
    assert mail.deliver() == 5
    assert len(outgoing.outbox) == 5


def test_worker_sends_nothing_while_another_delivers(queue):
    queue()
    with another_worker():
        assert mail.deliver() == 0
        assert outgoing.outbox == []
    assert mail.deliver() == 1


def test_mail_waits_while_the_server_is_down(queue, settings):
    backend = {"default": f"{__name__}.Unreachable"}
    email, working = queue(), settings.POST_OFFICE
    settings.POST_OFFICE = working | {"BACKENDS": backend}
    assert mail.deliver() == 0
    email.refresh_from_db()
    assert email.status == STATUS.requeued
    settings.POST_OFFICE = working
    assert mail.deliver() == 0  # not before the retry interval is over
    Email.objects.update(scheduled_time=None)
    assert mail.deliver() == 1


def test_one_bad_address_holds_up_no_other(queue):
    queue(to="ada@example.com")
    bad = queue()
    Email.objects.filter(pk=bad.pk).update(to="not an address\n")
    queue(to="ben@example.com")
    mail.deliver()
    assert {tuple(sent.to) for sent in outgoing.outbox} >= {
        ("ada@example.com",),
        ("ben@example.com",),
    }


@pytest.mark.parametrize("discreet_name", ["Dr. A <x>", "<x>", "a@b", 'A "B"', "A\nB", "A, B"])
def test_sender_that_no_header_can_hold_is_refused_where_it_is_typed(discreet_name):
    with pytest.raises(ValidationError):
        Practice(discreet_name=discreet_name).full_clean()


def test_long_sender_is_refused_where_it_is_typed():
    with pytest.raises(ValidationError, match="too long together"):
        Practice(discreet_name="Ж" * 50, email="a" * 60 + "@" + "b" * 60 + ".example").full_clean()


@pytest.mark.parametrize("to", ["no address", "a@b\nc"])
def test_booking_stands_when_its_mail_cannot_be_addressed(ada, to):
    User.objects.filter(pk=ada.pk).update(email=to)
    ada.refresh_from_db()
    booked = booking.book(client=ada, by=ada, date=TUESDAY, hour=10, now=NOW)
    assert Appointment.objects.filter(pk=booked.pk).exists()
    assert not Email.objects.exists()


def test_command_delivers_one_round_and_logs_how_many(queue, caplog):
    queue()
    for _ in range(2):
        call_command("deliver", once=True)
    assert caplog.messages == ["1 mails sent"]


def test_lock_is_free_again_after_a_failure(queue):
    queue()
    with pytest.raises(ZeroDivisionError), lock.the_only_worker():
        raise ZeroDivisionError
    assert mail.deliver() == 1
