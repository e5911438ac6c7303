"""Every page that a visitor can be shown, as HTML, by asking the site for it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.http import HttpResponse
from django.test import Client

from tests.addresses import ADDRESSES, filled, undone
from tests.conftest import PASSWORD

from .world import World

MAIN = re.compile(r"<title>.*?</title>|<main\b.*</main>", re.DOTALL)
# What differs from answer to answer, or from row to row, and changes nothing about a page.
PASSING = re.compile(
    r"""name="csrfmiddlewaretoken"\ value="\w+"
    | [0-9a-f]{8}-[0-9a-f-]{27} | base64,[^"]+ | secret=\w+ | /invitations/[\w-]+/ | /feed/[\w.-]+
    | <script[^>]*application/json.*?</script>
    | <code\ class="secret">.*?</code>
    | [cC]ounsellor | [sS]uperuser | by\ you | by\ the\ practice
    | (Mon|Tue|Wed|Thu|Fri|Sat|Sun|Oct|Nov|Dec)\w* | (?<!<h)(?<!/h)\d+""",
    re.DOTALL | re.VERBOSE,
)
# Short texts, and what attributes but `class` say, look the same whatever they say.
SAID = re.compile(r">[^<>]*<|(?<=\s)(?!class=)([\w-]+)=\"[^\"]*\"")
LONG_WORD = re.compile(r"[^\s<>]{25}")
DOOR = {"admin:index", "admin:login", "admin:logout"}
OBJECT = r"<(path:object_id|id)>"
AVAILABILITY = "/appointments/availability.json"
REDIRECTS = {301, 302}


@dataclass(frozen=True)
class Page:
    asked: str  # GET /accounts/login/
    path: str
    status: int
    html: str
    open_slots: str = "{}"  # what its calendar is told, if it has one
    policy: str = ""  # its Content-Security-Policy

    def __str__(self) -> str:
        return f"{self.asked} ({self.status})"

    @property
    def looks(self) -> set[str]:
        """What it looks like: its main part, and what is around that on many pages."""
        html = SAID.sub(_how_it_looks, PASSING.sub("0", self.html))
        main, around = "".join(MAIN.findall(html)), MAIN.sub("", html)
        return {sha256(part.encode()).hexdigest() for part in (main, around)}


def _how_it_looks(said: re.Match[str]) -> str:
    """Return what is left of a text or an attribute: whether it has a long word; its name."""
    return said[1] or (">long<" if LONG_WORD.search(said[0]) else "><")


def page_of(answer: HttpResponse, asked: str, path: str) -> Page | None:
    """Return the page that an answer is; None when it is none."""
    if not answer.get("Content-Type", "").startswith("text/html") or not answer.content:
        return None
    policy = answer.get("Content-Security-Policy", "")
    return Page(asked, path, answer.status_code, answer.content.decode(), policy=policy)


def ask(browser: Client, method: str, path: str, data: dict | None = None) -> Iterator[Page]:
    """Ask, and after a POST follow to where it leads: that page tells what was done."""
    asked = f"{method} {path}"
    answer = getattr(browser, method.lower())(path, data or {})
    if method == "POST" and answer.status_code in REDIRECTS and not to_sign_in(answer):
        path = answer["Location"]
        answer = browser.get(path, follow=True)
        path = answer.redirect_chain[-1][0] if answer.redirect_chain else path
        asked = f"{asked} → {path}"
    if page := page_of(answer, asked, path):
        if "data-picker" in page.html:
            page = replace(page, open_slots=browser.get(AVAILABILITY).content.decode())
        yield page


def to_sign_in(answer: HttpResponse) -> bool:
    return answer["Location"].startswith(("/accounts/login/", "/admin/login/"))


def visitor(world: World, name: str) -> Client:
    """Return the browser of a person who has just given their password, or of nobody."""
    browser = Client(raise_request_exception=False)
    if name in world.people:
        browser.force_login(world.people[name])
        browser.get("/healthz")
        browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return browser


def paths(world: World, name: str, route: str) -> list[str]:
    """Return the paths of an address, one for each thing it may be about."""
    row = row_for(route)
    if row is None and re.search(OBJECT, route):
        return []
    found = [filled(route, {**gaps, OBJECT: row or ""}) for gaps in world.gaps]
    return list(dict.fromkeys(found))


def row_for(route: str) -> str | None:
    """Return the key of the row with the longest name for a page of Site admin, if there is one."""
    for model in admin.site._registry:
        if route.startswith(f"admin/{model._meta.app_label}/{model._meta.model_name}/"):
            row = max(model._default_manager.all(), key=lambda row: len(str(row)), default=None)
            return quote(str(row.pk)) if row else None
    return None


def of_addresses(browser: Client, world: World, *, site_admin: bool) -> Iterator[Page]:
    """Look at every address of Site admin, or of the site's own, and post nothing to it.

    Who may not enter Site admin gets nothing there but a refusal, at its door. What is posted is
    posted to the first of the things that an address may be about.
    """
    for name, route in ADDRESSES:
        if name.startswith("admin:") == site_admin or name in DOOR:
            found = paths(world, name, route)
            asked = [("GET", path) for path in found] + [("POST", path) for path in found[:1]]
            for method, path in asked:
                with undone(browser):
                    yield from ask(browser, method, path)


class Shown:
    """What pages were shown already: files in a folder, so that workers know of one another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def is_new(self, page: Page) -> bool:
        """Note how the page looks; say whether some part of it was not noted before."""
        new = [self._note(look) for look in page.looks]  # all of them, before one decides
        return any(new)

    def _note(self, look: str) -> bool:
        try:
            (self.folder / look).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True
