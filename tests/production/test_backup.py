"""Backups of a site that is at work, and what becomes of them: on SQLite and on PostgreSQL."""

import os
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.production.conftest import ask, database_of, environment, prepared, run
from tests.production.prepare import PASSWORD
from tests.production.visitor import Visitor, book
from tests.server import ROOT, serving

pytestmark = [pytest.mark.once, pytest.mark.slow, pytest.mark.xdist_group("production")]

DONE = 302
APPOINTMENTS = "SELECT * FROM appointments_appointment ORDER BY id"
TORN = """
SELECT a.id FROM appointments_appointment a
LEFT JOIN appointments_appointmentevent e ON e.appointment_id = a.id WHERE e.id IS NULL
"""


@dataclass
class Database:
    """A database of one kind, as a practice has it."""

    url: str
    path: str  # where PostgreSQL's own programs are

    @property
    def env(self) -> dict[str, str]:
        env = environment(DATABASE_URL=self.url, EMAIL_URL="smtp://127.0.0.1:1")
        return env | {"PATH": os.pathsep.join([self.path, env["PATH"]])}

    def ask(self, sql: str) -> list[tuple]:
        if self.url.startswith("postgres"):
            return ask(self.url, sql)
        path = self.url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            return connection.execute(sql).fetchall()

    def tables(self) -> list[tuple]:
        if self.url.startswith("postgres"):
            return self.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return self.ask("SELECT name FROM sqlite_master")

    def backup(self, folder: Path, *more: str) -> Path:
        done = run(str(ROOT / "deploy" / "backup"), str(folder), *more, env=self.env)
        return Path(done.stdout.strip())

    def restore(self, path: Path, *more: str, check: bool = True) -> Any:
        command = str(ROOT / "deploy" / "restore")
        return run(command, str(path), *more, env=self.env, check=check)

    def refuses(self, path: Path, why: str) -> None:
        """Fail unless the backup is refused with one line, and nothing is changed."""
        before = self.tables()
        done = self.restore(path, check=False)
        assert done.returncode != 0
        (line,) = done.stderr.splitlines()
        assert line.startswith("CommandError: ")
        assert why in line
        assert self.tables() == before


New = Callable[[], Database]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def new(request, tmp_path_factory) -> Iterator[New]:
    """Returns empty databases of one kind."""
    if request.param == "sqlite":
        folder = tmp_path_factory.mktemp("sqlite")
        count = iter(range(100))
        yield lambda: Database(f"sqlite:///{folder}/{next(count)}.sqlite3", "")
        return
    server = request.getfixturevalue("postgresql")
    ((programs,),) = ask(server, "SELECT setting FROM pg_config WHERE name = 'BINDIR'")
    with ExitStack() as stack:
        yield lambda: Database(stack.enter_context(database_of(server)), programs)


@pytest.fixture(scope="module")
def at_work(new, tmp_path_factory) -> tuple[Database, Path]:
    """A practice whose clients book all the time, and a backup that was made meanwhile."""
    database = new()
    run("python", "manage.py", "migrate", "--verbosity", "0", env=database.env)
    sessions = prepared(database.env)
    with serving(serving_env(database)) as site, booking(site.port, sessions):
        path = database.backup(tmp_path_factory.mktemp("backups"))
    return database, path


def serving_env(database: Database) -> dict[str, str]:
    return {"DATABASE_URL": database.url, "DJANGO_SETTINGS_MODULE": "therapeutics.settings"}


@contextmanager
def booking(port: int, sessions: dict[str, str]) -> Iterator[None]:
    """Book one slot after the other, by two clients at once, for as long as the block runs."""
    over, begun = threading.Event(), threading.Barrier(3)
    answers: list[int] = []

    def go_on(keys: list[str], part: int) -> None:
        clients = [Visitor.with_session(key) for key in keys]
        free = clients[0].open_slots(port)[part::2]
        for turn, slot in enumerate(free):
            answers.append(book(clients[turn % len(clients)], port, slot))
            if turn == 0:
                begun.wait(30)
            if over.is_set():
                return

    keys = list(sessions.values())
    threads = [threading.Thread(target=go_on, args=(keys[n::2], n)) for n in range(2)]
    for thread in threads:
        thread.start()
    begun.wait(30)
    yield
    over.set()
    for thread in threads:
        thread.join(30)
    assert answers.count(DONE) > len(threads)


def test_backup_under_load_is_of_one_moment_and_restores_whole(at_work, new):
    source, path = at_work
    target = new()
    assert "now run migrate" in target.restore(path).stdout
    restored, there = target.ask(APPOINTMENTS), set(source.ask(APPOINTMENTS))
    assert len(restored) >= 2
    assert set(restored) <= there  # what was booked later is not in it, all else is the same
    assert target.ask(TORN) == []  # each has its event: no booking is there by halves
    to_tell = "SELECT count(*) FROM appointments_appointmentevent WHERE to_tell"
    assert target.ask(to_tell) == [(len(restored),)]


def test_backup_of_a_quiet_site_has_every_row_as_it_was(at_work, new, tmp_path):
    source, _path = at_work
    target = new()
    target.restore(source.backup(tmp_path))
    for table in ("appointments_appointment", "accounts_user", "appointments_appointmentevent"):
        every_row = f"SELECT * FROM {table} ORDER BY id"
        assert target.ask(every_row) == source.ask(every_row) != []


def test_site_runs_on_what_was_restored(at_work, new):
    _source, path = at_work
    target = new()
    target.restore(path)
    run("python", "manage.py", "migrate", "--verbosity", "0", env=target.env)
    with serving(serving_env(target)) as site:
        counsellor = Visitor()
        assert counsellor.sign_in(site.port, "counsellor", PASSWORD) == DONE
        shown = counsellor.get(site.port, "/client-admin/appointments/")
        assert shown.status == 200
        assert "client0" in shown.text
        count = len(target.ask(APPOINTMENTS))
        ada = Visitor()
        assert ada.sign_in(site.port, "ada", PASSWORD) == DONE
        assert book(ada, site.port, ada.open_slots(site.port)[-1]) == DONE
        assert len(target.ask(APPOINTMENTS)) == count + 1


class TestDamagedBackup:
    @pytest.mark.parametrize("share", [0, 0.5, 0.99])
    def test_that_was_cut_off_is_refused(self, at_work, new, tmp_path, share):
        whole = at_work[1].read_bytes()
        cut = tmp_path / "cut.tar.gz"
        cut.write_bytes(whole[: int(len(whole) * share)])
        new().refuses(cut, "is no whole backup")

    def test_in_which_a_byte_has_turned_is_refused(self, at_work, new, tmp_path):
        whole = bytearray(at_work[1].read_bytes())
        whole[len(whole) // 2] ^= 0xFF
        turned = tmp_path / "turned.tar.gz"
        turned.write_bytes(whole)
        new().refuses(turned, "turned.tar.gz is ")

    def test_whose_file_was_exchanged_is_refused(self, at_work, new, tmp_path):
        run("tar", "-xzf", str(at_work[1]), "-C", str(tmp_path), env=dict(os.environ))
        (tmp_path / "database").write_bytes(b"something else")
        changed = tmp_path / "changed.tar.gz"
        names = ["database", "manifest.json"]
        run("tar", "-czf", str(changed), "-C", str(tmp_path), *names, env=dict(os.environ))
        new().refuses(changed, "its checksums do not agree")

    def test_that_is_not_there_is_refused(self, new, tmp_path):
        new().refuses(tmp_path / "none.tar.gz", "cannot be read (FileNotFoundError)")


def test_database_with_people_is_kept_unless_told(at_work, new, tmp_path):
    source, path = at_work
    other = new()
    other.restore(path)
    other.ask("UPDATE accounts_user SET name = 'since then'")
    people = "SELECT username, name FROM accounts_user ORDER BY id"
    before = other.ask(people)
    other.refuses(path, "22 people in it: --overwrite replaces all of it")
    assert other.ask(people) == before
    other.restore(path, "--overwrite")
    assert other.ask(people) == source.ask(people) != before


def test_database_of_something_else_is_kept(at_work, new):
    other = new()
    other.ask("CREATE TABLE orders (id integer)")
    other.refuses(at_work[1], "tables of something else")


def test_backup_is_private_and_the_oldest_make_room(at_work, tmp_path):
    source, _path = at_work
    folder = tmp_path / "new" / "folder"
    made = [source.backup(folder, "--keep", "2") for _turn in range(3)]
    (folder / "notes.txt").write_text("not ours")
    assert sorted(folder.glob("therapeutics-*")) == made[1:]
    assert {stat.S_IMODE(path.stat().st_mode) for path in made[1:]} == {0o600}
    assert "is whole" in source.restore(made[2], "--check").stdout
    assert [path.name for path in folder.iterdir() if path not in made] == ["notes.txt"]
