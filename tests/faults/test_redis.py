"""Redis goes away, or falls silent: nobody signs in uncounted, and everybody else goes on."""

import pytest

from tests import redis_server
from tests.faults.conftest import client
from tests.faults.databases import Practice
from tests.faults.prepare import PASSWORD
from tests.faults.visitor import OUT_OF_REACH, Visitor, deaf, workers
from tests.server import Server, free_ports

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("faults-sqlite")]

PAGES = ["/", "/healthz", "/accounts/login/", "/accessibility/"]
OWN = ["/appointments/", "/appointments/book/", "/account/", "/accounts/sessions/"]
LIMIT = 5  # wrong passwords for one person from one address


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
    port, practice = free_ports(1), in_sqlite
    with redis_server.running(tmp_path, port) as url:
        server = serve(practice, REDIS_URL=url)
        same = workers(server)
        assert_counts(server)
    assert_nobody_signs_in_and_the_site_stays_up(server, practice)
    assert client(server, practice).book(practice.open[0]).status == 302
    assert practice.held() == [practice.open[0]]
    practice.assert_whole()
    assert practice.rows("SELECT * FROM accounts_tries") == []  # counted in one place only
    with redis_server.running(tmp_path, port):
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
    port = free_ports(1)
    with redis_server.running(tmp_path, port) as url:
        server = serve(in_sqlite, REDIS_URL=url)
        visitor = Visitor(server)
        assert visitor.sign_in("client11", PASSWORD).place == "/accounts/2fa/authenticate/"
    code, *_others = in_sqlite.recovery
    assert visitor.post("/accounts/2fa/authenticate/", code=code).seen == OUT_OF_REACH
    assert visitor.get("/appointments/").status == 302
    with redis_server.running(tmp_path, port):
        assert visitor.post("/accounts/2fa/authenticate/", code=code).status == 302
        assert visitor.get("/appointments/").status == 200
