"""What a client is told by mail: one mail per change, queued with it, discreet and whole."""

import re

import pytest
from django.db import transaction
from post_office.models import Email

from accounts.models import User
from appointments import booking, errors, notifications
from appointments.models import Appointment, BookingPolicy, Status
from tests.conftest import NOW, TUESDAY

pytestmark = pytest.mark.django_db

SLOT = "Tue 10 Nov"
REVEALING = ("therap", "counsel", "session", "psych", "mental", "client", "treatment")


@pytest.fixture
def appointment(ada, book) -> Appointment:
    return book(ada, TUESDAY, 10)


def do_book(appointment, by, **more):
    done = booking.book(client=appointment.client, date=TUESDAY, hour=14, by=by, now=NOW, **more)
    notifications.write_due()
    return done


def do_confirm(appointment, by, **more):
    return booking.set_status(
        appointment=appointment, status=Status.CONFIRMED, by=by, now=NOW, **more
    )


def do_move(appointment, by, **more):
    return booking.move(appointment=appointment, date=TUESDAY, hour=15, by=by, now=NOW, **more)


def do_cancel(appointment, by, **more):
    return booking.cancel(appointment=appointment, by=by, now=NOW, **more)


def do_cancel_by_status(appointment, by, **more):
    return booking.set_status(
        appointment=appointment, status=Status.CANCELLED, by=by, now=NOW, **more
    )


CHANGES = [do_book, do_confirm, do_move, do_cancel, do_cancel_by_status]


@pytest.mark.parametrize("change", CHANGES)
class TestEachChange:
    def test_queues_one_mail_to_the_client(self, appointment, counsellor, change):
        change(appointment, counsellor)
        mail = Email.objects.get()
        assert mail.to == ["ada@example.com"]
        assert (mail.cc, mail.bcc) == ([], [])
        assert mail.get_status_display() == "queued"

    def test_mail_has_text_and_html_with_the_slot(self, appointment, counsellor, change):
        done = change(appointment, counsellor)
        mail = Email.objects.get()
        for part in (mail.message, mail.html_message):
            assert f"{done.hour:02}:00" in part
            assert "10 Nov" in part
            leads_to = f"{done.pk}/" if done.is_active else "book/"
            assert f"http://127.0.0.1:8000/appointments/{leads_to}" in part
        assert "<" not in mail.message
        assert mail.html_message.lstrip().lower().startswith("<!doctype html>")

    def test_subject_is_one_discreet_line(self, appointment, counsellor, change):
        done = change(appointment, counsellor)
        subject = Email.objects.get().subject
        assert SLOT in subject
        assert f"{done.hour:02}:00" in subject
        assert subject == " ".join(subject.split())
        assert [word for word in REVEALING if word in subject.lower()] == []

    def test_sender_is_discreet(self, appointment, counsellor, change):
        change(appointment, counsellor)
        sender = Email.objects.get().from_email
        assert sender == '"T. Inc" <practice@example.com>'

    def test_html_fetches_nothing(self, appointment, counsellor, change):
        change(appointment, counsellor)
        html = Email.objects.get().html_message
        assert not re.search(r"<img|<link|<script|url\(|@import", html)
        assert re.findall(r'href="(.*?)"', html) != []

    def test_client_without_e_mail_is_told_nothing(self, appointment, counsellor, change):
        User.objects.filter(pk=appointment.client_id).update(email="")
        appointment = Appointment.objects.get(pk=appointment.pk)
        change(appointment, counsellor)
        assert not Email.objects.exists()

    def test_nothing_is_told_when_asked_not_to(self, appointment, counsellor, change):
        change(appointment, counsellor, notify=False)
        assert not Email.objects.exists()

    def test_mail_is_rolled_back_with_its_change(self, appointment, counsellor, change):
        savepoint = transaction.savepoint()
        change(appointment, counsellor)
        assert Email.objects.exists()
        transaction.savepoint_rollback(savepoint)
        assert not Email.objects.exists()

    def test_text_part_is_plain_and_html_part_is_escaped(self, appointment, counsellor, change):
        User.objects.filter(pk=appointment.client_id).update(name="A&B<b> Smith")
        change(Appointment.objects.get(pk=appointment.pk), counsellor)
        mail = Email.objects.get()
        assert "A&B<b>" in mail.message
        assert "A&amp;B&lt;b&gt;" in mail.html_message
        assert "A&B<b>" not in mail.html_message

    def test_note_and_reason_stay_in_the_practice(self, appointment, counsellor, change):
        Appointment.objects.update(note="my secret", reason="their secret")
        change(Appointment.objects.get(pk=appointment.pk), counsellor)
        mail = Email.objects.get()
        assert "secret" not in mail.subject + mail.message + mail.html_message


def test_request_and_booking_are_told_apart(ada, counsellor):
    booking.book(client=ada, date=TUESDAY, hour=9, by=ada, now=NOW)
    booking.book(client=ada, date=TUESDAY, hour=10, by=counsellor, now=NOW)
    notifications.write_due()
    waiting, _request, booked = Email.objects.order_by("pk")
    assert waiting.subject != booked.subject.replace("10:00", "09:00")
    assert "confirmed" in waiting.message
    assert "confirmed" not in booked.message


def test_move_tells_both_slots(ada, appointment):
    do_move(appointment, ada)
    message = Email.objects.order_by("pk")[0].message
    assert "10:00" in message
    assert "15:00" in message


def test_move_to_its_own_slot_tells_nothing(ada, appointment):
    booking.move(appointment=appointment, date=TUESDAY, hour=10, by=ada, now=NOW)
    assert not Email.objects.exists()


def test_attendance_is_told_to_nobody(appointment, counsellor):
    do_confirm(appointment, counsellor, notify=False)
    for status in (Status.ATTENDED, Status.NO_SHOW):
        booking.set_status(
            appointment=appointment, status=status, by=counsellor, now=appointment.starts_at
        )
    assert not Email.objects.exists()


def test_refused_booking_tells_nobody(ben, appointment):
    with pytest.raises(errors.SlotTaken):
        booking.book(client=ben, date=TUESDAY, hour=10, by=ben, now=NOW)
    assert not Email.objects.exists()


def test_links_are_built_from_the_site_not_from_the_host_header(as_ada, settings):
    settings.SITE_URL = "https://practice.example"
    settings.ALLOWED_HOSTS = ["*"]
    as_ada.post(
        "/appointments/book/", {"date": "2026-11-10", "hour": "10"}, headers={"host": "evil.test"}
    )
    notifications.write_due()
    mail = Email.objects.get()
    assert "https://practice.example/appointments/" in mail.message
    assert "evil" not in mail.message + mail.html_message


def test_policy_without_confirmation_books_at_once(ada):
    BookingPolicy.objects.create(needs_confirmation=False)
    booking.book(client=ada, date=TUESDAY, hour=9, by=ada, now=NOW)
    notifications.write_due()
    assert "is booked" in Email.objects.get().message
