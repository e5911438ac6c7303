"""Errors' pages, which need nothing that may be broken, and the pages that stand by themselves."""

from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from redis.exceptions import RedisError

from therapeutics import views

pytestmark = pytest.mark.django_db


def heading(answer) -> str:
    page = answer.content.decode()
    return page[page.index("<h1>") + 4 : page.index("</h1>")]


def test_too_large_a_form_answers_413(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = client.post("/accounts/login/", {"login": "x" * 200})
    assert (answer.status_code, heading(answer)) == (413, "That was too much at once")


def test_too_many_fields_answer_400(client, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 10
    answer = client.post("/accounts/login/", {f"field{n}": "x" for n in range(20)})
    assert answer.status_code == 400
    assert heading(answer) == "That did not reach us in one piece"


def test_unknown_host_answers_400(client):
    assert client.get("/", headers={"host": "elsewhere.example"}).status_code == 400


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (OperationalError("connection refused"), 503, "We are briefly out of reach"),
        (InterfaceError("connection already closed"), 503, "We are briefly out of reach"),
        (RedisError("connection refused"), 503, "We are briefly out of reach"),
        (RuntimeError("a mistake of ours"), 500, "Something went wrong on our side"),
    ],
)
def test_failure_is_told_without_asking_the_database(error, status, words):
    browser = Client(raise_request_exception=False)

    def fails(*args):
        raise error

    with connection.execute_wrapper(fails):
        answer = browser.get("/")
    assert (answer.status_code, heading(answer)) == (status, words)
    assert str(error).encode() not in answer.content


def test_statement_says_what_was_tested_and_how_to_reach_us(client, practice):
    page = client.get("/accessibility/").content.decode()
    assert "2.2" in page
    assert "axe-core" in page
    assert page.count('href="tel:02079460000"') == 2  # in the statement and in the footer


@pytest.mark.parametrize("page", ["/", "/accounts/login/", "/appointments/"])
def test_every_page_leads_to_the_statement(client, sign_in, ada, page):
    for browser in (client, sign_in(ada)):
        assert 'href="/accessibility/"' in browser.get(page, follow=True).content.decode()


def test_style_guide_is_for_those_who_build_the_site(client, settings):
    assert client.get("/styleguide/").status_code == 404
    settings.DEBUG = True
    page = client.get("/styleguide/").content.decode()
    assert 'class="swatch swatch-pine"' in page


def test_style_guide_shows_colours_that_there_are():
    css = Path(settings.STATICFILES_DIRS[0], "css", "site.css").read_text()
    wanted = [f".swatch-{name} {{ background: var(--{name})" for name in views.PALETTE]
    assert [rule for rule in wanted if rule not in css] == []
    assert [name for name in views.PALETTE if f"  --{name}: " not in css] == []


def test_modules_import_one_another_by_their_hashed_names():
    picker = staticfiles_storage.path(staticfiles_storage.stored_name("js/picker.js"))
    source = Path(picker).read_text()
    assert staticfiles_storage.stored_name("js/calendar.js").removeprefix("js/") in source
    assert '"./calendar.js"' not in source
