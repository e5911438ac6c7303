"""What a practice in production stands on: a PostgreSQL database and a Redis of its own."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest

from tests.environment import ENVIRONMENT, start_postgresql
from tests.server import ROOT

BIN = Path(sys.executable).parent
TAKES = 120  # seconds that a command may take on a busy machine
Rows = list[tuple]


@pytest.fixture(scope="session")
def postgresql() -> str:
    """The address of a PostgreSQL server: the one that the tests use, or one of its own."""
    if os.environ.get("TEST_DATABASE") == "postgresql":
        return os.environ["DATABASE_URL"]
    return start_postgresql()


@pytest.fixture
def new_database(postgresql) -> Iterator[str]:
    with database_of(postgresql) as url:
        yield url


@contextmanager
def database_of(server: str) -> Iterator[str]:
    """Yield the address of an empty database, which is dropped at the end, whoever uses it."""
    name = f"production_{secrets.token_hex(4)}"
    ask(server, f"CREATE DATABASE {name}")
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        ask(server, f"DROP DATABASE {name} WITH (FORCE)")


def ask(url: str, sql: str) -> Rows:
    """Run one statement on PostgreSQL, outside of any transaction; return its rows, if any."""
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []


def environment(**given: str) -> dict[str, str]:
    """Return the environment of a process in production, programs of the .venv first."""
    path = os.pathsep.join([str(BIN), os.environ["PATH"]])
    return {**os.environ, **ENVIRONMENT, "PATH": path, "LOG_FORMAT": "json", **given}


def run(
    *command: str, env: Mapping[str, str], check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run a command in the project's folder; unless told otherwise it has to succeed."""
    done = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=TAKES, check=False
    )
    assert not (check and done.returncode), done.stdout + done.stderr
    return done


def prepared(env: Mapping[str, str]) -> dict[str, str]:
    """Fill a migrated database; return the session keys of its clients by name."""
    return json.loads(run("python", "-m", "tests.production.prepare", env=env).stdout)
