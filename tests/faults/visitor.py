"""Somebody at a browser, and what they see."""

import http.client
import re
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

from tests.server import Server

TOKEN = "t" * 32  # a form token is valid when it equals its cookie
PATIENCE = 60
NOTHING = 0  # the status of an answer that did not come
BOOKING, LOGIN = "/appointments/book/", "/accounts/login/"

OUT_OF_REACH = (503, "We are briefly out of reach")
TOO_MUCH = (413, "That was too much at once")
NOT_IN_ONE_PIECE = (400, "That did not reach us in one piece")


@dataclass(frozen=True)
class Answer:
    status: int
    text: str = ""
    place: str = ""  # where it leads
    cookies: dict[str, str] = field(default_factory=dict)
    seconds: float = 0

    @property
    def seen(self) -> tuple[int, str]:
        """Return what the visitor saw: the status, and the heading of the page."""
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.text, re.DOTALL)
        words = re.sub(r"<[^>]+>", "", found[1]) if found else self.text
        return self.status, " ".join(unescape(words).split())


class Visitor:
    """A browser with a cookie jar, on one site."""

    def __init__(self, server: Server, session: str = "") -> None:
        self.server = server
        self.cookies = {"csrftoken": TOKEN} | ({"sessionid": session} if session else {})

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, None, {})

    def post(self, path: str, **fields: object) -> Answer:
        body = urlencode({**fields, "csrfmiddlewaretoken": TOKEN}).encode()
        return self.send(path, body, "application/x-www-form-urlencoded")

    def send(self, path: str, body: bytes, kind: str) -> Answer:
        return self._ask("POST", path, body, {"Content-Type": kind, "Origin": self.server.url})

    def book(self, slot: tuple[str, int]) -> Answer:
        date, hour = slot
        return self.post(BOOKING, date=date, hour=hour)

    def sign_in(self, login: str, password: str) -> Answer:
        return self.post(LOGIN, login=login, password=password)

    @contextmanager
    def _line(self) -> Iterator[http.client.HTTPConnection]:
        """Call the server, and hang up."""
        target = (self.server.host, self.server.port)
        with closing(http.client.HTTPConnection(*target, timeout=PATIENCE)) as line:
            yield line

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict) -> Answer:
        began = time.monotonic()
        jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        with self._line() as line:
            with suppress(BrokenPipeError, ConnectionResetError):  # it may answer before the end
                line.request(method, path, body, {"Cookie": jar, **headers})
            try:
                came = line.getresponse()
                text = came.read().decode(errors="replace")
            except (http.client.HTTPException, OSError):
                return Answer(NOTHING, seconds=time.monotonic() - began)
        given = [one.split(";")[0] for one in came.headers.get_all("Set-Cookie", [])]
        new = dict(one.split("=", 1) for one in given)
        self.cookies |= new
        place = came.headers.get("Location", "")
        return Answer(came.status, text, place, new, time.monotonic() - began)


class Regular(Visitor):
    """A browser that keeps its connection, as all of them do."""

    kept: http.client.HTTPConnection | None = None

    @contextmanager
    def _line(self) -> Iterator[http.client.HTTPConnection]:
        if self.kept is None:
            target = (self.server.host, self.server.port)
            self.kept = http.client.HTTPConnection(*target, timeout=PATIENCE)
        yield self.kept

    def leave(self) -> None:
        if self.kept:
            self.kept.close()


def workers(server: Server) -> list[int]:
    """Return the process ids of gunicorn's workers."""
    found = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text()
    return sorted(int(one) for one in found.split())


def most_memory(pid: int) -> int:
    """Return how many bytes the process has held at most."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024


def deaf() -> socket.socket:
    """Return a listener that lets everybody connect and never says a word."""
    return socket.create_server(("127.0.0.1", 0), backlog=64)
