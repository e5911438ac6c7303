"""Clients who are signed in on the running site, and requests that meet there at one moment."""

import http.client
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import User
from appointments import slots
from appointments.models import Slot
from tests.server import Server, server

__all__ = ["server"]

CLIENTS = 30
WEEK_AHEAD = 7 * slots.DAY
TOKEN = "t" * 32  # a form token is valid when it equals its cookie


@dataclass(frozen=True)
class Post:
    """A form that is ready to be sent."""

    server: Server
    path: str
    session: str
    fields: dict[str, object]

    def send(self, ready: threading.Barrier) -> int:
        """Connect, wait for the others, send; return the answer's status."""
        target = (self.server.host, self.server.port)
        with closing(http.client.HTTPConnection(*target, timeout=60)) as connection:
            connection.connect()
            ready.wait(timeout=30)
            connection.request("POST", self.path, self._body(), self._headers())
            return connection.getresponse().status

    def _body(self) -> str:
        return urlencode({**self.fields, "csrfmiddlewaretoken": TOKEN})

    def _headers(self) -> dict[str, str]:
        session, token = settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME
        return {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": f"{session}={self.session}; {token}={TOKEN}",
            "Origin": self.server.url,
        }


Poster = Callable[..., Post]


def at_once(posts: list[Post]) -> list[int]:
    """Send all of them at the same moment and return their statuses, in order."""
    ready = threading.Barrier(len(posts))
    with ThreadPoolExecutor(len(posts)) as pool:
        return list(pool.map(lambda post: post.send(ready), posts))


@pytest.fixture
def clients(practice) -> list[User]:
    people = [
        User(username=f"client{n}", email=f"client{n}@example.com", name=f"Client {n}")
        for n in range(CLIENTS)
    ]
    return User.objects.bulk_create(people)


@pytest.fixture
def open_slots(practice) -> list[Slot]:
    """The open slots from a week ahead on, by the real clock that the server has too."""
    now = timezone.now()
    start = timezone.localdate(now) + WEEK_AHEAD
    return list(slots.availability(now=now, start=start).slots())


@pytest.fixture
def post_as(server, sign_in) -> Poster:
    """Prepares a form: `post_as(user, "/appointments/book/", date=…, hour=…)`."""
    sessions: dict[User, str] = {}

    def prepared(user: User, path: str, **fields: object) -> Post:
        if user not in sessions:
            sessions[user] = sign_in(user).cookies[settings.SESSION_COOKIE_NAME].value
        return Post(server, path, sessions[user], fields)

    return prepared


@pytest.fixture
def post_booking(post_as) -> Poster:
    """Prepares the booking of a slot: `post_booking(user, slot)`."""

    def prepared(user: User, slot: Slot) -> Post:
        return post_as(user, "/appointments/book/", date=slot.date, hour=slot.hour)

    return prepared
