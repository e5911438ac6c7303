"""Snapshots of the whole database: PostgreSQL with its own programs, SQLite by its backup."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from django.contrib.auth import get_user_model
from django.db import connection, transaction

Rows = dict[str, int]
Step = TypeVar("Step", bound=Callable[[Path], object])

WAIT = "20s"  # for who uses a table that is to be replaced
# Which parts of a connection the programs are told; by environment, which `ps` does not show.
PARTS = ("host", "hostaddr", "port", "user", "dbname", "sslmode", "sslrootcert")
VARIABLES = {"dbname": "PGDATABASE"}
# In the same transaction as the restore, so that a failure leaves everything as it was.
# What an extension has made is its own.
DROP_EVERYTHING = """
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP
        EXECUTE format('DROP TABLE %I CASCADE', name);
    END LOOP;
    FOR name IN SELECT oid::regprocedure FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
    LOOP
        EXECUTE 'DROP ROUTINE ' || name || ' CASCADE';
    END LOOP;
END $$
"""


class DatabaseRefused(Exception):
    """A program of the database failed, or is missing. Its text is what it said."""


def dump(target: Path) -> Rows:
    """Write the database of this moment to a file; return how many rows each table had then."""
    return _of_vendor(_dump_postgresql, _dump_sqlite)(target)


def load(source: Path) -> None:
    """Replace the database by what `dump` wrote; a failure leaves it as it was."""
    _of_vendor(_load_postgresql, _load_sqlite)(source)
    connection.close()


def rows() -> Rows:
    """Count the rows of every table."""
    with connection.cursor() as cursor:
        counted = {}
        for name in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(name)}")  # noqa: S608 - quoted
            counted[name] = cursor.fetchone()[0]
    return counted


def what_is_there() -> str:
    """Return what a restore would destroy: people, or tables of something else; "" for nothing."""
    person = get_user_model()
    tables = connection.introspection.table_names()
    if not tables:
        return ""
    if person._meta.db_table not in tables:
        return "tables of something else"
    people = person._base_manager.count()
    return f"{people} people" if people else ""


def _of_vendor(postgresql: Step, sqlite: Step) -> Step:
    return postgresql if connection.vendor == "postgresql" else sqlite


def _dump_postgresql(target: Path) -> Rows:
    """pg_dump reads the very snapshot in which the rows are counted."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = f"--snapshot={cursor.fetchone()[0]}"
        form = ("--format=custom", "--no-owner", "--no-privileges")
        _run("pg_dump", *form, snapshot, f"--file={target}")
        return rows()


def _load_postgresql(source: Path) -> None:
    script = source.with_suffix(".sql")
    _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(source))
    at_once = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
    connection.close()
    _run("psql", *at_once, f"--command={DROP_EVERYTHING}", f"--file={script}")


def _run(program: str, *arguments: str) -> None:
    path = shutil.which(program)
    if path is None:
        raise DatabaseRefused(
            f"{program} is not on this machine: Debian's postgresql-client has it"
        )
    done = subprocess.run(  # noqa: S603 - our own words only
        [path, *arguments],
        env={**os.environ, **_place()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        first = done.stderr.strip().splitlines() or [f"ended with {done.returncode}"]
        raise DatabaseRefused(f"{program} failed: {first[0]}")


def _place() -> dict[str, str]:
    """Return the variables that lead PostgreSQL's programs to this site's database."""
    connection.ensure_connection()
    given = connection.connection.info.dsn_parameters
    found = {VARIABLES.get(part, f"PG{part.upper()}"): given.get(part) for part in PARTS}
    password = connection.settings_dict["PASSWORD"]
    options = {
        "PGOPTIONS": f"-c lock_timeout={WAIT} -c client_min_messages=warning",
        "PGPASSWORD": password,
    }
    return {name: value for name, value in (found | options).items() if value}


def _dump_sqlite(target: Path) -> Rows:
    with closing(sqlite3.connect(target)) as copy:
        _copied(connection.settings_dict["NAME"], copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
        names = copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        ours = sorted(name for (name,) in names if not name.startswith("sqlite_"))
        count = "SELECT count(*) FROM"
        return {name: copy.execute(f'{count} "{name}"').fetchone()[0] for name in ours}


def _load_sqlite(source: Path) -> None:
    """Write over the file with SQLite's own locks: who has it open sees the old or the new."""
    connection.close()
    try:
        with closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=20)) as target:
            _copied(source, target)
    except sqlite3.Error as error:
        raise DatabaseRefused(f"SQLite refused: {error}") from None


def _copied(source: str | Path, target: sqlite3.Connection) -> None:
    """Copy a whole SQLite database in one transaction, and look at its pages and references."""
    address = f"file:{quote(str(source))}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=20)) as original:
        original.backup(target)
    (answer,) = target.execute("PRAGMA integrity_check").fetchone()
    if answer != "ok" or target.execute("PRAGMA foreign_key_check").fetchone():
        raise DatabaseRefused(f"SQLite's own check failed: {answer}")
