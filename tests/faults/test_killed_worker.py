"""gunicorn's workers are killed while they book."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from tests.faults.conftest import client
from tests.faults.test_postgresql import booking_stopped_halfway
from tests.faults.visitor import NOTHING, Visitor, workers
from tests.server import Server
from tests.smtp import wait_until

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("faults-postgresql")]

MOMENTS = [0.002, 0.01, 0.02, 0.03, 0.05]  # seconds after four bookings have set out


def kill_all(server: Server) -> list[int]:
    killed = workers(server)
    for pid in killed:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return killed


def is_back(server: Server, killed: list[int]) -> bool:
    return not {*workers(server)} & {*killed} and Visitor(server).get("/healthz").status == 200


def test_halfway_through_a_booking(in_postgresql, serve):
    """The visitor's connection ends: a router says so with a page of its own."""
    practice = in_postgresql
    server = serve(practice)
    with booking_stopped_halfway(server, practice) as answer:
        killed = kill_all(server)
        assert answer.result().status == NOTHING
    wait_until(lambda: is_back(server, killed))
    assert practice.held() == []
    practice.assert_whole()
    assert client(server, practice).book(practice.open[0]).status == 302
    assert practice.held() == [practice.open[0]]


def test_at_any_moment(practice, serve):
    """What was answered is so; what was not is whole or not at all, and can be asked again."""
    server = serve(practice)
    free = iter(practice.open)
    for moment in MOMENTS:
        wanted = [next(free) for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            people = [client(server, practice, number) for number in range(4)]
            pairs = zip(people, wanted, strict=True)
            asked = [pool.submit(person.book, slot) for person, slot in pairs]
            time.sleep(moment)
            killed = kill_all(server)
            answers = [one.result().status for one in asked]
        wait_until(lambda killed=killed: is_back(server, killed))
        assert set(answers) <= {302, NOTHING}
        told = [slot for slot, status in zip(wanted, answers, strict=True) if status == 302]
        assert {*told} <= {*practice.held()}
        practice.assert_whole()
        for person, slot in zip(people, wanted, strict=True):
            assert person.book(slot).status == 302  # once more, to be sure: it is theirs
        assert {*wanted} <= {*practice.held()}
        practice.assert_whole()
