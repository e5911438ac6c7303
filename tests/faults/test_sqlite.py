"""SQLite's disk is full, or may not be written to."""

import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import databases
from tests.faults.conftest import client
from tests.faults.databases import Practice
from tests.faults.visitor import OUT_OF_REACH, Visitor, workers
from tests.server import Server

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("faults-sqlite")]

MEGABYTES = 4
NOBODY = 65534
READ = ["/", "/healthz", "/appointments/", "/appointments/book/", "/appointments/availability.json"]


def assert_nothing_is_written_and_all_is_read(server: Server, practice: Practice) -> None:
    person = client(server, practice)
    before = practice.held()
    assert person.book(practice.open[5]).seen == OUT_OF_REACH
    assert Visitor(server).sign_in("client1", "correct horse battery").seen == OUT_OF_REACH
    assert {path: person.get(path).status for path in READ} == dict.fromkeys(READ, 200)
    assert practice.held() == before


def assert_goes_on(server: Server, practice: Practice, before: list[int]) -> None:
    assert client(server, practice).book(practice.open[5]).status == 302
    assert Visitor(server).sign_in("client1", "correct horse battery").status == 302
    assert practice.open[5] in practice.held()
    assert practice.rows("PRAGMA integrity_check") == [("ok",)]
    practice.assert_whole()
    assert workers(server) == before


def long_ago(practice: Practice) -> None:
    """Let the note of where everybody was last seen be old, so that it is due."""
    practice.run("UPDATE accounts_session SET session_data = session_data")


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    size = ["-o", f"size={MEGABYTES}m"]
    mounted = subprocess.run(["mount", "-t", "tmpfs", *size, "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("only root may mount a small disk; the other test takes a limit instead")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_full_disk(small_disk, serve):
    practice = databases.sqlite(small_disk)
    server = serve(practice)
    before = workers(server)
    assert client(server, practice).book(practice.open[0]).status == 302
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space left"), filler.open("wb", buffering=0) as file:
        while file.write(b"x" * 512):
            pass
    fill_the_log(server, practice)
    assert_nothing_is_written_and_all_is_read(server, practice)
    filler.unlink()
    assert_goes_on(server, practice, before)


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
    """For root every file can be written to: the workers become somebody else then."""
    file = Path(in_sqlite.url.removeprefix("sqlite:///"))
    as_nobody = {"GUNICORN_CMD_ARGS": f"--user {NOBODY} --group {NOBODY}"}
    for folder in [file.parent, *file.parent.parents][:3]:
        folder.chmod(0o777 if folder == file.parent else 0o755)
    allow(file, writing=False)
    server = serve(in_sqlite, **(as_nobody if os.geteuid() == 0 else {}))
    before = workers(server)
    assert_nothing_is_written_and_all_is_read(server, in_sqlite)
    allow(file, writing=True)
    assert_goes_on(server, in_sqlite, before)


def allow(file: Path, *, writing: bool) -> None:
    for each in file.parent.glob(f"{file.name}*"):
        each.chmod(0o666 if writing else 0o444)
