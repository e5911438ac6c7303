"""The home page, the health check, and that no page asks a third party for anything."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, connection
from django.test import Client

from therapeutics.models import Practice

pytestmark = pytest.mark.django_db

ROOT = Path(settings.BASE_DIR)
FETCHED = re.compile(
    r"""(?:src|srcset|poster|data)=["']?(?:https?:)?//"""
    r"""|<link[^>]*href=["']?(?:https?:)?//"""
    r"""|url\(["']?(?:https?:)?//|@import\s+["'](?:https?:)?//"""
    r"""|(?:from|import|fetch)\s*\(?["'](?:https?:)?//"""
)


def test_home_invites_new_clients_to_phone(client, practice):
    page = client.get("/").content.decode()
    assert 'href="tel:02079460000"' in page
    assert "020 7946 0000" in page
    assert "first consultation" in page
    assert "/accounts/signup/" not in page


def test_home_shows_the_practices_own_details(client, practice):
    Practice.objects.create(name="Room & Co", phone="+44 20 7946 0999", introduction="<b>Hi</b>")
    page = client.get("/").content.decode()
    assert "Room &amp; Co" in page
    assert 'href="tel:+442079460999"' in page
    assert "&lt;b&gt;Hi" in page


def test_home_reads_the_practice_once(client, practice, django_assert_num_queries):
    client.get("/")
    with django_assert_num_queries(1):
        assert client.get("/").status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "delete"])
@pytest.mark.parametrize("page", ["/", "/healthz"])
def test_page_is_read_only(client, page, method):
    assert getattr(client, method)(page).status_code == 405


def test_healthz_is_ok_when_the_database_answers(client, django_assert_num_queries):
    with django_assert_num_queries(1):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")
    assert "no-store" in answer["Cache-Control"]
    assert "sessionid" not in answer.cookies


@pytest.mark.filterwarnings("default")
def test_healthz_answers_503_when_the_database_does_not(client):
    def down(*args):
        raise DatabaseError("connection refused")

    with connection.execute_wrapper(down):
        answer = client.get("/healthz")
    assert answer.status_code == 503
    assert b"connection refused" not in answer.content


def test_healthz_is_not_sent_to_https(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz").status_code == 200
    assert client.get("/").status_code == 301


@pytest.mark.parametrize("visitor", ["stranger", "client", "staff"])
def test_no_page_fetches_from_a_third_party(client, visitor, ada, counsellor, book, clock):
    appointment = book(ada)
    pages = ["/", "/accounts/login/", "/accounts/signup/", "/no/such/page/"]
    if visitor == "client":
        client.force_login(ada)
        own = f"/appointments/{appointment.pk}/"
        pages = ["/", "/appointments/", "/appointments/book/", own, own + "move/", own + "cancel/"]
    elif visitor == "staff":
        client.force_login(counsellor)
        staff = "/client-admin/appointments/"
        pages = [staff, f"{staff}{appointment.pk}/", "/appointments/"]
    for page in pages:
        found = FETCHED.findall(client.get(page).content.decode())
        assert found == [], page


@pytest.mark.parametrize("folder", ["templates", "static"])
def test_no_file_of_ours_fetches_from_a_third_party(folder):
    files = [path for path in (ROOT / folder).rglob("*") if path.suffix in {".html", ".css", ".js"}]
    assert files
    assert [str(path) for path in files if FETCHED.search(path.read_text())] == []


def test_no_style_or_script_is_inline():
    """Mail is the exception: a mail reader fetches no stylesheet."""
    files = [path for path in (ROOT / "templates").rglob("*.html") if "emails" not in path.parts]
    inline = re.compile(r"<style|\sstyle=|<script(?![^>]*\bsrc=)|\son\w+=|javascript:")
    assert [str(path) for path in files if inline.search(path.read_text())] == []


def test_templates_stay_under_120_lines():
    files = (ROOT / "templates").rglob("*.*")
    assert [str(path) for path in files if len(path.read_text().splitlines()) >= 120] == []


def test_refused_form_token_is_explained(db):

    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "ada"})
    assert answer.status_code == 403
    assert b"<h1" in answer.content
