"""Invitations: who gets one, how long its link opens the door, and what is kept of it."""

import datetime as dt
import re
from contextlib import contextmanager

import pytest
from django.core import mail as outgoing
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from post_office.models import STATUS, Email

from accounts import invitations
from accounts.models import Invitation, State, User
from tests.accounts.conftest import EVE, WEEK, accept, key_of
from tests.conftest import NOW
from tests.rows import unchanged
from therapeutics import mail
from therapeutics.models import Practice

pytestmark = pytest.mark.django_db

SECOND = dt.timedelta(seconds=1)
UNREACHABLE = "tests.therapeutics.test_mail.Unreachable"


def find(key: str, now: dt.datetime = NOW) -> Invitation:
    return invitations.find(key_digest=invitations.digest(key), now=now)


def resend(invitation: Invitation, by: User, now: dt.datetime = NOW) -> Invitation:
    return invitations.resend(invitation=invitation, by=by, now=now)


def state(invitation: Invitation, now: dt.datetime = NOW) -> State:
    return Invitation.objects.get(pk=invitation.pk).state(now)


def waiting() -> "QuerySet[Email]":
    return Email.objects.filter(status=STATUS.queued)


def tables_with(text: str) -> set[str]:
    """Return the tables of the database, ours or not, that have the text in a row."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            if any(text in str(value) for row in cursor.fetchall() for value in row):
                found.add(table)
    return found


@contextmanager
def refused(refusal: type[Exception]):
    """Fail unless the block is refused, with a text for people, and nothing is written."""
    with unchanged(), pytest.raises(refusal) as caught:
        yield
    assert str(caught.value)


class TestInvite:
    def test_writes_who_whom_and_until_when(self, eve, counsellor):
        kept = Invitation.objects.get()
        assert (kept.email, kept.name, kept.inviter) == (EVE, "Eve", counsellor)
        assert (kept.sent, kept.expires_at) == (NOW, NOW + WEEK)
        assert (kept.accepted_at, kept.revoked_at, kept.person) == (None, None, None)

    @pytest.mark.parametrize(
        "email", [EVE, "EVE@example.com", "eve@EXAMPLE.COM", "Eve@Example.Com"]
    )
    def test_address_with_an_open_invitation_is_refused_in_any_case(self, invite, eve, email):
        with refused(invitations.AlreadyInvited):
            invite(email, now=NOW + WEEK - SECOND)

    @pytest.mark.parametrize("email", ["ada@example.com", "ADA@example.com", "Ada@Example.COM"])
    def test_registered_address_is_refused_in_any_case(self, invite, ada, email):
        with refused(invitations.AlreadyRegistered):
            invite(email)

    def test_database_keeps_one_open_invitation_per_address_in_any_case(self, eve):
        with pytest.raises(IntegrityError), transaction.atomic():
            Invitation.objects.create(email="EVE@example.com", name="E", sent=NOW, expires_at=NOW)

    def test_expired_address_is_invited_anew(self, invite, eve):
        old, later = key_of(eve), NOW + WEEK
        again = invite(EVE.upper(), name="Eve Moneypenny", now=later)
        assert (again.name, again.expires_at) == ("Eve Moneypenny", later + WEEK)
        assert Invitation.objects.count() == waiting().count() == 1
        assert find(key_of(again), later) == again
        with pytest.raises(invitations.NoSuchInvitation):
            find(old, later)

    def test_revoked_address_is_invited_anew(self, invite, eve):
        old = key_of(eve)
        invitations.revoke(invitation=eve, by=eve.inviter, now=NOW)
        again = invite()
        assert state(again) == State.QUEUED
        assert find(key_of(again)) == again
        with pytest.raises(invitations.NoSuchInvitation):
            find(old)

    def test_invitation_outlives_its_inviter(self, eve, counsellor):
        key = key_of(eve)
        counsellor.delete()
        assert find(key).inviter is None
        assert accept(key).email == EVE


class TestKey:
    def test_is_in_the_mail_alone_until_it_is_delivered_and_then_nowhere(self, eve):
        key = key_of(eve)
        assert tables_with(key) == {"post_office_email"}
        assert tables_with(invitations.digest(key)) == {"accounts_invitation"}
        assert mail.deliver() == 1
        assert tables_with(key) == set()
        assert key in outgoing.outbox[0].body

    @pytest.mark.parametrize("guess", ["", "x", "{digest}", "{KEY}", "{key}=", "x" * 5000, "ключ"])
    def test_nothing_else_opens(self, eve, guess):
        key = key_of(eve)
        guess = guess.format(digest=eve.key, KEY=key.swapcase(), key=key)
        with refused(invitations.NoSuchInvitation):
            find(guess)
        with refused(invitations.NoSuchInvitation):
            accept(guess)


class TestOpen:
    def test_until_the_term_is_over(self, eve):
        key = key_of(eve)
        assert find(key, NOW + WEEK - SECOND) == eve
        with refused(invitations.InvitationExpired):
            find(key, NOW + WEEK)
        with refused(invitations.InvitationExpired):
            accept(key, NOW + WEEK)

    def test_once(self, eve):
        key = key_of(eve)
        person = accept(key)
        kept = Invitation.objects.get()
        assert (kept.person, kept.accepted_at) == (person, NOW)
        with refused(invitations.InvitationUsed):
            find(key)
        with refused(invitations.InvitationUsed):
            accept(key, username="mallory")


class TestRevoke:
    def test_unsent_mail_is_withdrawn_and_the_link_opens_nothing(self, eve):
        key = key_of(eve)
        invitations.revoke(invitation=eve, by=eve.inviter, now=NOW)
        assert state(eve) == State.REVOKED
        assert mail.deliver() == 0
        assert Email.objects.get().status == STATUS.failed
        with refused(invitations.InvitationRevoked):
            find(key)
        with refused(invitations.InvitationRevoked):
            accept(key)

    def test_accepted_one_is_refused(self, eve):
        accept(key_of(eve))
        with refused(invitations.InvitationUsed):
            invitations.revoke(invitation=eve, by=eve.inviter, now=NOW)


class TestMail:
    def test_goes_to_the_invited_from_the_practice(self, eve):
        sent = Email.objects.get()
        assert (sent.to, sent.from_email) == ([EVE], Practice().sender)
        assert sent.status == STATUS.queued
        assert outgoing.outbox == []

    def test_says_who_invites_until_when_and_what_next(self, eve):
        sent = Email.objects.get()
        for text in (sent.message, sent.html_message):
            for told in (
                "Eve",
                "Counsellor",
                "Monday 9 November 2026, 10:30",
                "choose a user name",
            ):
                assert told in text

    def test_subject_gives_nothing_away(self, eve):
        subject = Email.objects.get().subject.casefold()
        assert subject
        for word in ("eve", "counsel", "therap", "practice", "client", Practice().name.casefold()):
            assert word not in subject

    def test_link_leads_to_our_site(self, invite, settings):
        settings.SITE_URL = "https://practice.example"
        invitation = invite()
        sent, link = (
            Email.objects.get(),
            f"https://practice.example/invitations/{key_of(invitation)}/",
        )
        assert re.findall(r"https?://\S+", sent.message) == [link]
        assert f'href="{link}"' in sent.html_message

    def test_is_rolled_back_with_the_invitation(self, invite):
        savepoint = transaction.savepoint()
        invite()
        transaction.savepoint_rollback(savepoint)
        assert not Email.objects.exists()
        assert not Invitation.objects.exists()


class TestDelivery:
    def fail_to_deliver(self, settings) -> None:
        working, down = settings.POST_OFFICE, {"default": UNREACHABLE}
        settings.POST_OFFICE = working | {"BACKENDS": down, "MAX_RETRIES": 0}
        assert mail.deliver() == 0
        settings.POST_OFFICE = working

    def test_state_follows_the_mail(self, eve):
        assert state(eve) == State.QUEUED
        mail.deliver()
        assert state(eve) == State.SENT

    def test_failed_mail_is_told_and_sent_again(self, eve, counsellor, settings):
        self.fail_to_deliver(settings)
        assert (state(eve), state(eve).label) == (State.FAILED, "Delivery failed")
        assert Email.objects.get().message == ""  # nobody needs its key any more
        resend(eve, counsellor)
        assert state(eve) == State.QUEUED
        assert mail.deliver() == 1
        assert (state(eve), len(outgoing.outbox)) == (State.SENT, 1)

    def test_mail_that_cannot_be_queued_is_told_and_corrected(self, invite, counsellor):
        invitation = invite("no address")
        assert (Email.objects.count(), state(invitation)) == (0, State.FAILED)
        Invitation.objects.update(email=EVE)
        resend(invitation, counsellor)
        assert (Email.objects.get().to, state(invitation)) == ([EVE], State.QUEUED)


class TestResend:
    def test_old_key_is_dead_and_the_new_one_opens(self, eve, counsellor):
        old = key_of(eve)
        resend(eve, counsellor)
        with refused(invitations.NoSuchInvitation):
            accept(old)
        assert accept(key_of(eve)).email == EVE

    def test_unsent_old_mail_is_withdrawn(self, eve, counsellor):
        old = Email.objects.get()
        resend(eve, counsellor)
        assert waiting().get().pk != old.pk
        assert mail.deliver() == 1

    def test_term_begins_anew(self, eve, counsellor):
        later = NOW + 2 * WEEK
        assert state(eve, later) == State.EXPIRED
        resend(eve, counsellor, later)
        assert Invitation.objects.get().expires_at == later + WEEK
        assert find(key_of(eve), later) == eve

    def test_who_sends_it_again_is_who_invites(self, eve, superuser):
        resend(eve, superuser)
        assert Invitation.objects.get().inviter == superuser
        assert "Superuser invites you" in waiting().get().message

    def test_accepted_one_is_refused(self, eve, counsellor):
        stale = Invitation.objects.get()
        accept(key_of(eve))
        User.objects.filter(username="eve").update(email="new@example.com")
        with refused(invitations.InvitationUsed):
            resend(stale, counsellor)

    def test_address_that_is_registered_meanwhile_is_refused(self, eve, ada, counsellor):
        User.objects.filter(pk=ada.pk).update(email=EVE)
        with refused(invitations.AlreadyRegistered):
            resend(eve, counsellor)
