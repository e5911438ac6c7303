"""The Procfile itself, as a platform runs it: what two web processes and two workers share."""

import json
import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import psutil
import psycopg2
import pytest
import redis

from tests import redis_server
from tests.production.conftest import database_of
from tests.production.prepare import PASSWORD
from tests.production.procfile import Practice, Running, new_practice, running
from tests.production.visitor import Visitor, book, book_at_once
from tests.smtp import Moment, wait_until
from tests.smtp import running as running_mailbox

# It has its own PostgreSQL whichever database the other tests use, so one run shows it.
pytestmark = [pytest.mark.once, pytest.mark.slow, pytest.mark.xdist_group("production")]

DONE, CONFLICT, UNPROCESSABLE, TOO_OFTEN, UNAVAILABLE = 302, 409, 422, 429, 503
WRONG_PASSWORDS = 5  # as many as one address may try for one person
SIGTERM_ENDED = 143
WAITS = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = %s"


@pytest.fixture(scope="module")
def practice(postgresql, tmp_path_factory) -> Iterator[Practice]:
    folder = tmp_path_factory.mktemp("practice")
    with (
        database_of(postgresql) as database,
        redis_server.running(folder) as redis_url,
        running_mailbox() as mailbox,
    ):
        yield new_practice(database, redis_url, mailbox, folder)


@pytest.fixture(scope="class")
def site(practice) -> Iterator[Running]:
    with running(practice) as started:
        yield started


class TestShared:
    """What it does not matter which process is asked for."""

    def test_slot_is_given_once_to_twenty_who_ask_both_processes(self, practice, site):
        clients = practice.clients()
        slot = clients[0].open_slots(site.ports[0])[0]
        wishes = [(client, site.ports[n % 2], slot) for n, client in enumerate(clients)]
        assert Counter(book_at_once(wishes)) == {DONE: 1, CONFLICT: 19}
        assert held(practice) == Counter([slot])

    def test_each_mail_is_delivered_once_by_two_workers(self, practice, site):
        clients = practice.clients()
        free = clients[0].open_slots(site.ports[0])
        wishes = [
            (client, site.ports[n % 2], slot)
            for n, (client, slot) in enumerate(zip(clients, free, strict=False))
        ]
        practice.grace_is_over()
        before = len(practice.mails())
        assert Counter(book_at_once(wishes)) == {DONE: 20}
        practice.grace_is_over()
        assert len(practice.mails()) == before + 2 * 20  # the client and the counsellor
        practice.told()
        assert_each_came_once(practice)

    def test_session_is_valid_on_both_and_ends_on_both(self, site):
        one, other = site.ports
        ada = Visitor()
        assert ada.sign_in(one, "ada", PASSWORD) == DONE
        assert ada.is_signed_in(one)
        assert ada.is_signed_in(other)
        elsewhere = Visitor(dict(ada.cookies))  # the same session in another process's hands
        assert ada.post(other, "/accounts/logout/").status == DONE
        assert not elsewhere.is_signed_in(one)
        assert not elsewhere.is_signed_in(other)

    def test_wrong_passwords_are_counted_together_in_redis(self, practice, site):
        tries = [
            Visitor().sign_in(site.ports[n % 2], "client0", "wrong")
            for n in range(WRONG_PASSWORDS + 2)
        ]
        assert tries == [UNPROCESSABLE] * WRONG_PASSWORDS + [TOO_OFTEN] * 2
        with redis.Redis.from_url(practice.redis) as server:
            counts = [int(server.get(key)) for key in server.scan_iter() if server.ttl(key) > 0]
        assert max(counts) == WRONG_PASSWORDS + 2
        assert practice.ask("SELECT count(*) FROM accounts_tries") == [(0,)]


def test_worker_that_is_killed_loses_and_repeats_nothing(practice):
    """honcho ends everything when one process dies; what starts then goes on."""
    mailbox = practice.mailbox
    with running(practice) as first:
        book_some(practice, first, 5)
        mailbox.hold(Moment.BEFORE_TAKING)
        practice.grace_is_over()
        wait_until(mailbox.held.is_set)
        first.worker_with_line_to(mailbox.port).send_signal(signal.SIGKILL)
        wait_until(lambda: first.honcho.poll() is not None)
    mailbox.go_on()
    assert practice.unsent() == 10
    with running(practice):
        practice.told()
    assert_each_came_once(practice)


def test_sigterm_ends_everything_after_the_answer_to_who_was_waiting(practice):
    with running(practice) as site, ThreadPoolExecutor(1) as pool:
        everybody = [site.honcho, *site.processes()]
        client, slot = free_client(practice, site)
        with held_up(practice):
            answer = pool.submit(book, client, site.ports[0], slot)
            wait_until(lambda: waiting(practice))
            site.honcho.send_signal(signal.SIGTERM)
            time.sleep(1)
            assert not answer.done()
        assert answer.result(timeout=10) == DONE
        assert site.honcho.wait(10) == SIGTERM_ENDED
    assert slot in held(practice)
    wait_until(lambda: not any(alive(process) for process in everybody))


def test_redis_that_is_away_is_told_and_keeps_out_who_signs_in_only(practice):
    away = Practice(**vars(practice) | {"redis": "redis://127.0.0.1:1"})
    with running(away) as site:
        assert practice.clients()[0].is_signed_in(site.ports[0])
        assert Visitor().sign_in(site.ports[0], "ada", PASSWORD) == UNAVAILABLE
    assert "Redis does not answer" in practice.log.read_text()


def test_log_is_made_of_json_lines_and_names_nobody(practice):
    """Of all that the others did."""
    lines = practice.log.read_text().splitlines()
    of_gunicorn = [line[line.index("{") :] for line in lines if '"gunicorn.error"' in line]
    assert {json.loads(line)["name"] for line in of_gunicorn} == {"gunicorn.error"}
    assert "@example.com" not in practice.log.read_text()


def held(practice: Practice) -> Counter:
    rows = practice.ask(
        "SELECT date::text, hour FROM appointments_appointment WHERE status <> 'cancelled'"
    )
    return Counter(rows)


def book_some(practice: Practice, site: Running, count: int) -> None:
    clients = practice.clients()[:count]
    free = clients[0].open_slots(site.ports[0])
    booked = [book(client, site.ports[0], free[n]) for n, client in enumerate(clients)]
    assert booked == [DONE] * count


def free_client(practice: Practice, site: Running) -> tuple[Visitor, tuple[str, int]]:
    client = practice.clients()[-1]
    return client, client.open_slots(site.ports[0])[0]


def assert_each_came_once(practice: Practice) -> None:
    came = Counter(one.id for one in practice.mailbox.received)
    assert came == Counter(practice.mails())
    assert set(came.values()) == {1}


@contextmanager
def held_up(practice: Practice) -> Iterator[None]:
    """Nobody can write appointments meanwhile: a booking waits within its request."""
    with closing(psycopg2.connect(practice.database)) as connection:
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE appointments_appointment IN SHARE MODE")
        yield
        connection.rollback()


def waiting(practice: Practice) -> bool:
    with closing(psycopg2.connect(practice.database)) as connection, connection.cursor() as cursor:
        cursor.execute(WAITS, [connection.info.dbname])
        return cursor.fetchone() is not None


def alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
