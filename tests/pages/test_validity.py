"""Every page and every mail is valid HTML, and has what each page must have.

The rules are the checker's for the HTML standard. Ours of pages ask for a file's digest where
it comes from another origin only: no page's does. Ours of mails allow inline styles, since
many readers of mail know no others.
"""

import datetime as dt
import re
from pathlib import Path

import pytest
from django.conf import settings
from post_office.models import Email

from accounts.models import Invitation, User
from appointments.models import Appointment
from tests.conftest import NOW, TUESDAY
from therapeutics import mail

from . import validity
from .collect import Page, Shown
from .conftest import ANONYMOUS, BEN, case

pytestmark = [pytest.mark.once, pytest.mark.django_db]

PAGE, MAIL = "htmlvalidate.json", "htmlvalidate-mail.json"
MAILS = Path(settings.BASE_DIR, "templates", "emails")
VALID = '<!DOCTYPE html><html lang="en"><head><title>A page</title></head><body>{}</body></html>'
ONCE = {"a language": r'<html lang="\w', "a title": r"<title>\s*[^\s·]", "an h1": r"<h1\b"}
MAIN = {"a main part": r"<main\b|\brole=\"main\""}
FAILING = {500: "/broken/", 503: "/away/"}


def lacks(page: Page) -> list[str]:
    """Return what the page does not have exactly once."""
    wanted = {**ONCE, **MAIN}
    return [name for name, sign in wanted.items() if len(re.findall(sign, page.html)) != 1]


def names() -> list[str]:
    """Return the names of all mails with an HTML part: `appointments/booked`."""
    found = (path.relative_to(MAILS).with_suffix("") for path in MAILS.rglob("*.html"))
    return sorted(str(path) for path in found if path.name not in {"base", "_changed"})


@pytest.fixture
def context() -> dict[str, object]:
    """What mails tell of, all of it."""
    person = User(username="ada", name="Ada", email="ada@example.com")
    return {
        "appointment": Appointment(client=person, date=TUESDAY, hour=10),
        "last": TUESDAY,
        "client": person,
        "user": person,
        "inviter": person,
        "invitation": Invitation(name="Eve <3", expires_at=NOW + dt.timedelta(days=7)),
        "when": "Tue 10 Nov, 10:00",
        "was_when": "Tue 10 Nov, 9:00",
        "link": f"{settings.SITE_URL}/?a=1&b=2",
        "deleted_email": "old@example.com",
        "user_agent": "Phone/1.0",
        "ip": "192.0.2.1",
        "timestamp": NOW,
    }


def test_every_page_is_valid(pages, tmp_path):
    shown, folder = Shown(tmp_path), tmp_path / "documents"
    folder.mkdir()
    documents = {str(page): page.html for page in pages if shown.is_new(page)}
    assert validity.errors(documents, folder, rules=PAGE) == {}


def test_every_page_has_what_a_page_must_have(pages):
    assert {str(page): lacks(page) for page in pages if lacks(page)} == {}


def test_no_page_fails_but_those_that_shall(pages):
    failed = {page.path: page.status for page in pages if page.status >= 500}
    assert failed.items() <= {(path, status) for status, path in FAILING.items()}


@pytest.mark.parametrize(
    ("pages", "path", "statuses"),
    [
        case(*ANONYMOUS, "", {200, 400, 403, 404, 413, 429, 500, 503}),
        case(*BEN, "POST /appointments/book/", {409, 422}),
    ],
    indirect=["pages"],
)
def test_refusals_and_errors_are_among_the_pages(pages, path, statuses):
    assert {page.status for page in pages if path in page.asked} >= statuses


def test_every_mail_is_valid(context, tmp_path):
    for name in names():
        mail.queue(name, to="ada@example.com", context=context)
    sent = Email.objects.order_by("pk").values_list("html_message", flat=True)
    documents = dict(zip(names(), sent, strict=True))
    assert len(documents) > 15
    assert validity.errors(documents, tmp_path, rules=MAIL) == {}


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("<p>Never <b>ended</p>", "close-order"),
        ('<p id="a"></p><p id="a"></p>', "no-dup-id"),
        ("<p><div>Too much</div></p>", "close-order"),
        ("<ul><p>No item</p></ul>", "element-permitted-content"),
        ('<a href="/" href="/a">Twice</a>', "no-dup-attr"),
        ('<label for="nobody">Lost</label>', "no-missing-references"),
    ],
    ids=["unclosed", "id", "nesting", "content", "attribute", "reference"],
)
def test_invalid_page_is_found(tmp_path, body, rule):
    found = validity.errors({"a page": VALID.format(body)}, tmp_path, rules=PAGE)
    assert [line for line in found.get("a page", []) if line.startswith(rule)] != []


def test_valid_page_passes(tmp_path):
    assert validity.errors({"a page": VALID.format("<p>Well</p>")}, tmp_path, rules=PAGE) == {}


def test_what_a_page_lacks_is_found():
    page = Page("GET /", "/", 200, "<html><title> · Practice</title><h1>A</h1><h1>B</h1>")
    assert lacks(page) == ["a language", "a title", "an h1", "a main part"]
