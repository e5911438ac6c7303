"""SQLite's disk is full, or may not be written to."""

import os
import resource
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults import databases
from tests.faults.conftest import client
from tests.faults.databases import Practice
from tests.faults.visitor import OUT_OF_REACH, Visitor, workers
from tests.server import Server

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("faults-sqlite")]

MEGABYTES = 4
MOUNT, UMOUNT = "/bin/mount", "/bin/umount"
THREADS = 8  # of both workers
READ = ["/", "/healthz", "/appointments/", "/appointments/book/", "/appointments/availability.json"]


def assert_nothing_is_written_and_all_is_read(server: Server, practice: Practice) -> None:
    person = client(server, practice)
    before = practice.held()
    assert person.book(practice.open[5]).seen == OUT_OF_REACH
    assert Visitor(server).sign_in("client1", "correct horse battery").seen == OUT_OF_REACH
    assert {path: person.get(path).status for path in READ} == dict.fromkeys(READ, 200)
    assert practice.held() == before


def assert_goes_on(
    server: Server, practice: Practice, before: list[int], finding_out: int = 0
) -> None:
    """All is well again: at once, or when each thread has found out for itself."""
    person = client(server, practice)
    statuses = [person.book(practice.open[5]).status]
    while statuses[-1] != 302:
        assert len(statuses) <= finding_out
        statuses.append(person.book(practice.open[5]).status)
    assert practice.open[5] in practice.held()
    assert practice.rows("PRAGMA integrity_check") == [("ok",)]
    practice.assert_whole()
    assert workers(server) == before


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    size = ["-o", f"size={MEGABYTES}m"]
    if not Path(MOUNT).exists():
        pytest.skip("no mount on this machine")
    mounted = subprocess.run([MOUNT, "-t", "tmpfs", *size, "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("only root may mount a small disk; the other test takes a limit instead")
    yield folder
    subprocess.run([UMOUNT, "--lazy", folder], check=True)


def test_full_disk(small_disk, serve):
    practice = databases.sqlite(small_disk)
    server = serve(practice)
    before = workers(server)
    assert client(server, practice).book(practice.open[0]).status == 302
    filler = small_disk / "filler"
    with practice.connect() as reader:
        # While somebody reads, SQLite does not write its log from the beginning again.
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM accounts_user").fetchall()
        with pytest.raises(OSError, match="No space left"):
            fill_up(filler)
        fill_the_log(server, practice)
        assert_nothing_is_written_and_all_is_read(server, practice)
    filler.unlink()
    assert_goes_on(server, practice, before)


def fill_up(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file:
        while file.write(b"x" * 512):
            pass


def fill_the_log(server: Server, practice: Practice) -> None:
    """Book until nothing goes any more: what is left of the last blocks is used up."""
    people = [client(server, practice, number) for number in range(2, 8)]
    answers = [one.book(slot).status for one, slot in zip(people, practice.open[10:], strict=False)]
    assert set(answers) <= {302, 503}


def test_file_that_may_grow_no_further(in_sqlite, serve):
    """A quota, as the system tells of it; needs no root."""
    server = serve(in_sqlite)
    before = workers(server)
    assert client(server, in_sqlite).book(in_sqlite.open[0]).status == 302
    most = Path(in_sqlite.url.removeprefix("sqlite:///") + "-wal").stat().st_size + 100
    unlimited = resource.RLIM_INFINITY
    for pid in before:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, unlimited))
    assert_nothing_is_written_and_all_is_read(server, in_sqlite)
    for pid in before:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))
    assert_goes_on(server, in_sqlite, before)


def test_read_only_file(in_sqlite, serve):
    """An open connection keeps the log beside the file, which those who only read cannot make.

    Afterwards each thread's connection has to find out for itself that it may write again.
    """
    file = Path(in_sqlite.url.removeprefix("sqlite:///"))
    with in_sqlite.connect() as reader, allowed_to_read_only(file, Path(f"{file}-wal"), reader):
        server = serve(in_sqlite)
        before = workers(server)
        assert_nothing_is_written_and_all_is_read(server, in_sqlite)
    assert_goes_on(server, in_sqlite, before, finding_out=THREADS)


@contextmanager
def allowed_to_read_only(file: Path, log: Path, reader: sqlite3.Connection) -> Iterator[None]:
    """Let nobody write; what root may not do, the file system has to be told otherwise."""
    reader.execute("SELECT count(*) FROM accounts_user").fetchall()
    if os.geteuid():
        no, yes = ["chmod", "a-w"], ["chmod", "u+w"]
    else:
        no, yes = ["chattr", "+i"], ["chattr", "-i"]
    if subprocess.run([*no, file, log], capture_output=True).returncode:
        pytest.skip("this file system keeps root from nothing")
    try:
        yield
    finally:
        subprocess.run([*yes, file, log], check=True)


def test_who_waits_for_the_writer_keeps_nobody_else_waiting(in_sqlite, serve):
    """Six of eight threads wait; a process without a free one leaves the door to the other."""
    server = serve(in_sqlite)
    people = [client(server, in_sqlite, number) for number in range(6)]
    with in_sqlite.connect() as writer, ThreadPoolExecutor(len(people)) as pool:
        writer.execute("BEGIN IMMEDIATE")
        waiting = [
            pool.submit(person.book, slot)
            for person, slot in zip(people, in_sqlite.open, strict=False)
        ]
        time.sleep(1)  # until each has arrived
        others = [Visitor(server).get("/") for _ in range(20)]
        assert not any(one.done() for one in waiting)
        writer.execute("ROLLBACK")
        assert [one.result().status for one in waiting] == [302] * len(people)
    assert {other.status for other in others} == {200}
    assert max(other.seconds for other in others) < 2
