"""Logs say what happened, and hold no key that opens anything."""

import io
import json
import logging.config

import pytest
from django.test import Client

from therapeutics import logs

KEY = "LVzd0lUMhK9HBN49qXJEvFYLR3ItP4HxXh_HJ_rtKEg"


@pytest.fixture(params=["text", "json"])
def written(request, settings):
    """Returns what a process with the configuration of production would have written."""
    stream = io.StringIO()
    configuration = logs.configuration(request.param)
    configuration["handlers"]["console"]["stream"] = stream
    logging.config.dictConfig(configuration)
    yield stream.getvalue
    logging.config.dictConfig(settings.LOGGING)


@pytest.mark.parametrize(
    "path",
    [
        f"/invitations/{KEY}/",
        f"/accounts/password/reset/key/7-{KEY}/",
        f"/accounts/confirm-email/{KEY}/",
        f"/appointments/feed/{KEY}.ics",
    ],
)
def test_refused_address_is_logged_without_its_key(client, db, written, path):
    client.put(path)
    logging.getLogger("django.request").warning("Gone: %s", path, extra={"request": path})
    assert "Gone: " in written()
    assert KEY not in written()


def test_forged_form_is_logged_without_the_key(db, written):
    answer = Client(enforce_csrf_checks=True).post(f"/invitations/{KEY}/")
    assert answer.status_code == 403
    assert "/invitations/" in written()
    assert KEY not in written()


def test_other_lines_are_written_as_they_are(written):
    logging.getLogger("therapeutics").info("%s sent to %s", 2, "the queue")
    assert "2 sent to the queue" in written()


@pytest.mark.parametrize(
    "given",
    ["", "short", "with space in it", "a" * 65, "line\u2028break", "<script>alert</script>"],
)
def test_what_is_no_name_of_a_request_is_not_taken(client, db, given):
    name = client.get("/", headers={"X-Request-ID": given})["X-Request-ID"]
    assert name != given
    assert len(name) == 32


def test_lines_bear_the_name_that_the_answer_has(client, db, written):
    name = "0f8fad5b-d9cb-469f-a165-70867728950e"
    answer = client.get("/no/such/page", headers={"X-Request-ID": name})
    assert answer["X-Request-ID"] == name
    if written().startswith("{"):
        assert json.loads(written().splitlines()[0])["request_id"] == name


def test_line_outside_of_a_request_has_no_name(client, db, written):
    client.get("/")
    logging.getLogger("therapeutics").info("Ready")
    assert "Ready" in written()
    if written().startswith("{"):
        assert json.loads(written().splitlines()[-1])["request_id"] == ""


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Error handling request GET /client-admin/appointments/?q=Ada+Lovelace", "Lovelace"),
        ("no mail for ada@practice.example: refused", "ada"),
        ("Invalid request from ip=203.0.113.7: Invalid HTTP", "203.0"),
    ],
)
def test_name_that_gunicorn_or_a_library_tells_is_left_out(written, line, name):
    logging.getLogger("gunicorn.error").warning(line)
    assert line.split(" ")[0] in written()
    assert name not in written()


def test_traceback_is_written_without_what_it_quotes(written):
    said = ["Key exists", "DETAIL:  Key (email)=(ada@practice.example) is taken."]
    try:
        raise ValueError("\n".join(said))
    except ValueError:
        logging.getLogger("gunicorn.error").exception("Error handling request /x")
    assert "ValueError" in written()
    assert __file__ in written()  # the call
    assert ("Key exists" in written()) != written().startswith("{")  # texts: for people only
    assert "ada" not in written()


def test_gunicorn_writes_json_lines_as_all_others_do(settings):
    configuration = logs.configuration("json")
    assert configuration["loggers"]["gunicorn.error"]["handlers"] == ["console"]
