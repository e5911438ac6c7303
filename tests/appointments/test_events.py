"""Every change leaves one event: who, when, what, from, to."""

import datetime as dt

import pytest
from django.db import transaction
from django.db.models import ProtectedError

from appointments import booking
from appointments.models import Appointment, AppointmentEvent, Status
from tests.conftest import NOW, TUESDAY

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)
WEDNESDAY = TUESDAY + 24 * HOUR


def told(event: AppointmentEvent) -> tuple[object, ...]:
    return (
        event.action,
        (event.from_status, event.from_date, event.from_hour),
        (event.to_status, event.to_date, event.to_hour),
    )


def test_events_tell_the_whole_story(ada, counsellor, book):
    appointment = book(ada, TUESDAY, 10)
    staff = {"appointment": appointment, "by": counsellor, "notify": False}
    booking.set_status(**staff, status=Status.CONFIRMED, now=NOW + HOUR)
    booking.move(
        appointment=appointment, date=WEDNESDAY, hour=9, by=ada, now=NOW + 2 * HOUR, notify=False
    )
    booking.cancel(appointment=appointment, by=ada, now=NOW + 3 * HOUR, notify=False)
    booking.set_status(**staff, status=Status.CONFIRMED, now=NOW + 4 * HOUR)
    after = dt.datetime(2026, 11, 11, 10, tzinfo=dt.UTC)
    booking.set_status(**staff, status=Status.NO_SHOW, now=after)
    booking.set_status(**staff, status=Status.ATTENDED, now=after + HOUR)

    tuesday, wednesday = (TUESDAY, 10), (WEDNESDAY, 9)
    assert [told(event) for event in appointment.events.all()] == [
        ("booked", ("", None, None), ("pending", *tuesday)),
        ("confirmed", ("pending", *tuesday), ("confirmed", *tuesday)),
        ("moved", ("confirmed", *tuesday), ("pending", *wednesday)),
        ("cancelled", ("pending", *wednesday), ("cancelled", *wednesday)),
        ("confirmed", ("cancelled", *wednesday), ("confirmed", *wednesday)),
        ("no_show", ("confirmed", *wednesday), ("no_show", *wednesday)),
        ("attended", ("no_show", *wednesday), ("attended", *wednesday)),
    ]
    by = [event.by for event in appointment.events.all()]
    assert by == [ada, counsellor, ada, ada, counsellor, counsellor, counsellor]
    assert [event.at for event in appointment.events.all()] == [
        *(NOW + n * HOUR for n in range(5)),
        after,
        after + HOUR,
    ]


def test_events_belong_to_their_appointment_only(ada, ben, book):
    first, second = book(ada, hour=10), book(ben, hour=11)
    booking.cancel(appointment=second, by=ben, now=NOW, notify=False)
    assert [event.action for event in first.events.all()] == ["booked"]
    assert [event.action for event in second.events.all()] == ["booked", "cancelled"]


def test_change_that_is_rolled_back_leaves_no_event(ada, book):
    savepoint = transaction.savepoint()
    book(ada)
    transaction.savepoint_rollback(savepoint)
    assert not Appointment.objects.exists()
    assert not AppointmentEvent.objects.exists()


def test_events_stay_when_the_person_who_acted_is_gone(ada, counsellor, book):
    appointment = book(ada, by=counsellor)
    counsellor.delete()
    event = appointment.events.get()
    assert (event.by, event.action) == (None, "booked")


def test_client_with_appointments_cannot_be_deleted(ada, book):
    book(ada)
    with pytest.raises(ProtectedError):
        ada.delete()


def test_event_reads_as_a_sentence(ada, book):
    assert str(book(ada).events.get()) == "Booked 2026-11-10 10:00"
