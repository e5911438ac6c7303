"""gunicorn's worker with threads, which spends a thread on a request that is here, and not before.

As it comes, a thread reads the request: as many slow lines as there are threads keep everybody
else out. Here they wait in the worker's own loop, where they cost a socket each. What ends before
it is whole is never shown to the site: gunicorn would pass half a form on as if it were one.
"""

import re
import selectors
import socket
import time
from functools import partial

from gunicorn.workers.gthread import TConn, ThreadWorker

WITHIN = 15  # seconds from its first byte until a request has to be here
LONGEST = 64 * 1024  # bytes that are kept for it; what is longer is read by a thread
ENDS = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
LAST_CHUNK = b"0\r\n\r\n"


class Coming:
    """A request that is on its way."""

    def __init__(self, begun: bytes) -> None:
        self.data = bytearray(begun)  # what came with the request before it
        self.until = time.monotonic() + WITHIN

    def read(self, line: socket.socket) -> bool:
        """Take what is there, without waiting; tell whether more may come."""
        line.setblocking(False)
        try:
            while len(self.data) < LONGEST:
                more = line.recv(LONGEST)
                if not more:
                    return False
                self.data += more
        except BlockingIOError:
            return time.monotonic() < self.until
        except OSError:
            return False
        return True

    @property
    def is_whole(self) -> bool:
        """Tell whether a thread has not to wait for it, or it is too long to be kept here."""
        if len(self.data) >= LONGEST:
            return True
        end = self.data.find(ENDS)
        if end < 0:
            return False
        head = bytes(self.data[: end + 2])
        if CHUNKED.search(head):
            return self.data.endswith(LAST_CHUNK)
        length = LENGTH.search(head)
        return len(self.data) >= end + len(ENDS) + int(length[1] if length else 0)


class PatientWorker(ThreadWorker):
    def enqueue_req(self, conn: TConn) -> None:
        """Give the request to a thread if it is here; else wait for the rest, or no longer."""
        coming = getattr(conn, "coming", None) or Coming(_read_ahead(conn))
        more = coming.read(conn.sock)
        if coming.is_whole:
            conn.coming = None
            conn.init()
            conn.parser.unreader.unread(bytes(coming.data))
            super().enqueue_req(conn)
        elif more:
            conn.coming = coming
            self._wait_for_more(conn)
        else:
            self.nr_conns -= 1
            conn.close()

    def _wait_for_more(self, conn: TConn) -> None:
        conn.timeout = conn.coming.until
        self.pending_conns.append(conn)
        self.poller.register(
            conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn)
        )


def _read_ahead(conn: TConn) -> bytes:
    return conn.parser.unreader.take_buffered() if conn.parser else b""
