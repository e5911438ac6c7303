"""The security log's page: for the superuser, by id, with names as they are now, and quick."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from appointments.models import Appointment
from tests.conftest import NOW
from therapeutics import audit, security_log
from therapeutics.models import AuditEvent, AuditKind

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

LOG = "/admin/therapeutics/auditevent/"
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def as_superuser(superuser, sign_in) -> Client:
    return sign_in(superuser)


def note(count: int, *, by: list[User], about: list[User], start: dt.datetime = NOW) -> None:
    AuditEvent.objects.bulk_create(
        AuditEvent(
            at=start - n * MINUTE,
            kind=AuditKind.values[n % len(AuditKind.values)],
            by=by[n % len(by)].pk,
            about_model="accounts.user",
            about=str(about[n % len(about)].pk),
            address=f"198.51.100.{n % 250}",
            request_id=f"request-{n:08}",
        )
        for n in range(count)
    )


def rows(browser: Client, **asked: str) -> list[AuditEvent]:
    answer = browser.get(LOG, asked)
    assert answer.status_code == 200, answer
    return list(answer.context["cl"].result_list)


class TestPage:
    def test_shows_who_did_what_to_whom_with_names_as_they_are_now(self, as_superuser, ada, ben):
        gone = User(username="gone")
        note(1, by=[ada], about=[ben])
        note(1, by=[gone], about=[gone])
        audit.record(AuditKind.ADMIN_CHANGED, now=NOW, by=ada.pk, about=Appointment())
        User.objects.filter(pk=ben.pk).update(name="Benedikta")
        page = as_superuser.get(LOG).content.decode()
        assert f'<a href="/admin/accounts/user/{ada.pk}/change/">Ada</a>' in page
        assert f'<a href="/admin/accounts/user/{ben.pk}/change/">Benedikta</a>' in page
        assert f"person {gone.pk}" in page
        assert f"/admin/accounts/user/{gone.pk}" not in page
        assert "198.51.100.0" in page
        assert "request-00000000" in page
        assert "2 Nov 2026, 10:30:00" in page

    def test_thing_is_linked_while_it_is_there(self, as_superuser, ada, book):
        appointment = book(ada)
        audit.record(AuditKind.ADMIN_CHANGED, now=NOW, by=ada.pk, about=appointment)
        link = f'<a href="/admin/appointments/appointment/{appointment.pk}/change/">'
        assert link in as_superuser.get(LOG).content.decode()
        Appointment.objects.all().delete()
        page = as_superuser.get(LOG).content.decode()
        assert link not in page
        assert str(appointment.pk) in page

    def test_denied_page_is_told_by_its_name(self, as_superuser, ada, ben, sign_in):
        assert sign_in(ada).get(f"/client-admin/clients/{ben.pk}/").status_code == 403
        assert f"client_admin:client {ben.pk}" in as_superuser.get(LOG).content.decode()

    @pytest.mark.parametrize("method", ["get", "post"])
    @pytest.mark.parametrize("action", ["add/", "{pk}/delete/", "{pk}/change/"])
    def test_nothing_is_written_there(self, as_superuser, ada, method, action):
        note(1, by=[ada], about=[ada])
        event = AuditEvent.objects.latest("pk")
        before = list(AuditEvent.objects.filter(pk__lte=event.pk).values())
        fields = {"kind": "erased", "post": "yes"}
        answer = getattr(as_superuser, method)(LOG + action.format(pk=event.pk), fields)
        looks = method == "get" and "change" in action
        assert answer.status_code == (200 if looks else 403)
        assert list(AuditEvent.objects.filter(pk__lte=event.pk).values()) == before
        assert b'name="_save"' not in answer.content

    def test_no_action_deletes(self, as_superuser, ada):
        note(1, by=[ada], about=[ada])
        chosen = {"action": "delete_selected", "_selected_action": ["1"], "post": "yes"}
        before = AuditEvent.objects.count()
        as_superuser.post(LOG, chosen)
        assert AuditEvent.objects.count() == before
        assert b"delete_selected" not in as_superuser.get(LOG).content

    @pytest.mark.parametrize("who", ["ada", "counsellor"])
    def test_nobody_else_sees_it(self, request, sign_in, who):
        browser = sign_in(request.getfixturevalue(who))
        assert browser.get(LOG, follow=True).status_code == 403


class TestFindingEvents:
    @pytest.fixture(autouse=True)
    def log(self, as_superuser, ada, ben) -> None:
        note(60, by=[ada, ben], about=[ben, ada, ben])

    def test_by_kind(self, as_superuser):
        found = rows(as_superuser, kind__exact="denied")
        assert {event.kind for event in found} == {"denied"}
        assert len(found) == AuditEvent.objects.filter(kind="denied").count()

    def test_by_person(self, as_superuser, ada):
        assert {event.by for event in rows(as_superuser, by=str(ada.pk))} == {ada.pk}

    def test_by_period_in_the_practices_time(self, as_superuser, ada, clock):
        for hour in (22, 23):  # in summer time midnight is at 23 hours UTC
            at = dt.datetime(2026, 6, 9, hour, 30, tzinfo=dt.UTC)
            audit.record(AuditKind.EXPORTED, now=at, by=ada.pk)
        (event,) = rows(as_superuser, since="2026-06-10", until="2026-06-10")
        assert event.at.hour == 23
        (event,) = rows(as_superuser, since="2026-06-09", until="2026-06-09")
        assert event.at.hour == 22
        assert len(rows(as_superuser, until="2026-06-30")) == 2

    def test_filters_go_together(self, as_superuser, ada):
        narrow = {"by": str(ada.pk), "since": "2026-11-02"}
        page = as_superuser.get(LOG, {**narrow, "kind__exact": "denied"}).content.decode()
        assert '<input type="hidden" name="kind__exact" value="denied">' in page
        assert f'value="{ada.pk}"' in page
        assert re.search(rf'href="\?[^"]*by={ada.pk}[^"]*kind__exact=erased', page)

    @pytest.mark.parametrize("field", ["since", "until", "by"])
    @pytest.mark.parametrize("text", ["ada", "2026-13-01", "9999-12-31", "0001-01-01", "\x00", "٢"])
    def test_what_is_no_day_and_no_id_finds_nothing(self, as_superuser, field, text):
        assert rows(as_superuser, **{field: text}) == []

    def test_search_by_request_address_and_person(self, as_superuser, ada):
        (event,) = rows(as_superuser, q=" request-00000007 ")
        assert event.request_id == "request-00000007"
        (event,) = rows(as_superuser, q="198.51.100.7")
        assert event.address == "198.51.100.7"
        for text in (str(ada.pk), ada.pk.hex, str(ada.pk).upper()):
            found = rows(as_superuser, q=text)
            assert all(str(ada.pk) in {str(event.by), event.about} for event in found)
            assert len(found) > 30

    @pytest.mark.parametrize("text", ["request", "198.51", "ada", "%", "Ada", "x" * 500, "denied"])
    def test_search_is_for_the_whole_id(self, as_superuser, text):
        assert rows(as_superuser, q=text) == []


def cost(browser: Client, **asked: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        rows(browser, **asked)
    return len(queries)


def test_costs_the_same_at_1_and_at_50_rows_of_50_people(as_superuser, ada, book):
    note(1, by=[ada], about=[ada])
    rows(as_superuser)
    at_one = cost(as_superuser, by=str(ada.pk))
    crowd = User.objects.bulk_create(User(username=f"client{n}") for n in range(50))
    note(50, by=crowd, about=crowd[::-1])
    for hour in (10, 11, 12):
        audit.record(AuditKind.ADMIN_CHANGED, now=NOW, by=ada.pk, about=book(ada, hour=hour))
    assert cost(as_superuser) == at_one


def test_long_log_is_neither_counted_nor_sorted(as_superuser, ada, ben):
    """Every statement is answered from an index, and none reads more than can be paged through."""
    note(3000, by=[ada, ben], about=[ada, ben])
    asked: list[tuple[str, object]] = []

    def look(execute, sql, params, many, context):
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE therapeutics_auditevent")
    questions = [
        {},
        {"p": "20"},
        {"kind__exact": "erased"},
        {"by": str(ada.pk)},
        {"since": "2026-11-02", "until": "2026-11-02"},
        {"o": "6.-3"},
        {"q": "request-00000007"},
        {"q": "198.51.100.7"},
    ]
    with connection.execute_wrapper(look):
        for question in questions:
            rows(as_superuser, **question)
    of_log = [(sql, params) for sql, params in asked if "therapeutics_auditevent" in sql]
    counts = [sql for sql, _params in of_log if "COUNT(" in sql]
    assert len(counts) == len(questions)
    assert all(f"LIMIT {security_log.MOST}" in sql for sql in counts)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for sql, params in of_log:
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
                plan = "\n".join(row[-1] for row in cursor.fetchall())
                assert "USE TEMP B-TREE FOR ORDER BY" not in plan or "MULTI-INDEX OR" in plan, plan
                assert not re.search(r"SCAN therapeutics_auditevent(?! USING)", plan), plan
