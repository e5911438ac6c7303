"""The Procfile as it is, run by honcho: two web processes, two workers."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.production.conftest import Rows, ask, environment, prepared, run
from tests.production.visitor import Visitor
from tests.server import ROOT, free_ports
from tests.smtp import Server as Mailbox
from tests.smtp import wait_until

STARTS_WITHIN, ENDS_WITHIN = 60, 30
HONCHO = ["honcho", "-f", "Procfile"]


@dataclass
class Practice:
    """A practice that has its database, its Redis and its mailbox, and runs now and then."""

    database: str
    redis: str
    mailbox: Mailbox
    log: Path
    sessions: dict[str, str]

    def ask(self, sql: str) -> Rows:
        return ask(self.database, sql)

    def clients(self) -> list[Visitor]:
        return [Visitor.with_session(key) for key in self.sessions.values()]

    def grace_is_over(self) -> None:
        """Let the three minutes pass in which a booking's mail waits for a quick change.

        The workers have written it down by then.
        """
        to_tell = "SELECT count(*) FROM appointments_appointmentevent WHERE to_tell"
        wait_until(lambda: self.ask(to_tell) == [(0,)])
        self.ask(
            "UPDATE post_office_email SET scheduled_time = NULL WHERE status IS DISTINCT FROM 0"
        )

    def mails(self) -> list[str]:
        return [row[0] for row in self.ask("SELECT message_id FROM post_office_email")]

    def unsent(self) -> int:
        return self.ask("SELECT count(*) FROM post_office_email WHERE status <> 0")[0][0]

    def told(self) -> None:
        """Wait until everything that was queued has been delivered."""
        self.grace_is_over()
        wait_until(lambda: self.unsent() == 0)


@dataclass
class Running:
    """Two web processes and two workers, and the honcho that started them."""

    honcho: psutil.Popen
    ports: tuple[int, int]

    def processes(self) -> list[psutil.Process]:
        return self.honcho.children(recursive=True)

    def worker_with_line_to(self, port: int) -> psutil.Process:
        """Return the worker that is connected to the mail server at the moment."""
        for process in self.processes():
            with suppress(psutil.Error):
                lines = process.net_connections("tcp")
                if any(line.raddr and line.raddr.port == port for line in lines):
                    return process
        raise AssertionError("no worker has a line to the mail server")

    def end(self) -> int:
        """Ask honcho to end, as a platform does; return how it ended."""
        if self.honcho.poll() is None:
            self.honcho.send_signal(signal.SIGTERM)
        return self.honcho.wait(ENDS_WITHIN)


def new_practice(database: str, redis: str, mailbox: Mailbox, folder: Path) -> Practice:
    """Run the release phase on an empty database, as the Procfile says, and let people in."""
    env = environment(DATABASE_URL=database, REDIS_URL=redis, EMAIL_URL=mailbox.url)
    run(*HONCHO, "start", "release", env=env)
    return Practice(database, redis, mailbox, folder / "log.txt", prepared(env))


@contextmanager
def running(practice: Practice) -> Iterator[Running]:
    """Start two web processes and two workers; whatever happens, none of them is left."""
    first = free_ports(2)
    ports = first, first + 1
    with practice.log.open("a") as log:
        honcho = psutil.Popen(
            [*HONCHO, "start", "-p", str(ports[0]), "-c", "web=2,worker=2", "web", "worker"],
            cwd=ROOT,
            env=_environment(practice, ports),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    started: list[psutil.Process] = []
    try:
        for port in ports:
            wait_until(lambda port=port: _answers(honcho, port), within=STARTS_WITHIN)
        started = honcho.children(recursive=True)
        yield Running(honcho, ports)
    finally:
        started += honcho.children(recursive=True) if honcho.poll() is None else []
        Running(honcho, ports).end()
        for process in started:
            with suppress(psutil.NoSuchProcess):  # psutil knows a process by its start as well
                process.kill()


def _environment(practice: Practice, ports: tuple[int, int]) -> dict[str, str]:
    origins = [f"http://127.0.0.1:{port}" for port in ports]
    return environment(
        DATABASE_URL=practice.database,
        REDIS_URL=practice.redis,
        EMAIL_URL=practice.mailbox.url,
        SITE_URL=origins[0],
        CSRF_TRUSTED_ORIGINS=",".join(origins),
        WEB_HOST="127.0.0.1",
        PYTHONUNBUFFERED="1",
    )


def _answers(honcho: psutil.Popen, port: int) -> bool:
    assert honcho.poll() is None, f"honcho ended: {honcho.returncode}"
    with suppress(OSError):
        return Visitor().get(port, "/healthz").text == "ok"
    return False
