"""A mail server that takes all the time in the world."""

import asyncio
import smtplib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from tests.faults.databases import manage
from tests.faults.visitor import deaf
from tests.smtp import Server, running
from therapeutics.mail.smtp import PunctualSMTP

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("faults-sqlite")]

PATIENCE, DRIP = 1, 0.2  # seconds
SLOW = "client1@example.com"
ENDS_WITHIN = 45  # for a machine that is busy with other tests too; a drip has no end
SENT, AGAIN = 0, 3  # as the queue writes it


class Tarpit:
    """Says one letter now and then, and never comes to the end of a line."""

    def __init__(self, first: bytes = b"") -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.calls = 0
        self.first = first
        self.over = threading.Event()
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        with suppress(OSError):
            while True:
                line, _address = self.listener.accept()
                self.calls += 1
                threading.Thread(target=self._drip, args=[line], daemon=True).start()

    def _drip(self, line: socket.socket) -> None:
        with line, suppress(OSError):
            line.sendall(self.first)
            while not self.over.wait(DRIP):
                line.sendall(b"2")


@contextmanager
def tarpit(first: bytes = b"") -> Iterator[Tarpit]:
    made = Tarpit(first)
    try:
        yield made
    finally:
        made.over.set()
        made.listener.close()


@pytest.mark.parametrize("first", [b"", b"220-I am", b"220 ready\r\n"])
def test_slow_answer_is_given_up(first):
    """A timeout of a socket begins anew with each byte: this one does not."""
    began = time.monotonic()
    with tarpit(first) as server, pytest.raises(smtplib.SMTPException):
        greet(server.port)
    assert time.monotonic() - began < 5 * PATIENCE


def greet(port: int) -> None:
    with PunctualSMTP("127.0.0.1", port, timeout=PATIENCE) as line:
        line.ehlo()


def deliver(practice, port: int) -> None:
    ran = manage(
        practice.url, "manage", "deliver", "--once",
        EMAIL_URL=f"smtp://127.0.0.1:{port}", FAULTS_PATIENCE=str(PATIENCE),
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr


def statuses(practice) -> list[tuple[int, int]]:
    """Return how many mails are in which state: SENT, or to be tried AGAIN."""
    return practice.rows("SELECT status, count(*) FROM post_office_email GROUP BY status")


def queued_for(practice, *people: str) -> None:
    practice.run("DELETE FROM therapeutics_mailrecord")
    practice.run("UPDATE accounts_invitation SET mail_id = NULL")
    practice.run("DELETE FROM post_office_email")
    for number, person in enumerate(people, 1):
        practice.run(MAIL.format(number=number, to=person))


MAIL = """
INSERT INTO post_office_email (id, from_email, "to", cc, bcc, subject, message, html_message,
    status, priority, created, last_updated, context, backend_alias, message_id, headers)
VALUES ({number}, 'practice@example.com', '{to}', '', '', 'Hello', 'Hello', '', 2, 1,
    '2026-01-01', '2026-01-01', NULL, '', '<{number}@example.com>', NULL)
"""


def test_worker_gives_up_and_sends_once_when_there_is_a_better_server(in_sqlite):
    queued_for(in_sqlite, "client0@example.com", SLOW)
    began = time.monotonic()
    with tarpit(b"220-I am") as server:
        deliver(in_sqlite, server.port)
        assert server.calls == 2  # each mail was tried, once
    assert time.monotonic() - began < ENDS_WITHIN
    assert statuses(in_sqlite) == [(AGAIN, 2)]
    in_sqlite.run("UPDATE post_office_email SET scheduled_time = NULL")
    with running() as server:
        deliver(in_sqlite, server.port)
        deliver(in_sqlite, server.port)
        assert sorted(one.to for one in server.received) == [("client0@example.com",), (SLOW,)]
    assert statuses(in_sqlite) == [(SENT, 2)]


def test_recipient_whose_answer_drips_keeps_nobody_waiting(in_sqlite):
    """The server is well, but for one mailbox."""
    queued_for(in_sqlite, SLOW, "client0@example.com", "client2@example.com")
    with slow_for(SLOW) as server:
        deliver(in_sqlite, server.port)
        came = [one.to[0] for one in server.received]
        assert came == ["client0@example.com", "client2@example.com"]
        assert statuses(in_sqlite) == [(SENT, 2), (AGAIN, 1)]


@contextmanager
def slow_for(address: str) -> Iterator[Server]:
    with running() as server:
        handle = server.handle_RCPT

        async def handle_slowly(smtp, session, envelope, to, options):
            while to == address:
                smtp._writer.write(b"2")
                await asyncio.sleep(DRIP)
            return await handle(smtp, session, envelope, to, options)

        server.handle_RCPT = handle_slowly
        yield server


def test_silent_server(in_sqlite):
    queued_for(in_sqlite, "client0@example.com")
    with ExitStack() as all_of_them:
        nobody = all_of_them.enter_context(deaf())
        deliver(in_sqlite, nobody.getsockname()[1])
    assert statuses(in_sqlite) == [(AGAIN, 1)]
