"""The real site under gunicorn, two workers, on the database of the tests that run."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.db import connection

from tests.environment import ENVIRONMENT

ROOT = Path(__file__).resolve().parent.parent
OK = 200
WORKERS = 2
STARTS_WITHIN = 30
ENDS_WITHIN = 15


@dataclass(frozen=True)
class Server:
    host: str
    port: int
    pid: int = 0  # gunicorn's own; its workers are its children

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


@pytest.fixture(scope="session")
def server(django_db_setup, django_db_blocker) -> Iterator[Server]:
    """The site on a free port. Who asks it for rows needs `django_db(transaction=True)`.

    It ends before the test database is dropped, which PostgreSQL refuses while it is in use.
    """
    with django_db_blocker.unblock():
        url = database_url(connection.settings_dict)
    with serving({"DATABASE_URL": url}) as started:
        yield started


def database_url(database: Mapping) -> str:
    """Return the DATABASE_URL that leads another process to a configured database."""
    if database["ENGINE"] == "django.db.backends.sqlite3":
        return f"sqlite:///{database['NAME']}"
    given = {name: database[name.upper()] for name in ("host", "port", "user", "password")}
    options = {name: value for name, value in given.items() if value} | database["OPTIONS"]
    return f"postgresql:///{database['NAME']}?{urlencode(options)}"


@contextmanager
def serving(environment: Mapping[str, str]) -> Iterator[Server]:
    """Run gunicorn on a free port of this machine until the block ends, however it ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        started = Server(*listener.getsockname())
        process = _start(listener, started.url, environment)
        started = replace(started, pid=process.pid)
    # From here gunicorn alone holds the socket: when it dies, connecting is refused at once.
    try:
        _wait_until_healthy(started, process)
        yield started
    finally:
        _end(process)


def _start(
    listener: socket.socket, url: str, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    ours = {"DJANGO_SETTINGS_MODULE": "tests.served"} | {
        "SITE_URL": url,
        "CSRF_TRUSTED_ORIGINS": url,
        "WEB_CONCURRENCY": str(WORKERS),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--bind", f"fd://{listener.fileno()}"],
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENT, **ours, **environment},
        pass_fds=[listener.fileno()],
        start_new_session=True,
    )


def _wait_until_healthy(started: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError):
            if _health(started) != OK:
                raise RuntimeError("the site started, but its database does not answer")
            return
        time.sleep(0.05)
    raise RuntimeError(f"gunicorn did not start: exit code {process.poll()}")


def _health(started: Server) -> int:
    target = (started.host, started.port)
    with closing(http.client.HTTPConnection(*target, timeout=STARTS_WITHIN)) as connection:
        connection.request("GET", "/healthz")
        return connection.getresponse().status


def _end(process: subprocess.Popen[bytes]) -> None:
    """End gunicorn and its workers: politely, then surely."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(ENDS_WITHIN)
    with suppress(ProcessLookupError):  # all of its group have ended
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def free_ports(count: int) -> int:
    """Return the first of so many free ports in a row."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first:
            port = first.getsockname()[1]
            try:
                for each in range(port + 1, port + count):
                    socket.create_server(("127.0.0.1", each)).close()
            except OSError:
                continue
        return port
