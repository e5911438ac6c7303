"""The demo practice: loaded once, and never into a practice with real people."""

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from post_office.models import Email

from accounts.models import User
from appointments.models import Appointment, AppointmentEvent, Status
from tests.conftest import NOW, PASSWORD
from tests.rows import unchanged

pytestmark = [pytest.mark.once, pytest.mark.django_db]


def seed(**options: object) -> str:
    said = StringIO()
    call_command("seed_demo", password=PASSWORD, stdout=said, **options)
    return said.getvalue()


@pytest.fixture(autouse=True)
def _stopped(clock, practice) -> None:
    """The demo is loaded at NOW."""


def test_everyone_can_sign_in(client):
    said = seed()
    people = {user.username: user for user in User.objects.all()}
    assert set(people) == {"counsellor", "client", "admin", *(f"client{n}" for n in range(2, 6))}
    assert people["counsellor"].is_staff
    assert people["admin"].is_superuser
    for name, person in people.items():
        assert name in said
        assert person.check_password(PASSWORD)
    assert PASSWORD in said


def test_eight_weeks_hold_every_status_that_a_demo_shows():
    seed()
    dates = list(Appointment.objects.values_list("date", flat=True))
    assert min(dates) <= NOW.date() - dt.timedelta(weeks=3)
    assert max(dates) >= NOW.date() + dt.timedelta(weeks=3)
    found = set(Appointment.objects.values_list("status", flat=True))
    assert found >= {Status.PENDING, Status.CONFIRMED, Status.ATTENDED}


def test_events_tell_the_state_of_each_appointment():
    seed()
    for appointment in Appointment.objects.all():
        event = appointment.events.last()
        assert (event.to_status, event.to_date, event.to_hour) == (
            appointment.status,
            appointment.date,
            appointment.hour,
        )
    assert AppointmentEvent.objects.filter(at__gt=NOW).count() == 0


def test_nobody_is_mailed():
    seed()
    assert not Email.objects.exists()


def test_second_time_changes_nothing():
    seed()
    with unchanged():
        seed()
        seed(if_empty=True)


def test_practice_with_real_people_is_left_alone(ada):
    with unchanged(), pytest.raises(CommandError, match="real people"):
        seed()
    with unchanged():
        assert "real people" in seed(if_empty=True)


def test_real_person_who_is_called_like_a_demo_person_is_left_alone():
    User.objects.create_superuser("admin", "somebody@example.com", "a password of theirs")
    with unchanged():
        assert "real people" in seed(if_empty=True)
    with unchanged(), pytest.raises(CommandError):
        seed()


@pytest.mark.parametrize("day", range(7))
@pytest.mark.parametrize("hour", [0, 9, 23])
def test_it_loads_on_any_day_at_any_hour(clock, day, hour):
    clock.move_to(NOW.replace(hour=hour) + dt.timedelta(days=day))
    seed()
    assert Appointment.objects.count() > 15


@pytest.mark.parametrize(
    "now",
    [
        dt.datetime(2027, 3, 28, 9, tzinfo=dt.UTC),
        dt.datetime(2026, 10, 25, 9, tzinfo=dt.UTC),
        dt.datetime(2028, 2, 29, 9, tzinfo=dt.UTC),
        dt.datetime(2026, 12, 31, 23, 59, tzinfo=dt.UTC),
    ],
)
def test_it_loads_on_days_that_are_unlike_others(clock, now):
    clock.move_to(now)
    seed()
    assert Appointment.objects.count() > 15
