"""A client who books, cancels or writes while they are erased: before or not at all."""

import datetime as dt

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import Note, User
from appointments import booking, notifications
from appointments.models import Appointment
from tests.accounts.conftest import reauthenticate
from tests.appointments.life import left
from tests.concurrency.conftest import Post, at_once
from tests.conftest import person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("server")]

BOOK, DONE = "/appointments/book/", 302
MARKS = {"zoological", "z.quill", "umbrellafish"}


@pytest.fixture
def zoe(practice) -> User:
    made = person("zoe")
    User.objects.filter(pk=made.pk).update(name="Zoological Quill", email="z.quill@example.com")
    return User.objects.get(pk=made.pk)


@pytest.fixture
def erasing(server, superuser, sign_in, zoe) -> Post:
    """The superuser's button, a moment after they gave their password."""
    browser: Client = sign_in(superuser)
    reauthenticate(browser)
    session = browser.cookies[settings.SESSION_COOKIE_NAME].value
    return Post(server, f"/admin/accounts/user/{zoe.pk}/erase/", session, {})


def is_gone(who: User) -> bool:
    ahead = Appointment.objects.active().for_client(who)
    return User.objects.get(pk=who.pk).erased_at is not None and not ahead.exists()


@pytest.mark.parametrize("_again", range(3))
def test_booking_is_refused_or_erased_as_well(erasing, post_as, open_slots, zoe, _again):
    posts = [
        post_as(zoe, BOOK, date=slot.date, hour=slot.hour, note="umbrellafish")
        for slot in open_slots[:4]
    ]
    statuses = at_once([*posts, erasing])
    assert statuses[-1] == DONE
    assert set(statuses[:-1]) <= {DONE, 409}
    assert is_gone(zoe)
    assert left(MARKS) == {}


@pytest.mark.parametrize("_again", range(3))
def test_cancelling_moving_and_writing_come_before_or_not_at_all(
    erasing, post_as, open_slots, zoe, counsellor, _again
):
    now = timezone.now()
    first, second = (
        booking.book(client=zoe, date=date, hour=hour, by=zoe, now=now, note="umbrellafish")
        for date, hour in open_slots[:2]
    )
    to = open_slots[20]
    at_once(
        [
            post_as(zoe, f"/appointments/{first.pk}/cancel/"),
            post_as(zoe, f"/appointments/{second.pk}/move/", date=to.date, hour=to.hour),
            post_as(zoe, "/account/", name="Zoological Quill", phone="1"),
            post_as(counsellor, f"/client-admin/clients/{zoe.pk}/notes/", text="Zoological"),
            erasing,
        ]
    )
    assert is_gone(zoe)
    assert left(MARKS) == {}
    assert not Note.objects.exists()


def test_practice_that_cancels_meanwhile_writes_to_nobody(
    erasing, post_as, zoe, counsellor, open_slots
):
    """A session that is over, and was not marked: erasing leaves it, cancelling meets that."""
    (date, hour), yesterday = open_slots[0], timezone.localdate() - dt.timedelta(days=1)
    one = booking.book(client=zoe, date=date, hour=hour, by=counsellor, now=timezone.now())
    Appointment.objects.filter(pk=one.pk).update(date=yesterday)
    path = f"/client-admin/appointments/{one.pk}/status/"
    sent = {"status": "cancelled", "reason": "Zoological", "notify": "on"}
    at_once([erasing, post_as(counsellor, path, **sent)])
    notifications.write_due()
    assert User.objects.get(pk=zoe.pk).erased_at is not None
    assert left(MARKS) == {}


def test_two_who_erase_do_it_once(erasing, zoe):
    assert sorted(at_once([erasing, erasing])) in ([DONE, DONE], [DONE, 404])
    assert is_gone(zoe)
