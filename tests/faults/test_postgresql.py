"""PostgreSQL goes away under the running site, and comes back."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.faults.conftest import client
from tests.faults.databases import Practice
from tests.faults.visitor import OUT_OF_REACH, Answer, Visitor, deaf, workers
from tests.server import Server
from tests.smtp import wait_until

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("faults-postgresql")]

PAGES = ["/", "/accounts/login/", "/appointments/", "/appointments/book/"]
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@contextmanager
def booking_stopped_halfway(server: Server, practice: Practice):
    """A booking that has its slot and not yet its event: the table of events is locked."""
    with practice.connect() as other, other.cursor() as cursor, ThreadPoolExecutor(1) as pool:
        other.autocommit = False
        cursor.execute("LOCK TABLE appointments_appointmentevent IN ACCESS EXCLUSIVE MODE")
        answer = pool.submit(client(server, practice).book, practice.open[0])
        wait_until(lambda: practice.rows(WAITING) == [(1,)])
        yield answer


def seen(server: Server, practice: Practice) -> dict[str, Answer]:
    person, monitor = client(server, practice), Visitor(server)
    return {path: (person if path in PAGES else monitor).get(path) for path in ["/healthz", *PAGES]}


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_restart_halfway_through_a_booking(in_postgresql, cluster, serve, how):
    practice = in_postgresql
    server = serve(practice)
    same = workers(server)
    assert client(server, practice).get("/appointments/").status == 200  # a connection is open
    with booking_stopped_halfway(server, practice) as answer:
        cluster.stop(how)
        assert answer.result().seen == OUT_OF_REACH
        away = seen(server, practice)
        assert away.pop("/healthz").seen == (503, "database unavailable")
        assert {one.seen for one in away.values()} == {OUT_OF_REACH}
        assert max(one.seconds for one in away.values()) < 10
        cluster.start()
    assert practice.held() == []
    practice.assert_whole()
    assert {path: one.status for path, one in seen(server, practice).items()} == {
        path: 302 if path == "/accounts/login/" else 200 for path in ["/healthz", *PAGES]
    }
    assert client(server, practice).book(practice.open[0]).status == 302
    assert practice.held() == [practice.open[0]]
    practice.assert_whole()
    assert workers(server) == same  # nothing was restarted but the database


def test_nobody_waits_for_minutes_for_a_server_that_says_nothing(in_postgresql, serve):
    """A network that swallows everything: the connection opens and no word comes."""
    server = serve(in_postgresql)
    with deaf() as nobody:
        away = in_postgresql.url.replace("@/", f"@127.0.0.1:{nobody.getsockname()[1]}/")
        assert away != in_postgresql.url
        with pytest.raises(RuntimeError, match="its database does not answer"):
            serve(Practice(away.partition("?")[0], {**EMPTY}))
    assert Visitor(server).get("/healthz").seen == (200, "ok")


EMPTY = {"ids": {}, "sessions": {}, "open": [], "invitation": "", "recovery": []}
