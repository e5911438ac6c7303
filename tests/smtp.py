"""A real SMTP server on this machine, which keeps what it is sent, and misbehaves when told to."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import Enum
from threading import Event, Thread
from typing import Any, NamedTuple

import pytest
from aiosmtpd.smtp import SMTP, Envelope
from django.conf import settings
from django.test import override_settings

from therapeutics.environment import OUR_SMTP

HOST = "127.0.0.1"
OK, REFUSED, BYE = "250 OK", "550 No such mailbox", "221 Bye"
GLANCE = 0.01  # seconds between two looks at whether something is so
PATIENCE = 30


logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd tells of each line it reads


class Moment(Enum):
    """Where the server stops and says nothing more, until it is told to go on."""

    BEFORE_TAKING = "the message is here, and not kept yet"
    AFTER_TAKING = "the message is kept, and its sender does not know"
    AFTER_ANSWERING = "the sender knows, and has not hung up"


class Received(NamedTuple):
    """One message that the server has taken: as it came, and as a mail program reads it."""

    raw: bytes
    message: EmailMessage
    sender: str
    to: tuple[str, ...]

    @property
    def id(self) -> str:
        return str(self.message["Message-ID"])


class Server:
    """Takes mail on one port, which stays its own while it is down."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.refused: set[str] = set()  # recipients that it does not know
        self.connections = 0
        self.held = Event()  # set when it has stopped
        self._hold_at: Moment | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever)
        self._open: set[asyncio.BaseTransport] = set()
        self._listening: asyncio.Server | None = None
        self._place = socket.socket()  # bound and not listening: calls here are refused
        self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._place.bind((HOST, 0))
        self.port: int = self._place.getsockname()[1]
        self._thread.start()

    @property
    def url(self) -> str:
        return f"smtp://{HOST}:{self.port}"

    def start(self) -> None:
        self._run(self._listen())

    def stop(self) -> None:
        """Refuse calls from now on, and hang up on who is connected."""
        self._run(self._close())

    def end(self) -> None:
        self.go_on()
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._place.close()

    def hold(self, moment: Moment) -> None:
        """Stop at the moment, with whoever comes there, until `go_on`."""
        self.held.clear()
        self._hold_at = moment

    def go_on(self) -> None:
        self._hold_at = None

    def to(self, address: str) -> list[Received]:
        return [one for one in self.received if address in one.to]

    def _run(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    async def _listen(self) -> None:
        self._listening = await self._loop.create_server(self._answer, HOST, self.port)

    async def _close(self) -> None:
        if self._listening:
            self._listening.close()
            self._listening = None
        for transport in list(self._open):
            transport.abort()  # type: ignore[attr-defined]  # TCP has it
        await asyncio.sleep(0)

    def _answer(self) -> SMTP:
        self.connections += 1
        return _Line(self, self._open, hostname="localhost", loop=self._loop)

    async def _pass(self, moment: Moment) -> None:
        if self._hold_at == moment:
            self.held.set()
        while self._hold_at == moment:
            await asyncio.sleep(GLANCE)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd looks for this name
        self, _smtp: SMTP, _session: object, envelope: Envelope, address: str, _options: object
    ) -> str:
        if address in self.refused or "@" not in address:
            return REFUSED
        envelope.rcpt_tos.append(address)
        return OK

    async def handle_DATA(  # noqa: N802 - aiosmtpd looks for this name
        self, _smtp: SMTP, _session: object, envelope: Envelope
    ) -> str:
        await self._pass(Moment.BEFORE_TAKING)
        raw = bytes(envelope.original_content or b"")
        message = message_from_bytes(raw, policy=policy.default)
        sender, to = str(envelope.mail_from), tuple(envelope.rcpt_tos)
        self.received.append(Received(raw, message, sender, to))
        await self._pass(Moment.AFTER_TAKING)
        return OK

    async def handle_QUIT(  # noqa: N802 - aiosmtpd looks for this name
        self, _smtp: SMTP, _session: object, _envelope: Envelope
    ) -> str:
        await self._pass(Moment.AFTER_ANSWERING)
        return BYE


class _Line(SMTP):
    """One caller; it drops what it is at when the caller is gone."""

    def __init__(self, handler: Server, lines: set[asyncio.BaseTransport], **options: Any) -> None:
        super().__init__(handler, **options)
        self._lines = lines

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._lines.add(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self.transport is not None:
            self._lines.discard(self.transport)
        super().connection_lost(error)


def wait_until(so: Callable[[], object], *, within: float = PATIENCE) -> None:
    """Return as soon as it is so; fail when it is not in time."""
    deadline = time.monotonic() + within
    while not so():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(GLANCE)


@contextmanager
def running() -> Iterator[Server]:
    """Start a mail server of its own for a test, and end it."""
    server = Server()
    try:
        server.start()
        yield server
    finally:
        server.end()


def leading_to(server: Server) -> dict[str, object]:
    """Return the settings with which this process delivers to the server."""
    backend = {"default": OUR_SMTP}
    post_office = settings.POST_OFFICE | {"BACKENDS": backend}
    return {"POST_OFFICE": post_office, "EMAIL_HOST": HOST, "EMAIL_PORT": server.port}


@pytest.fixture
def smtp() -> Iterator[Server]:
    """A mail server to which this process delivers."""
    with running() as server, override_settings(**leading_to(server)):
        yield server
