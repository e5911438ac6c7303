"""What pages cost: as many queries at 50 rows as at 1, and an index for every question."""

import datetime as dt
import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from appointments.models import Appointment, AppointmentEvent, CancelledBy, Status
from appointments.slots import availability
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
MONDAY = dt.date(2026, 11, 9)
LATER = dt.datetime(2027, 6, 1, 12, tzinfo=dt.UTC)
HOURS = range(9, 18)
ROWS = 20_000


def slots(first: dt.date, count: int) -> list[tuple[dt.date, int]]:
    return [(first + (n // len(HOURS)) * DAY, HOURS[n % len(HOURS)]) for n in range(count)]


def fill(count: int, *, client: User | None = None) -> None:
    """Give `count` slots to one client, or each to another one, every one with an event."""
    people = [client] * count if client else [User(username=f"client{n}") for n in range(count)]
    if not client:
        User.objects.bulk_create(people)
    appointments = Appointment.objects.bulk_create(
        Appointment(client=person, date=date, hour=hour, created_at=NOW)
        for person, (date, hour) in zip(people, slots(MONDAY, count), strict=True)
    )
    AppointmentEvent.objects.bulk_create(
        AppointmentEvent(
            appointment=one,
            at=NOW,
            by=one.client,
            action="booked",
            to_status="pending",
            to_date=one.date,
            to_hour=one.hour,
        )
        for one in appointments
    )


def cost(browser: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(url).status_code == 200
    return len(queries)


def costs_the_same(browser: Client, url: str, more: Callable[[int], None]) -> bool:
    """Compare the page's cost with one row and with fifty."""
    more(1)
    browser.get(url)  # fills what is kept in memory
    at_one = cost(browser, url)
    Appointment.objects.all().delete()
    User.objects.filter(username__startswith="client").delete()
    more(50)
    return cost(browser, url) == at_one


@pytest.mark.parametrize("url", ["/appointments/", "/appointments/?when=past"])
def test_clients_list_costs_the_same_at_1_and_at_50_rows(clock, ada, sign_in, url):
    if "past" in url:
        clock.move_to(LATER)
    assert costs_the_same(sign_in(ada), url, lambda count: fill(count, client=ada))


@pytest.mark.parametrize(
    "url",
    [
        "/appointments/",
        "/client-admin/appointments/",
        "/client-admin/appointments/?status=pending&q=client&from=2026-11-01",
    ],
)
def test_staff_list_costs_the_same_at_1_and_at_50_rows(as_counsellor, url):
    assert costs_the_same(as_counsellor, url, fill)


@pytest.mark.parametrize("table", ["appointment", "appointmentevent", "closure", "openinghours"])
def test_site_admin_list_costs_the_same_at_1_and_at_50_rows(clock, superuser, sign_in, table):
    assert costs_the_same(sign_in(superuser), f"/admin/appointments/{table}/", fill)


def test_list_of_people_costs_the_same_at_1_and_at_50_rows(clock, superuser, sign_in):
    assert costs_the_same(sign_in(superuser), "/admin/accounts/user/", fill)


def test_history_costs_the_same_at_1_and_at_50_events(as_counsellor, ada, book):
    appointment = book(ada)
    url = f"/client-admin/appointments/{appointment.pk}/"
    as_counsellor.get(url)
    at_one = cost(as_counsellor, url)
    event = appointment.events.get()
    for n in range(49):
        event.pk, event.by = None, User.objects.create(username=f"client{n}")
        event.save(force_insert=True)
    assert cost(as_counsellor, url) == at_one


@pytest.fixture
def decades(ada) -> None:
    """20,000 appointments of 51 clients around MONDAY, a third of them cancelled."""
    first = MONDAY - ROWS // len(HOURS) // 2 * DAY
    people = [ada, *User.objects.bulk_create(User(username=f"client{n}") for n in range(50))]
    held = {"status": Status.CONFIRMED}
    cancelled = {"status": Status.CANCELLED, "cancelled_by": CancelledBy.CLIENT}
    Appointment.objects.bulk_create(
        (
            Appointment(client=people[n % 51], date=date, hour=hour, created_at=NOW, **state)
            for state, count in ((held, ROWS * 2 // 3), (cancelled, ROWS // 3))
            for n, (date, hour) in enumerate(slots(first, count))
        ),
        batch_size=2000,
    )


EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN "}


def plans(ask: Callable[[], object]) -> list[str]:
    """Return how the database answers each query about appointments, parameters bound."""
    asked = []

    def note(execute, sql, params, many, context):
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        ask()
    with connection.cursor() as cursor:
        found = []
        for sql, params in asked:
            if "appointments_appointment" in sql:
                cursor.execute(EXPLAIN[connection.vendor] + sql, params)
                rows = "\n".join(str(row[-1]) for row in cursor.fetchall())
                found.append(rows.replace("COVERING ", ""))
    return found


def plan(question: QuerySet) -> str:
    (how,) = plans(lambda: list(question))
    return how


# With statistics SQLite walks the statuses in the covering index; PostgreSQL never does.
BY_SLOT = {"one_active_appointment_per_slot", "appointment_by_status"}


def questions(ada: User) -> dict[str, tuple[QuerySet, set[str]]]:
    """Return what the pages ask, with the indexes that may answer each."""
    rows = Appointment.objects.all()
    return {
        "one slot": (rows.active().filter(date=MONDAY, hour=9).order_by(), BY_SLOT),
        "a client's upcoming": (
            rows.for_client(ada).upcoming(NOW)[:20],
            {"appointment_clients"},
        ),
        "a client's past": (
            rows.for_client(ada).past(NOW).order_by("-date", "-hour", "-id")[:20],
            {"appointment_clients"},
        ),
        "how many a client holds": (
            rows.active().for_client(ada).upcoming(NOW).order_by(),
            {"appointment_clients"},
        ),
        "everyone's upcoming": (rows.upcoming(NOW)[:20], {"appointment_everyones"}),
        "a week": (
            rows.between(MONDAY, MONDAY + 7 * DAY).order_by("-date", "-hour", "-id")[:50],
            {"appointment_everyones"},
        ),
    }


@pytest.mark.parametrize("statistics", [False, True], ids=["new database", "analyzed database"])
def test_every_question_is_answered_from_an_index_on_the_date(decades, ada, statistics):
    if connection.vendor == "postgresql" and not statistics:
        pytest.skip("PostgreSQL gathers its statistics by itself")
    if statistics:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE appointments_appointment")
    asked = {name: (plan(question), known) for name, (question, known) in questions(ada).items()}
    for days in (0, 89):
        (how,) = plans(lambda end=MONDAY + days * DAY: availability(start=MONDAY, end=end, now=NOW))
        asked[f"availability of {days + 1} days"] = (how, BY_SLOT)
    for name, (how, known) in asked.items():
        ours = r"(?:using|USING INDEX|Index Scan on) (appointment_\w+|one_active\w+)"
        used = set(re.findall(ours, how))
        assert used, f"{name}: {how}"
        assert used <= known, f"{name}: {how}"
        assert not re.search(r"(?:Seq Scan on|SCAN) appointments_appointment(?! USING)", how), how
        assert re.search(r"date(>|<|=)\?|Cond: .*date\)? (>|<|)= ", how), f"{name}: {how}"


def test_staff_list_is_read_in_the_order_of_an_index(decades):
    """The first page costs fifty rows, however many there are: nothing is sorted."""
    how = plan(Appointment.objects.order_by("-date", "-hour", "-id")[:50])
    assert "appointment_everyones" in how
    assert not re.search(r"Sort|TEMP B-TREE", how)
