"""Workers as processes of their own: killed at the worst moment, ended politely, two at once."""

import datetime as dt
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest
from django.db import connection
from django.utils import timezone
from post_office.models import STATUS, Email, Log

from appointments import booking, slots
from appointments.models import Appointment, Slot
from tests.conftest import person
from tests.environment import ENVIRONMENT
from tests.server import ROOT, database_url
from tests.smtp import Moment, Server, wait_until
from therapeutics import mail
from therapeutics.mail import lock
from therapeutics.models import MailRecord, MailState, Worker

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 200
RETRY, WEEK = dt.timedelta(minutes=15), dt.timedelta(weeks=1)
ENDS_WITHIN = 20
Process = subprocess.Popen[bytes]


@pytest.fixture
def start(smtp) -> Iterator[Callable[..., Process]]:
    """Starts workers on the database of the tests; all of them end with the test."""
    with ExitStack() as started:
        yield lambda *arguments: started.enter_context(worker(smtp, *arguments))


@contextmanager
def worker(server: Server, *arguments: str) -> Iterator[Process]:
    environment = {
        **os.environ,
        **ENVIRONMENT,
        "DATABASE_URL": database_url(connection.settings_dict),
        "EMAIL_URL": server.url,
    }
    command = [sys.executable, "manage.py", "deliver", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        server.go_on()
        with suppress(ProcessLookupError):
            process.kill()
        process.wait(ENDS_WITHIN)


@pytest.fixture
def queue(db) -> Callable[[int], list[Email]]:
    """Queues mails to as many addresses."""

    def queued(count: int) -> list[Email]:
        message = {"subject": "Hello", "lines": ["what is new"], "button": "See it"}
        context = {"message": message, "link": "http://127.0.0.1:8000/"}
        return [
            mail.queue("appointments/message", to=f"client{n}@example.com", context=context)
            for n in range(count)
        ]

    return queued


def lock_is_free() -> bool:
    with lock.the_only_worker() as still_alone:
        return still_alone()


def ids(mails: list[Email]) -> Counter[str]:
    return Counter(one.message_id for one in mails)


def came(server: Server) -> Counter[str]:
    return Counter(one.id for one in server.received)


def done(mails: list[Email]) -> bool:
    return Email.objects.filter(status=STATUS.sent).count() == len(mails)


def first_open(now: dt.datetime) -> Slot:
    """Return an open slot by the real clock, which workers have too."""
    start = timezone.localdate(now) + WEEK
    return next(iter(slots.availability(now=now, start=start).slots()))


def kill(process: Process) -> None:
    process.kill()
    assert process.wait(ENDS_WITHIN) == -signal.SIGKILL


@pytest.mark.parametrize(
    ("moment", "twice"),
    [(Moment.BEFORE_TAKING, 0), (Moment.AFTER_TAKING, 1), (Moment.AFTER_ANSWERING, 1)],
)
def test_killed_worker_loses_nothing_and_repeats_one_mail_at_most(
    queue, start, smtp, moment, twice
):
    first, *_others = mails = queue(3)
    smtp.hold(moment)
    process = start()
    wait_until(smtp.held.is_set)
    assert not lock_is_free()
    assert mail.deliver() == 0  # the other one is at work
    kill(process)
    wait_until(lock_is_free)
    smtp.go_on()
    assert set(Email.objects.values_list("status", flat=True)) == {STATUS.queued}
    assert mail.deliver() == 3
    assert came(smtp) == ids(mails) + Counter({first.message_id: twice})
    assert set(Email.objects.values_list("status", flat=True)) == {STATUS.sent}


def test_another_worker_finishes_what_a_killed_one_began(queue, start, smtp):
    first, *_others = mails = queue(3)
    smtp.hold(Moment.AFTER_TAKING)
    killed = start()
    wait_until(smtp.held.is_set)
    other = start()
    kill(killed)
    smtp.go_on()
    wait_until(lambda: done(mails))
    other.send_signal(signal.SIGTERM)
    assert other.wait(ENDS_WITHIN) == 0
    assert came(smtp) == ids(mails) + Counter([first.message_id])


def test_booking_while_the_server_is_down_is_told_once_by_a_worker(practice, start, smtp):
    now = timezone.now() - 2 * RETRY
    slot = first_open(now)
    ada = person("ada")
    smtp.stop()
    one = booking.book(client=ada, by=ada, date=slot.date, hour=slot.hour, now=now)
    assert start("--once").wait(ENDS_WITHIN) == 0
    (record,) = MailRecord.objects.with_attempts().select_related("mail")
    assert (record.state, record.attempts) == (MailState.RETRYING, 1)
    assert "refused" in record.refusal
    smtp.start()
    Email.objects.update(scheduled_time=now)  # the time until the next try is over
    assert start("--once").wait(ENDS_WITHIN) == 0
    assert start("--once").wait(ENDS_WITHIN) == 0
    (received,) = smtp.received
    assert received.to == ("ada@example.com",)
    assert Appointment.objects.get() == one


@pytest.mark.slow
def test_two_workers_deliver_200_mails_once_each(queue, start, smtp):
    mails = queue(MANY)
    workers = [start(), start()]
    wait_until(lambda: done(mails))
    for process in workers:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(ENDS_WITHIN) for process in workers] == [0, 0]
    assert came(smtp) == ids(mails)
    assert Log.objects.count() == MANY


def test_worker_that_is_told_to_end_does_so_between_two_mails(queue, start, smtp):
    first, *others = queue(3)
    smtp.hold(Moment.AFTER_TAKING)
    process = start()
    wait_until(smtp.held.is_set)
    process.send_signal(signal.SIGTERM)
    smtp.go_on()
    assert process.wait(ENDS_WITHIN) == 0
    assert came(smtp) == ids([first])
    first.refresh_from_db()
    assert first.status == STATUS.sent
    assert mail.deliver() == len(others)
    assert came(smtp) == ids([first, *others])


def test_worker_says_that_it_is_there(start, client):
    assert client.get("/healthz?deep=1").status_code == 503
    began = timezone.now()
    assert start("--once").wait(ENDS_WITHIN) == 0
    assert Worker.objects.get().seen_at >= began
    assert client.get("/healthz?deep=1").content == b"ok"


def test_message_that_is_withdrawn_while_a_worker_has_it_is_not_tried_again(queue, start, smtp):
    (email,) = queue(1)
    smtp.hold(Moment.BEFORE_TAKING)
    process = start()
    wait_until(smtp.held.is_set)
    mail.withdraw(email)
    smtp.stop()  # so that the attempt fails
    wait_until(lambda: Log.objects.filter(email=email, status=STATUS.failed).exists())
    process.send_signal(signal.SIGTERM)
    smtp.go_on()
    assert process.wait(ENDS_WITHIN) == 0
    smtp.start()
    Email.objects.update(scheduled_time=None)
    assert mail.deliver() == 0
    assert smtp.received == []
    assert MailRecord.objects.select_related("mail").get().state == MailState.WITHDRAWN
