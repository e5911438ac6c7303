"""Which hours are open: every rule that closes one, alone and together."""

import datetime as dt
import uuid

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from appointments import booking, errors, slots
from appointments.models import (
    Appointment,
    BookingPolicy,
    CancelledBy,
    Closure,
    OpeningHours,
    Status,
)
from tests.conftest import NOW, TUESDAY

pytestmark = pytest.mark.django_db

ALL_DAY = list(range(9, 18))
SATURDAY = dt.date(2026, 11, 14)
LAST_DAY = dt.date(2027, 1, 31)  # 90 days after NOW, a Sunday
DAY = dt.timedelta(days=1)


def open_on(date: dt.date, *, now: dt.datetime = NOW, staff: bool = False) -> list[int]:
    return slots.availability(now=now, start=date, end=date, staff=staff).on(date)


def test_free_weekday_is_open_from_9_to_the_session_at_17(practice):
    assert open_on(TUESDAY) == ALL_DAY


def test_weekend_is_closed(practice):
    week = slots.availability(now=NOW, start=SATURDAY - 5 * DAY, end=SATURDAY + DAY)
    assert list(week.days) == [SATURDAY - n * DAY for n in (5, 4, 3, 2, 1)]


def test_day_with_a_break_has_two_stretches(practice):
    OpeningHours.objects.filter(weekday=1).update(first_hour=9, last_hour=11)
    OpeningHours.objects.create(weekday=1, first_hour=14, last_hour=15)
    assert open_on(TUESDAY) == [9, 10, 11, 14, 15]


def test_overlapping_stretches_open_an_hour_once(practice):
    OpeningHours.objects.create(weekday=1, first_hour=12, last_hour=15)
    assert open_on(TUESDAY) == ALL_DAY


def test_practice_without_opening_hours_is_closed(practice):
    OpeningHours.objects.all().delete()
    assert slots.availability(now=NOW).days == {}


@pytest.mark.parametrize(
    ("closure", "expected"),
    [
        ({"first_date": TUESDAY, "last_date": TUESDAY}, []),
        ({"first_date": TUESDAY - DAY, "last_date": TUESDAY + DAY}, []),
        ({"first_date": TUESDAY - 300 * DAY, "last_date": TUESDAY + 300 * DAY}, []),
        ({"first_date": TUESDAY - 3 * DAY, "last_date": TUESDAY - DAY}, ALL_DAY),
        ({"first_date": TUESDAY + DAY, "last_date": TUESDAY + DAY}, ALL_DAY),
        (
            {"first_date": TUESDAY, "last_date": TUESDAY, "first_hour": 10, "last_hour": 16},
            [9, 17],
        ),
        (
            {"first_date": TUESDAY - DAY, "last_date": TUESDAY, "first_hour": 9, "last_hour": 9},
            ALL_DAY[1:],
        ),
        (
            {"first_date": TUESDAY, "last_date": TUESDAY, "first_hour": 17, "last_hour": 17},
            ALL_DAY[:-1],
        ),
    ],
)
def test_closure_closes_its_days_and_hours_and_no_others(practice, closure, expected):
    Closure.objects.create(**closure)
    assert open_on(TUESDAY) == expected


def test_overlapping_closures_close_what_either_closes(practice):
    day = {"first_date": TUESDAY, "last_date": TUESDAY}
    Closure.objects.create(**day, first_hour=9, last_hour=11)
    Closure.objects.create(**day, first_hour=11, last_hour=14)
    assert open_on(TUESDAY) == [15, 16, 17]


@pytest.mark.parametrize("status", list(Status))
def test_slot_is_taken_unless_its_appointment_is_cancelled(ada, book, status):
    appointment = book(ada, hour=10)
    cancelled_by = CancelledBy.CLIENT if status == Status.CANCELLED else ""
    Appointment.objects.filter(pk=appointment.pk).update(status=status, cancelled_by=cancelled_by)
    assert (10 in open_on(TUESDAY)) == (status == Status.CANCELLED)
    assert len(open_on(TUESDAY)) == 9 - (status != Status.CANCELLED)


def test_slot_cancelled_twice_and_held_once_is_taken(ada, ben, book):
    for client in (ada, ben):
        booking.cancel(appointment=book(client, hour=10), by=client, now=NOW)
    assert 10 in open_on(TUESDAY)
    book(ben, hour=10)
    assert 10 not in open_on(TUESDAY)


def test_without_dates_a_client_is_shown_notice_to_horizon(practice):
    found = slots.availability(now=NOW)
    assert (found.start, found.end) == (dt.date(2026, 11, 3), LAST_DAY)
    assert found.days[dt.date(2026, 11, 3)] == ALL_DAY[2:]  # NOW is 10:30: 24 hours on is 11
    assert max(found.days) == LAST_DAY - 2 * DAY  # the Friday before


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (None, None, (dt.date(2026, 11, 3), LAST_DAY)),
        (TUESDAY, None, (TUESDAY, LAST_DAY)),
        (None, TUESDAY, (dt.date(2026, 11, 3), TUESDAY)),
        (None, dt.date(2026, 1, 1), (dt.date(2026, 1, 1), dt.date(2026, 1, 1))),
        (dt.date(2030, 1, 1), None, (dt.date(2030, 1, 1), dt.date(2030, 1, 1))),
        (dt.date.min, dt.date.min, (dt.date.min, dt.date.min)),
        (dt.date.max, dt.date.max, (dt.date.max, dt.date.max)),
        (TUESDAY, TUESDAY, (TUESDAY, TUESDAY)),
    ],
)
def test_missing_end_of_the_span_is_filled_in(practice, start, end, expected):
    found = slots.availability(now=NOW, start=start, end=end)
    assert (found.start, found.end) == expected


@pytest.mark.parametrize("staff", [False, True])
@pytest.mark.parametrize(("start", "end"), [(dt.date.min, None), (None, dt.date.max)])
def test_half_open_span_never_exceeds_366_days(practice, staff, start, end):
    found = slots.availability(now=NOW, start=start, end=end, staff=staff)
    assert found.end - found.start <= 366 * DAY


def test_no_hour_is_offered_outside_the_horizon(practice):
    BookingPolicy.objects.create(horizon_days=8)
    assert open_on(TUESDAY) == ALL_DAY
    assert open_on(TUESDAY + DAY) == []


def test_zero_horizon_offers_nothing_with_a_day_of_notice(practice):
    BookingPolicy.objects.create(horizon_days=0)
    assert slots.availability(now=NOW).days == {}


def test_staff_need_no_notice_and_see_366_days(practice):
    found = slots.availability(now=NOW, staff=True)
    assert (found.start, found.end) == (NOW.date(), NOW.date() + 366 * DAY)
    assert found.days[NOW.date()] == [11, 12, 13, 14, 15, 16, 17]  # it is 10:30


def test_staff_are_bound_by_opening_hours_and_closures(practice):
    Closure.objects.create(first_date=TUESDAY, last_date=TUESDAY)
    assert open_on(TUESDAY, staff=True) == []
    assert open_on(SATURDAY, staff=True) == []


def test_slots_are_listed_soonest_first(practice):
    found = list(slots.availability(now=NOW).slots())
    assert found == sorted(found)
    assert found[0] == slots.Slot(dt.date(2026, 11, 3), 11)


def test_availability_costs_the_same_few_queries_for_any_span(ada, book):
    for hour in (9, 10, 11):
        book(ada, hour=hour)
    Closure.objects.create(first_date=TUESDAY, last_date=TUESDAY, first_hour=12, last_hour=12)
    costs = set()
    for days in (0, 1, 90, 366):
        with CaptureQueriesContext(connection) as queries:
            slots.availability(now=NOW, start=TUESDAY, end=TUESDAY + days * DAY, staff=True)
        costs.add(len(queries))
    assert len(costs) == 1
    assert max(costs) <= 4


@pytest.mark.parametrize(
    ("date", "hour", "staff", "refusal"),
    [
        (TUESDAY, 9, False, None),
        (dt.date(2026, 11, 2), 9, False, errors.SlotPast),
        (dt.date(2026, 10, 30), 9, True, errors.SlotPast),
        (dt.date.min, 9, True, errors.SlotPast),
        (dt.date.max, 17, True, errors.TooFar),
        (dt.date(2026, 11, 3), 10, False, errors.TooSoon),
        (dt.date(2026, 11, 3), 11, False, None),
        (dt.date(2026, 11, 2), 11, True, None),
        (dt.date(2026, 11, 2), 10, True, errors.SlotPast),
        (SATURDAY, 9, True, errors.SlotClosed),
        (dt.date(2027, 1, 29), 17, False, None),
        (dt.date(2027, 2, 1), 9, False, errors.TooFar),
        (dt.date(2027, 2, 1), 9, True, None),
    ],
)
def test_slot_that_cannot_be_booked_says_why(practice, date, hour, staff, refusal):
    if refusal is None:
        slots.require_open(date=date, hour=hour, now=NOW, staff=staff)
        assert hour in open_on(date, staff=staff)
    else:
        with pytest.raises(refusal):
            slots.require_open(date=date, hour=hour, now=NOW, staff=staff)
        assert hour not in open_on(date, staff=staff)


class TestConstraints:
    """What the database itself refuses, whoever writes."""

    @staticmethod
    def refused(model, **fields):
        with pytest.raises(IntegrityError), transaction.atomic():
            model.objects.create(**fields)

    def appointment(self, client: User, **fields):
        return {"client": client, "date": TUESDAY, "hour": 10, "created_at": NOW} | fields

    def test_second_active_appointment_in_a_slot(self, ada, ben, book):
        book(ada)
        for status in (Status.PENDING, Status.CONFIRMED, Status.ATTENDED, Status.NO_SHOW):
            self.refused(Appointment, **self.appointment(ben, status=status))

    @pytest.mark.parametrize("hour", [0, 8, 18, 24])
    def test_hour_that_starts_no_session(self, ada, hour):
        self.refused(Appointment, **self.appointment(ada, hour=hour))

    @pytest.mark.parametrize(
        "fields",
        [
            {"status": "cancelled"},
            {"status": "confirmed", "cancelled_by": "client"},
            {"status": "confirmed", "cancelled_late": True},
            {"status": "cancelled", "cancelled_by": "practice", "cancelled_late": True},
            {"status": "cancelled", "cancelled_by": "nobody"},
            {"status": "unheard_of"},
        ],
    )
    def test_cancellation_that_does_not_say_by_whom(self, ada, fields):
        self.refused(Appointment, **self.appointment(ada, **fields))

    def test_appointment_of_nobody(self, practice):
        savepoint = transaction.savepoint()
        Appointment.objects.create(**self.appointment(User(pk=uuid.uuid4())))
        with pytest.raises(IntegrityError):
            connection.check_constraints()
        transaction.savepoint_rollback(savepoint)

    @pytest.mark.parametrize(
        "fields",
        [
            {"first_date": TUESDAY, "last_date": TUESDAY - DAY},
            {"first_date": TUESDAY, "last_date": TUESDAY, "first_hour": 9},
            {"first_date": TUESDAY, "last_date": TUESDAY, "last_hour": 9},
            {"first_date": TUESDAY, "last_date": TUESDAY, "first_hour": 12, "last_hour": 9},
            {"first_date": TUESDAY, "last_date": TUESDAY, "first_hour": 9, "last_hour": 18},
        ],
    )
    def test_closure_out_of_order(self, practice, fields):
        self.refused(Closure, **fields)

    @pytest.mark.parametrize(
        "fields",
        [
            {"weekday": 0},  # opens at 9 already
            {"weekday": 7},
            {"weekday": 5, "first_hour": 8},
            {"weekday": 5, "last_hour": 18},
            {"weekday": 5, "first_hour": 12, "last_hour": 11},
        ],
    )
    def test_opening_hours_out_of_order(self, practice, fields):
        self.refused(OpeningHours, **fields)

    def test_second_policy(self, practice):
        BookingPolicy.objects.create()
        self.refused(BookingPolicy, id=2)
