"""Slow-loris: many who send their request a letter at a time, and never come to its end."""

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress

import pytest

from tests.faults.conftest import client
from tests.faults.visitor import BOOKING, TOKEN, Visitor
from therapeutics import serving

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("faults-sqlite")]

MANY = 60  # threads are 8: two workers with four each
ASKING = 40
DRIP = 0.2
HEAD = b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
STARTS = {
    "nothing": b"",
    "head": HEAD + b"X-Slow: ",
    "body": HEAD + FORM + b"Content-Length: 1000\r\n\r\nlogin=",
    "long body": HEAD + FORM + b"Content-Length: 2000000\r\n\r\nlogin=" + b"x" * 70_000,
    "picture": HEAD.replace(b"accounts/login", b"admin")
    + b"Content-Length: 9000000\r\n\r\n"
    + b"x" * 70_000,
    "chunked": HEAD + FORM + b"Transfer-Encoding: chunked\r\n\r\n3E8\r\nlogin=",
}


@contextmanager
def dripping(server, start: bytes) -> Iterator[list[socket.socket]]:
    """Keep as many connections open, each with the start of a request and a letter now and then."""
    with ExitStack() as all_of_them:
        lines = [
            all_of_them.enter_context(socket.create_connection((server.host, server.port)))
            for _ in range(MANY)
        ]
        over = threading.Event()
        thread = threading.Thread(target=_drip, args=[lines, start, over])
        thread.start()
        try:
            yield lines
        finally:
            over.set()
            thread.join()


def _drip(lines: list[socket.socket], start: bytes, over: threading.Event) -> None:
    for line in lines:
        with suppress(OSError):
            line.sendall(start)
    while start and not over.wait(DRIP):
        for line in lines:
            with suppress(OSError):
                line.send(b"x")


@pytest.mark.parametrize("start", STARTS)
def test_others_are_served_meanwhile(site, start):
    server, practice = site
    with dripping(server, STARTS[start]):
        time.sleep(1)
        person = client(server, practice)
        answers = [Visitor(server).get("/healthz"), person.get("/appointments/")]
    assert [one.status for one in answers] == [200, 200]
    assert max(one.seconds for one in answers) < 10


def test_slow_line_is_hung_up(site):
    """Nobody who sends nothing whole is heard for longer than some seconds."""
    server, _practice = site
    with dripping(server, STARTS["head"]) as lines:
        line = lines[0]
        line.settimeout(serving.WITHIN + 20)
        with suppress(ConnectionError):
            assert line.recv(1) == b""


def test_half_a_form_is_none(site):
    """A line that breaks before the form's end: what came of it could be a booking."""
    server, practice = site
    date, hour = practice.open[0]
    form = f"csrfmiddlewaretoken={TOKEN}&date={date}&hour={hour}&note=I+will+bri"
    head = (
        f"POST {BOOKING} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nOrigin: {server.url}\r\n"
        f"Cookie: sessionid={practice.sessions['client0']}; csrftoken={TOKEN}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(form) + 20}\r\n\r\n"
    )
    with socket.create_connection((server.host, server.port), 30) as line:
        line.sendall((head + form).encode())
        line.shutdown(socket.SHUT_WR)
        assert line.recv(1) == b""
    assert practice.held() == []
    with socket.create_connection((server.host, server.port), 30) as line:
        for part in (head, form, "ng" + "." * 18):
            time.sleep(0.1)
            line.sendall(part.encode())
        assert line.recv(12) == b"HTTP/1.1 302"
    assert practice.held() == [practice.open[0]]


def test_who_keeps_asking_keeps_nobody_out(site):
    """Five times as many as there are threads ask without a pause; somebody else comes, too."""
    server, practice = site
    cookies = {"Cookie": f"sessionid={practice.sessions['client0']}"}
    over, begun = threading.Event(), threading.Barrier(ASKING + 1)

    def ask() -> int:
        answers = 0
        with closing(http.client.HTTPConnection(server.host, server.port, timeout=30)) as line:
            begun.wait(timeout=10)
            while not over.is_set():
                line.request("GET", "/appointments/book/", headers=cookies)
                answers += line.getresponse().read() is not None
        return answers

    with ThreadPoolExecutor(ASKING) as pool:
        asking = [pool.submit(ask) for _ in range(ASKING)]
        begun.wait(timeout=10)
        others = [Visitor(server).get("/healthz") for _ in range(10)]
        over.set()
    assert {other.status for other in others} == {200}
    assert max(other.seconds for other in others) < 10
    assert min(one.result() for one in asking) > 0
