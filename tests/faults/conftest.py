"""Practices to break, and who visits them meanwhile."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.faults import databases
from tests.faults.databases import SETTINGS, Cluster, Practice
from tests.faults.visitor import Visitor
from tests.server import Server, serving

Open = Callable[..., Server]


@contextmanager
def opened(practice: Practice, **environment: str) -> Iterator[Server]:
    """Serve a practice with gunicorn, as production does."""
    with serving({**SETTINGS, "DATABASE_URL": practice.url, **environment}) as server:
        yield server


@pytest.fixture
def serve() -> Iterator[Open]:
    """Serves a practice until the test ends: `serve(practice, REDIS_URL=…)`."""
    with ExitStack() as all_of_them:
        yield lambda practice, **environment: all_of_them.enter_context(
            opened(practice, **environment)
        )


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """PostgreSQL that is started again when a test has left it stopped."""
    yield databases.cluster()
    databases.cluster().start()


@pytest.fixture
def in_postgresql(cluster) -> Practice:
    return cluster.practice()


@pytest.fixture
def in_sqlite(tmp_path) -> Practice:
    return databases.sqlite(tmp_path)


@pytest.fixture(params=["in_sqlite", "in_postgresql"])
def practice(request) -> Practice:
    """One practice of each kind."""
    return request.getfixturevalue(request.param)


def client(server: Server, practice: Practice, number: int = 0) -> Visitor:
    return Visitor(server, practice.sessions[f"client{number}"])


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[tuple[Server, Practice]]:
    """One site, and its practice, for all tests of a module that leave it as it is."""
    practice = databases.sqlite(tmp_path_factory.mktemp("practice"))
    with opened(practice) as server:
        yield server, practice
