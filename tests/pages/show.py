"""Shows pages in Chromium that were collected before: nothing is asked of Django any more."""

import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders
from playwright.sync_api import Page as Window

from .collect import Page


class Stage(ThreadingHTTPServer):
    """Answers with the page on show, at whatever address; and with what that page loads."""

    daemon_threads = True
    page: Page

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Stage

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path.startswith("/static/"):
            self.file(path.removeprefix("/static/"))
        elif path.endswith(".json"):
            self.say(200, "application/json", self.server.page.open_slots.encode())
        else:
            page = self.server.page
            self.say(page.status, "text/html; charset=utf-8", page.html.encode())

    def file(self, name: str) -> None:
        found = finders.find(name)
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        self.say(200 if found else 404, kind, Path(found).read_bytes() if found else b"", keep=True)

    def say(self, status: int, kind: str, body: bytes, *, keep: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=3600" if keep else "no-store")
        if self.server.page.policy:
            self.send_header("Content-Security-Policy", self.server.page.policy)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def stage() -> Iterator[Stage]:
    with Stage(("127.0.0.1", 0), Answers) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


DESKTOP = {"width": 1280, "height": 800}
ENLARGED = {"width": 320, "height": 640}  # what is left of it at 400 %
STILL = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  await document.fonts.ready;
  await frame();
  await frame();
  await Promise.all(document.getAnimations().map((moving) => moving.finished));
}"""

# What the page's Content-Security-Policy has refused it, from its first moment.
NOTE_WHAT_IS_REFUSED = """
  window.refused = [];
  document.addEventListener("securitypolicyviolation", (event) =>
    refused.push(`refused by ${event.effectiveDirective}: ${event.blockedURI} ${event.sample}`));
"""


def show(window: Window, server: Stage, page: Page) -> None:
    """Open the page, and wait until it is still."""
    server.page = page
    window.set_viewport_size(DESKTOP)
    window.emulate_media(reduced_motion="reduce", color_scheme="light")
    window.goto(server.url + page.path, wait_until="load")
    if window.locator("[data-picker]").count():
        window.locator("[data-picker]:is(.has-script, .has-failed)").wait_for()
    window.evaluate(STILL)


def look(window: Window, **media: str) -> None:
    """Show the page as somebody with these preferences sees it, when it is still again."""
    window.emulate_media(reduced_motion="reduce", **media)
    window.evaluate(STILL)
