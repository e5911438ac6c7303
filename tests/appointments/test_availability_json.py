"""`/appointments/availability.json`: its answers, refusals, headers and cost."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from appointments.models import Appointment, Closure
from tests.conftest import NOW, TUESDAY

pytestmark = pytest.mark.django_db

URL = "/appointments/availability.json"
DAY = dt.timedelta(days=1)
ALL_DAY = list(range(9, 18))


def test_answer_is_the_contracts(as_ada, ben, book):
    book(ben, TUESDAY, 10)
    Closure.objects.create(first_date=TUESDAY + DAY, last_date=TUESDAY + DAY)
    answer = as_ada.get(URL, {"from": "2026-11-10", "to": "2026-11-12"})
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert answer.json() == {
        "timezone": "Europe/London",
        "from": "2026-11-10",
        "to": "2026-11-12",
        "days": {"2026-11-10": [9, *range(11, 18)], "2026-11-12": ALL_DAY},
    }


def test_without_dates_it_spans_what_a_client_may_book(as_ada):
    answer = as_ada.get(URL).json()
    assert (answer["from"], answer["to"]) == ("2026-11-03", "2027-01-31")
    assert min(answer["days"]) == "2026-11-03"
    assert answer["days"]["2026-11-03"] == [11, 12, 13, 14, 15, 16, 17]
    assert list(answer["days"]) == sorted(answer["days"])
    assert max(answer["days"]) == "2027-01-29"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ({"from": "2026-11-10"}, "2026-11-10", "2027-01-31"),
        ({"to": "2026-11-10"}, "2026-11-03", "2026-11-10"),
        ({"from": "2026-11-10", "to": "2026-11-10"}, "2026-11-10", "2026-11-10"),
        ({"from": "0001-01-01", "to": "0001-01-02"}, "0001-01-01", "0001-01-02"),
        ({"from": "9999-12-31"}, "9999-12-31", "9999-12-31"),
        ({"from": "9999-12-31", "to": "9999-12-31"}, "9999-12-31", "9999-12-31"),
        ({"to": "0001-01-01"}, "0001-01-01", "0001-01-01"),
    ],
)
def test_span_is_the_one_asked_for(as_ada, asked, start, end):
    answer = as_ada.get(URL, asked).json()
    assert (answer["from"], answer["to"]) == (start, end)


def test_staff_have_no_notice_and_366_days(as_counsellor):
    answer = as_counsellor.get(URL).json()
    assert answer["days"]["2026-11-02"] == ALL_DAY[2:]
    assert answer["to"] == (NOW.date() + 366 * DAY).isoformat()
    assert as_counsellor.get(URL, {"from": "2027-10-29"}).json()["days"]["2027-10-29"] == ALL_DAY


@pytest.mark.parametrize(
    "asked",
    [
        {"from": "2026-02-30"},
        {"from": "01/02/2027"},
        {"to": "abc"},
        {"from": ""},
        {"to": ""},
        {"from": "0000-01-01"},
        {"from": "2026-11-10\0"},
        {"from": "2" * 5000},
        {"from": "２０２６-11-10"},
        {"to": " 2026-11-10 "},
        {"from": "2026-11-10\n"},
        {"from": "2026-11-11", "to": "2026-11-10"},
        {"from": "2026-01-01", "to": "2027-12-31"},
        {"from": "0001-01-01", "to": "9999-12-31"},
    ],
)
def test_malformed_reversed_or_too_long_span_answers_400(as_ada, asked):
    answer = as_ada.get(URL, asked)
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]
    assert isinstance(answer.json()["error"], str)
    assert answer.json()["error"]
    assert answer["Cache-Control"] == "no-store, private"


@pytest.mark.parametrize(("days", "status"), [(366, 200), (367, 400)])
def test_span_reaches_366_days_ahead_and_no_further(as_ada, days, status):
    """As the practice's own horizon is counted: `to` is at most 366 days after `from`."""
    end = (TUESDAY + days * DAY).isoformat()
    assert as_ada.get(URL, {"from": "2026-11-10", "to": end}).status_code == status


def test_stranger_gets_401_as_json(client, practice):
    answer = client.get(URL)
    assert answer.status_code == 401
    assert list(answer.json()) == ["error"]
    assert answer["Cache-Control"] == "no-store, private"


def test_answer_is_never_stored(as_ada):
    assert as_ada.get(URL)["Cache-Control"] == "no-store, private"


def test_answer_names_nobody(as_ada, ben, book):
    book(ben, TUESDAY, 10)
    body = as_ada.get(URL).content
    assert b"ben" not in body.lower()


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_is_read_only(as_ada, method):
    assert getattr(as_ada, method)(URL).status_code == 405


def test_head_is_answered(as_ada):
    assert as_ada.head(URL).status_code == 200


def test_every_hour_offered_can_be_booked_and_no_other(as_ada, ada, ben, book):
    book(ben, TUESDAY, 10)
    Closure.objects.create(first_date=TUESDAY, last_date=TUESDAY, first_hour=15, last_hour=16)
    day = "2026-11-10"
    offered = as_ada.get(URL, {"from": day, "to": day}).json()["days"][day]
    taken = {
        hour: as_ada.post("/appointments/book/", {"date": day, "hour": str(hour)}).status_code
        for hour in ALL_DAY
    }
    assert [hour for hour, status in taken.items() if status == 302] == offered
    assert as_ada.get(URL, {"from": day, "to": day}).json()["days"] == {}


def cost(browser: Client, asked: dict[str, str]) -> int:
    """Return the number of queries beyond those for the session and the user."""
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(URL, asked).status_code == 200
    sql = [query["sql"] for query in queries]
    known = [one for one in sql if "accounts_session" in one or "accounts_user" in one]
    assert len(known) == 2
    return len(sql) - 2


def test_costs_four_queries_at_most_and_as_many_for_a_day_as_for_a_quarter(as_ada, ada):
    day = {"from": "2026-11-10", "to": "2026-11-10"}
    quarter = {"from": "2026-11-03", "to": "2027-01-31"}
    empty = {cost(as_ada, asked) for asked in (day, quarter, {})}
    Appointment.objects.bulk_create(
        Appointment(client=ada, date=TUESDAY + n * DAY, hour=9, created_at=NOW) for n in range(200)
    )
    assert {cost(as_ada, asked) for asked in (day, quarter, {})} == empty
    assert len(empty) == 1
    assert max(empty) <= 4
