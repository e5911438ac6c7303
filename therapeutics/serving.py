"""gunicorn's worker with threads, which spends a thread on a request that is here, and not before.

As it comes, a thread reads the request: as many slow lines as there are threads keep everybody
else out. Here they wait in the worker's own loop, where they cost a socket each. What ends before
it is whole is never shown to the site: gunicorn would pass half a form on as if it were one.
"""

import re
import selectors
import socket
import time
from concurrent.futures import Future
from functools import partial

from gunicorn.workers.gthread import TConn, ThreadWorker

WITHIN = 15  # seconds from its first byte until a request has to be here,
SLOWEST = 128 * 1024  # and one more for so many bytes: a picture may come over a slow line
FORM, PICTURE = 5 * 512 * 1024, 11 * 1024 * 1024  # bytes; the site refuses longer bodies unread
LITTLE, ROOM = 64 * 1024, 64 * 1024 * 1024  # bytes: who has sent more than a little shares the room
SITE_ADMIN = re.compile(rb"\w+ /admin/")
ENDS = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
LAST_CHUNK = b"0\r\n\r\n"


class Coming:
    """A request that is on its way."""

    def __init__(self, begun: bytes) -> None:
        self.data = bytearray(begun)  # what came with the request before it
        self.begun = time.monotonic()

    @property
    def until(self) -> float:
        """When it has to be here, by the clock that `time.monotonic` reads."""
        return self.begun + WITHIN + len(self.data) / SLOWEST

    def read(self, line: socket.socket) -> bool:
        """Take what is there, without waiting; tell whether more may come."""
        line.setblocking(False)
        try:
            while not self.is_whole:
                more = line.recv(LITTLE)
                if not more or len(self.data) > PICTURE + LITTLE:  # chunks without an end
                    return False
                self.data += more
        except BlockingIOError:
            return time.monotonic() < self.until
        except OSError:
            return False
        return True

    @property
    def is_whole(self) -> bool:
        """Tell whether a thread has not to wait for it: it is here, or will be refused unread."""
        end = self.data.find(ENDS)
        if end < 0:
            return len(self.data) >= LITTLE  # gunicorn refuses such a head
        head = bytes(self.data[: end + 2])
        if CHUNKED.search(head):
            return self.data.endswith(LAST_CHUNK)
        announced = LENGTH.search(head)
        length = int(announced[1]) if announced else 0
        most = PICTURE if SITE_ADMIN.match(head) else FORM
        return length > most or len(self.data) >= end + len(ENDS) + length


class PatientWorker(ThreadWorker):
    has_finished = False  # a request, since it last took a connection

    @property
    def worker_connections(self) -> int:
        """How many connections it may have before it takes another one.

        While all its threads are in use it leaves the door to the other processes: what it took
        would stand in its own line for as long as the connection is kept. For each request that it
        has finished it takes one, or those who keep asking would keep all others out.
        """
        waiting = len(self.keepalived_conns) + len(self.pending_conns)
        is_free = self.has_finished or self.nr_conns - waiting < self.cfg.threads
        return self.cfg.worker_connections if is_free else self.nr_conns

    @worker_connections.setter
    def worker_connections(self, configured: int) -> None:
        """gunicorn sets it once, to what is in `cfg`."""

    def accept(self, listener: socket.socket) -> None:
        self.has_finished = False
        super().accept(listener)

    def finish_request(self, conn: TConn, done: Future) -> None:
        self.has_finished = True
        super().finish_request(conn, done)

    def enqueue_req(self, conn: TConn) -> None:
        """Give the request to a thread if it is here; else wait for the rest, or no longer."""
        coming = getattr(conn, "coming", None) or Coming(_read_ahead(conn))
        more = coming.read(conn.sock)
        if coming.is_whole:
            conn.coming = None
            conn.init()
            conn.parser.unreader.unread(bytes(coming.data))
            super().enqueue_req(conn)
        elif more and self._has_room(coming):
            conn.coming = coming
            self._wait_for_more(conn)
        else:
            self.nr_conns -= 1
            conn.close()

    def _has_room(self, coming: Coming) -> bool:
        """Tell whether all that is kept may grow by this one: forms always may."""
        kept = sum(
            len(one.coming.data) for one in self.pending_conns if getattr(one, "coming", None)
        )
        return len(coming.data) <= LITTLE or kept + len(coming.data) <= ROOM

    def _wait_for_more(self, conn: TConn) -> None:
        conn.timeout = conn.coming.until
        self.pending_conns.append(conn)
        self.poller.register(
            conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn)
        )


def _read_ahead(conn: TConn) -> bytes:
    return conn.parser.unreader.take_buffered() if conn.parser else b""
