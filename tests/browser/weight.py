"""What opening a page costs: bytes and requests over the wire, and how much the page jumps."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

PHONE = {"width": 360, "height": 780}
DESKTOP = {"width": 1280, "height": 800}

# What a first visit may cost, and a second one.
MOST_BYTES = 180_000
MOST_REQUESTS = 12
MOST_BYTES_AGAIN = 15_000

# Counts as browsers do: what moves within half a second of a person's own doing is expected.
NOTE_SHIFTS = """{
  let shifted = 0;
  const add = (shifts) => {
    for (const shift of shifts) if (!shift.hadRecentInput) shifted += shift.value;
  };
  const watch = new PerformanceObserver((list) => add(list.getEntries()));
  watch.observe({ type: "layout-shift", buffered: true });
  window.shiftedSoFar = () => { add(watch.takeRecords()); return shifted; };
}"""
TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@dataclass
class Answer:
    """One answer that came over the wire, headers and body, as it was sent."""

    url: str
    bytes: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    kept: bool = False  # by the browser, from an earlier visit: nothing was sent

    @property
    def path(self) -> str:
        return urlsplit(self.url).path


class Visit:
    """Opens a page and weighs what comes; what the browser has kept is nothing.

    Give it a page that has shown nothing yet: in a context of its own for a first visit, in the
    context of an earlier visit for a second one. Its context's site is a slow line: late fonts and
    scripts are what makes pages jump.
    """

    def __init__(self, page: Page, path: str) -> None:
        self._page = page
        self._asked: dict[str, Answer] = {}
        page.add_init_script(NOTE_SHIFTS)
        self._listen()
        answer = page.goto(path)
        landed = urlsplit(page.url).path
        if answer is None or not answer.ok or landed != path:
            raise AssertionError(f"{path} led to {landed}: {answer and answer.status}")
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is loading any more, and what was loaded is drawn."""
        self._page.wait_for_load_state("networkidle")
        self._page.evaluate("() => document.fonts.ready.then(() => null)")
        self._page.evaluate(TWO_FRAMES)

    @property
    def answers(self) -> list[Answer]:
        return [answer for answer in self._asked.values() if not answer.kept]

    @property
    def bytes(self) -> int:
        return sum(answer.bytes for answer in self.answers)

    @property
    def foreign(self) -> list[str]:
        """What was asked of anybody but the site itself."""
        own = urlsplit(self._page.url).netloc
        return [answer.url for answer in self.answers if urlsplit(answer.url).netloc != own]

    @property
    def shift(self) -> float:
        """How much of the page has jumped so far (layout shift, all of it added up)."""
        self.settle()
        return self._page.evaluate("window.shiftedSoFar()")

    def _listen(self) -> None:
        wire = self._page.context.new_cdp_session(self._page)
        wire.on("Network.requestWillBeSent", self._note_request)
        wire.on("Network.requestServedFromCache", self._note_kept)
        wire.on("Network.responseReceived", self._note_answer)
        wire.on("Network.loadingFinished", self._note_size)
        wire.send("Network.enable")

    def _note_request(self, event: dict[str, Any]) -> None:
        url = event["request"]["url"]
        if url.startswith("http"):  # not data: and blob:, which are part of another answer
            self._asked[event["requestId"]] = Answer(url)

    def _note_kept(self, event: dict[str, Any]) -> None:
        if answer := self._asked.get(event["requestId"]):
            answer.kept = True

    def _note_answer(self, event: dict[str, Any]) -> None:
        if answer := self._asked.get(event["requestId"]):
            answer.kept |= event["response"].get("fromDiskCache", False)
            headers = event["response"]["headers"]
            answer.headers = {name.lower(): value for name, value in headers.items()}

    def _note_size(self, event: dict[str, Any]) -> None:
        if answer := self._asked.get(event["requestId"]):
            answer.bytes = int(event["encodedDataLength"])


def choose_an_hour(page: Page) -> None:
    """On the booking page: wait until the calendar is drawn, and choose the first hour."""
    expect(page.get_by_role("button", name="Next month")).to_be_visible()
    page.get_by_role("radio").first.check()
    expect(page.locator("[data-choice]")).not_to_be_empty()
