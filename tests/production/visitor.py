"""A browser's part of a visit: cookies, forms, and which of the web processes it asks."""

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from threading import Barrier
from typing import Any
from urllib.parse import urlencode

TOKEN = "t" * 32  # a form token is valid when it equals its cookie
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    status: int
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Visitor:
    """Somebody with a cookie jar, which browsers share among the ports of one host."""

    cookies: dict[str, str] = field(default_factory=lambda: {"csrftoken": TOKEN})

    @classmethod
    def with_session(cls, key: str) -> "Visitor":
        return cls({"csrftoken": TOKEN, "sessionid": key})

    def get(self, port: int, path: str) -> Answer:
        return self._ask(port, "GET", path, None, None)

    def post(
        self, port: int, path: str, *, ready: Barrier | None = None, **fields: object
    ) -> Answer:
        """Send a form; with `ready` after all others are connected as well."""
        body = urlencode({**fields, "csrfmiddlewaretoken": self.cookies["csrftoken"]})
        return self._ask(port, "POST", path, body, ready)

    def sign_in(self, port: int, login: str, password: str) -> int:
        return self.post(port, "/accounts/login/", login=login, password=password).status

    def is_signed_in(self, port: int) -> bool:
        return self.get(port, "/appointments/availability.json").status == http.HTTPStatus.OK

    def open_slots(self, port: int) -> list[tuple[str, int]]:
        days = self.get(port, "/appointments/availability.json").json()["days"]
        return [(date, hour) for date, hours in days.items() for hour in hours]

    def _ask(
        self, port: int, method: str, path: str, body: str | None, ready: Barrier | None
    ) -> Answer:
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Origin": f"http://127.0.0.1:{port}",
            **({"Content-Type": FORM} if body is not None else {}),
        }
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            connection.connect()
            if ready:
                ready.wait(timeout=30)
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            self._keep(answer.headers.get_all("Set-Cookie", []))
            return Answer(answer.status, answer.read().decode())

    def _keep(self, lines: list[str]) -> None:
        for line in lines:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value


def book(visitor: Visitor, port: int, slot: tuple[str, int], ready: Barrier | None = None) -> int:
    date, hour = slot
    path = "/appointments/book/"
    return visitor.post(port, path, ready=ready, date=date, hour=hour, note="").status


def book_at_once(wishes: list[tuple[Visitor, int, tuple[str, int]]]) -> list[int]:
    """Send all bookings at the same moment; return their statuses, in order."""
    ready = Barrier(len(wishes))
    with ThreadPoolExecutor(len(wishes)) as pool:
        return list(pool.map(lambda wish: book(*wish, ready), wishes))
