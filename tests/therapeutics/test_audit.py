"""Where the events of the security log come from, and what logs beside it say."""

import datetime as dt
import io
import json
import logging.config
import re
import uuid

import pytest
from django.db import IntegrityError, OperationalError, transaction
from django.test import Client

from accounts import people
from accounts.models import Note, User
from tests.accounts.conftest import sign_in_as
from tests.conftest import NOW, TUESDAY
from therapeutics import audit, logs, tracing
from therapeutics.models import AuditEvent, AuditKind

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

MINUTE = dt.timedelta(minutes=1)
GIVEN = "0123456789abcdef-of-a-router"


def denied(browser: Client, **headers: str):
    answer = browser.get("/client-admin/clients/", headers=headers)
    assert answer.status_code == 403
    return answer, AuditEvent.objects.latest("pk")


class TestWhereFrom:
    def test_outside_of_a_request_it_is_unknown(self, ada):
        audit.record(AuditKind.EXPORTED, now=NOW, by=ada.pk, about=ada)
        event = AuditEvent.objects.get()
        assert (event.address, event.request_id) == (None, "")
        assert (event.by, event.about_model, event.about) == (ada.pk, "accounts.user", str(ada.pk))

    def test_request_has_the_id_that_its_answer_tells(self, ada, sign_in):
        answer, event = denied(sign_in(ada))
        assert answer["X-Request-ID"] == event.request_id
        assert re.fullmatch(r"[0-9a-f]{32}", event.request_id)
        assert denied(sign_in(ada))[1].request_id != event.request_id
        assert tracing.current.get() == tracing.NOWHERE

    def test_router_gives_the_id(self, ada, sign_in):
        answer, event = denied(sign_in(ada), X_Request_ID=GIVEN)
        assert answer["X-Request-ID"] == event.request_id == GIVEN

    @pytest.mark.parametrize(
        "hostile",
        [
            "x" * 5000,
            "x" * 65,
            "short",
            "",
            "good-enough\nSet-Cookie: a=b",
            "good-enough\n",
            "good-enough\r\n\r\n<script>",
            "zażółć-gęślą",
            "１２３４５６７８",
            "ada@example.com",
            "12345678 OR 1=1",
            "12345678\x00",
        ],
    )
    def test_other_ids_are_not_taken(self, ada, sign_in, hostile):
        browser = sign_in(ada)
        browser.defaults["HTTP_X_REQUEST_ID"] = hostile
        answer, event = denied(browser)
        assert answer["X-Request-ID"] == event.request_id
        assert re.fullmatch(r"[0-9a-f]{32}", event.request_id)

    @pytest.mark.parametrize(
        ("proxies", "forwarded", "address"),
        [
            (0, "198.51.100.7", "203.0.113.9"),
            (1, "198.51.100.7", "198.51.100.7"),
            (1, "6.6.6.6, 198.51.100.7", "198.51.100.7"),
            (2, "6.6.6.6, 198.51.100.7, 10.0.0.1", "198.51.100.7"),
            (1, "2001:db8::7", "2001:db8::7"),
            (1, "[2001:db8::7]:4711", "2001:db8::7"),
            (1, "198.51.100.7:4711", "198.51.100.7"),
            (1, "", "203.0.113.9"),
            (1, "fe80::1%eth0", "fe80::1"),
            (1, "::ffff:198.51.100.7", "198.51.100.7"),
            (1, "Zsuzsanna", None),
            (1, "1' OR '1'='1", None),
            (1, "198.51.100.7\x00", None),
        ],
    )
    def test_address_is_the_one_behind_our_own_proxies(
        self, ada, sign_in, settings, proxies, forwarded, address
    ):
        browser = sign_in(ada)
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
        browser.defaults.update(REMOTE_ADDR="203.0.113.9", HTTP_X_FORWARDED_FOR=forwarded)
        assert denied(browser)[1].address == address


class TestRefusals:
    def test_refusal_stands_when_it_cannot_be_written(self, ada, sign_in, monkeypatch):
        browser = sign_in(ada)

        def away(*args: object, **kwargs: object) -> None:
            raise OperationalError("the database is away")

        monkeypatch.setattr(AuditEvent.objects, "create", away)
        assert browser.get("/client-admin/clients/").status_code == 403

    def test_each_of_somebody_signed_in_is_written(self, ada, sign_in):
        browser = sign_in(ada)
        for _ in range(3):
            denied(browser)
        assert AuditEvent.objects.filter(kind="denied", by=ada.pk).count() == 3

    def test_strangers_are_written_once_a_minute_for_each_address(self, practice, clock):
        for address in ("203.0.113.9", "203.0.113.10", "2001:db8::7"):
            browser = Client(enforce_csrf_checks=True, REMOTE_ADDR=address)
            for _ in range(4):
                assert browser.post("/accounts/login/").status_code == 403
        assert AuditEvent.objects.count() == 3
        clock.shift(MINUTE)
        assert browser.post("/accounts/login/").status_code == 403
        assert AuditEvent.objects.count() == 4

    def test_page_that_is_not_there_is_none(self, ada, sign_in, client):
        browser = sign_in(ada)
        before = AuditEvent.objects.count()
        assert browser.get("/appointments/yesterday/").status_code == 404
        assert client.get("/invitations/made-up/").status_code == 404
        assert AuditEvent.objects.count() == before

    def test_thing_that_is_not_there_for_somebody_is_one(self, ada, sign_in):
        there_is_none = uuid.uuid4()
        assert sign_in(ada).get(f"/appointments/{there_is_none}/").status_code == 404
        event = AuditEvent.objects.get(kind="denied")
        assert (event.by, event.about) == (ada.pk, str(there_is_none))


@pytest.fixture
def written(settings):
    """Returns the JSON lines that production would have written."""
    stream = io.StringIO()
    configuration = logs.configuration("json")
    configuration["handlers"]["console"]["stream"] = stream
    logging.config.dictConfig(configuration)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.config.dictConfig(settings.LOGGING)


def test_log_lines_name_their_request_and_nobody(ada, counsellor, written, monkeypatch):
    people.describe(person=ada, name="Zsuzsanna Grünwald", phone="+36 1 2345678")
    Note.objects.create(client=ada, text="afraid of heights", written_by=counsellor, written_at=NOW)
    browser = Client(raise_request_exception=False)
    ids = {sign_in_as(browser, "ada@example.com", "wry guess")["X-Request-ID"]}
    assert sign_in_as(browser, "ada@example.com").status_code == 302
    slot = {"date": TUESDAY, "hour": 10, "note": "afraid of heights"}
    assert browser.post("/appointments/book/", slot).status_code == 302
    ids.add(browser.get(f"/appointments/{uuid.uuid4()}/?q=Zsuzsanna")["X-Request-ID"])

    def broken(*args: object, **kwargs: object) -> None:
        try:
            with transaction.atomic():
                User.objects.bulk_create([User(username="x", email=ada.email)])
        except IntegrityError as error:  # on PostgreSQL it quotes the row
            raise ValueError(f"{ada.name} {ada.phone} {slot}") from error

    monkeypatch.setattr("appointments.models.Appointment.objects.visible_to", broken)
    answer = browser.get("/appointments/?q=Zsuzsanna")
    assert answer.status_code == 500
    ids.add(answer["X-Request-ID"])
    lines = written()
    assert ids == {line["request_id"] for line in lines}
    (origin,) = (line["exc_info"] for line in lines if "exc_info" in line)
    assert "in broken" in origin
    assert "ValueError" in origin
    assert "IntegrityError" in origin
    told = json.dumps(lines, ensure_ascii=False)
    private = ("Zsuzsanna", "Grünwald", "ada@", "2345678", "afraid", "wry", str(ada.username) + '"')
    assert [word for word in private if word in told] == []


def test_line_outside_of_a_request_names_none(written):
    logging.getLogger("therapeutics").info("2 sent")
    (line,) = written()
    assert (line["request_id"], line["message"]) == ("", "2 sent")
