"""Erasure and mail: a worker that has one in hand, and other people's mail, which stays."""

import datetime as dt

import pytest
from allauth.account.models import EmailAddress
from post_office.models import STATUS, Email, Log

from accounts import invitations, people
from accounts.models import Invitation, Note, User
from appointments import booking, erasure, notifications, personal_data
from appointments.models import Appointment
from tests.conftest import NOW, PASSWORD, TUESDAY
from tests.smtp import smtp
from therapeutics import mail
from therapeutics.models import MailFile, MailRecord, MailState, Practice

from .life import left

__all__ = ["smtp"]

pytestmark = pytest.mark.django_db
WEEK = dt.timedelta(weeks=1)


class TestMailInHand:
    """A worker has read the mail, and the person is erased before it is sent."""

    @pytest.fixture
    def erased_meanwhile(self, clock, ada, superuser, counsellor, smtp, monkeypatch):
        booking.book(client=ada, date=TUESDAY, hour=10, by=counsellor, now=NOW - WEEK)
        notifications.write_due()
        prepare = Email.prepare_email_message

        def erase_before(email: Email):
            message = prepare(email)
            erasure.erase(person=ada, by=superuser, now=NOW)
            return message

        def deliver() -> None:
            monkeypatch.setattr(Email, "prepare_email_message", erase_before)
            mail.deliver()

        return deliver

    def test_that_is_sent_leaves_nothing(self, erased_meanwhile, smtp):
        erased_meanwhile()
        assert len(smtp.to("ada@example.com")) == 1
        assert left({"ada@example.com"}) == {}
        assert MailRecord.objects.get().state == MailState.SENT

    def test_that_fails_leaves_nothing_and_is_not_tried_again(self, erased_meanwhile, smtp):
        smtp.refused.add("ada@example.com")
        erased_meanwhile()
        assert left({"ada@example.com"}) == {}
        assert Log.objects.filter(status=STATUS.failed).exists()
        mail.deliver()
        assert MailRecord.objects.get().state == MailState.WITHDRAWN


class TestOthersMail:
    """Whose name or address somebody writes down is not touched, and not shown."""

    @pytest.fixture
    def waiting(self, clock, ben, counsellor) -> Email:
        booking.book(client=ben, date=TUESDAY, hour=10, by=counsellor, now=NOW)
        notifications.write_due()
        return Email.objects.get(to=ben.email)

    def kept(self, mail: Email) -> bool:
        mail.refresh_from_db()
        return bool(mail.message) and mail.status == STATUS.queued

    def test_by_an_address_that_was_never_confirmed(self, waiting, ada, ben, superuser):
        for address in (ben.email, "eve@example.com"):
            EmailAddress.objects.create(user=ada, email=address, verified=False, primary=False)
        invited = invitations.invite(email="eve@example.com", name="Eve", by=superuser, now=NOW)
        assert "Your appointment" not in str(personal_data.gather(person=ada, now=NOW).facts)
        erasure.erase(person=ada, by=superuser, now=NOW)
        assert self.kept(waiting)
        assert self.kept(invited.mail)
        assert Invitation.objects.filter(pk=invited.pk).exists()

    @pytest.mark.parametrize("name", ["Appointment", "Your appointment", "Ben"])
    def test_by_a_name_that_is_in_every_mail(self, waiting, ada, superuser, name):
        people.describe(person=ada, name=name, phone=Practice.load().phone)
        erasure.erase(person=ada, by=superuser, now=NOW)
        assert self.kept(waiting)

    def test_by_a_name_like_theirs(self, waiting, ada, ben, superuser):
        Invitation.objects.create(
            email=ben.email, name="Ada", key="x", inviter=superuser, sent=NOW, expires_at=NOW
        )
        people.describe(person=ada, name="Ada", phone="")
        erasure.erase(person=ada, by=superuser, now=NOW)
        assert self.kept(waiting)
        assert Invitation.objects.filter(email=ben.email).exists()


def test_namesakes_and_short_names_are_left_in_peace(clock, practice, superuser, counsellor):
    """Al is not in Albert, and what is written to somebody else stays."""
    short = User.objects.create_user("al", "al@example.com", PASSWORD, name="Al Bert")
    other = User.objects.create_user("albert", "albert@example.com", PASSWORD, name="Albert Ross")
    booking.book(client=other, date=TUESDAY, hour=10, by=counsellor, now=NOW, note="al")
    notifications.write_due()
    people.add_note(client=other, text="al", by=counsellor, now=NOW)
    erasure.erase(person=short, by=superuser, now=NOW)
    assert Email.objects.get(to="albert@example.com").message
    assert MailFile.objects.count() == 1
    assert (Note.objects.get().text, Appointment.objects.get().note) == ("al", "al")
    other.refresh_from_db()
    assert (other.name, other.is_active) == ("Albert Ross", True)
