"""Logs say what happened, and hold no key that opens anything."""

import io
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
