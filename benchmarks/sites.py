"""Sites to put load on: a database of our own with so many appointments, and gunicorn."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2

from tests.environment import ENVIRONMENT, start_postgresql
from tests.server import serving

from .load import Site

MAKE_READY_WITHIN = 180

Databases = Callable[[int], str]


def sqlite(folder: Path) -> Databases:
    """Return what gives the address of a new database for so many appointments."""
    return lambda total: f"sqlite:///{folder}/{total}.sqlite3"


def postgresql(_folder: Path) -> Databases:
    server = start_postgresql()

    def created(total: int) -> str:
        connection = psycopg2.connect(server)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE appointments_{total}")
        connection.close()
        return server.replace("/postgres?", f"/appointments_{total}?")

    return created


DATABASES = {"postgresql": postgresql, "sqlite": sqlite}


@contextmanager
def running(databases: Databases, total: int, who: str = "client") -> Iterator[Site]:
    """Run the site with `total` appointments; `who` is signed in, a client or the staff."""
    environment, ready = made_ready(databases, total)
    with serving(environment) as server:
        yield Site(server, ready[who], ready["calendar"], tuple(ready["sessions"]))


def made_ready(databases: Databases, total: int) -> tuple[dict[str, str], dict[str, Any]]:
    """Fill a database; return the environment of a site on it, and what `prepared` says."""
    environment = {
        "DATABASE_URL": databases(total),
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
    }
    return environment, prepared(str(total), environment)


def prepared(what: str, environment: dict[str, str]) -> dict[str, Any]:
    """Make a database ready in a process of its own; return what that has to say."""
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.prepare", what],
        env={**os.environ, **ENVIRONMENT, **environment},
        check=True,
        stdout=subprocess.PIPE,
        timeout=MAKE_READY_WITHIN,
    )
    return json.loads(ran.stdout)
