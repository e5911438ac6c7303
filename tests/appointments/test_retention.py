"""Retention: what is older than its period is listed, and goes when that is wanted."""

import datetime as dt
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from post_office.models import STATUS, Attachment, Email

from accounts import invitations
from accounts.models import Invitation, User
from appointments import booking, notifications, retention
from appointments.models import Appointment, RetentionPolicy, Status
from tests.conftest import NOW, TUESDAY
from tests.rows import unchanged
from therapeutics.models import AuditEvent, AuditKind, MailFile, MailRecord

from .series import weekly

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

DAY = dt.timedelta(days=1)
YEARS = dt.timedelta(days=8 * 366)
RULES = [
    *("Mail", "Invitations", "Notes and reasons", "Clients, erased", "Security log"),
]


def due() -> dict[str, int]:
    return {one.what: one.rows for one in retention.due(now=NOW)}


def long_ago(*, client: User, by: User, years: dt.timedelta = YEARS) -> Appointment:
    """An attended appointment with words in it, and a mail with an attachment."""
    then = NOW - years
    one = booking.book(client=client, date=TUESDAY, hour=10, by=by, now=NOW, note="old-note")
    notifications.write_due()
    Appointment.objects.filter(pk=one.pk).update(
        date=then.date(), status=Status.ATTENDED, reason="old-reason", created_at=then
    )
    Email.objects.update(status=STATUS.sent, created=then)
    return one


@pytest.fixture
def everything(ada, ben, counsellor) -> None:
    """One of each that is old; ben has one of each that is young."""
    long_ago(client=ada, by=counsellor)
    User.objects.filter(pk=ada.pk).update(date_joined=NOW - YEARS, last_login=NOW - YEARS)
    invitations.invite(email="old@example.com", name="Old", by=counsellor, now=NOW - 120 * DAY)
    invitations.invite(email="young@example.com", name="Young", by=counsellor, now=NOW - 60 * DAY)
    Email.objects.filter(to="old@example.com").update(status=STATUS.failed)
    booking.book(client=ben, date=TUESDAY, hour=11, by=ben, now=NOW, note="young-note")
    notifications.write_due()
    User.objects.filter(pk=ben.pk).update(date_joined=NOW - YEARS, last_login=None)
    for when in (NOW - 401 * DAY, NOW):
        AuditEvent.objects.create(at=when, kind=AuditKind.SIGNED_IN, by=ada.pk)


def test_command_lists_what_would_go_and_removes_nothing(everything):
    out = StringIO()
    with unchanged():
        call_command("retention", stdout=out)
    said = out.getvalue()
    assert [line for line in RULES if line not in said] == []
    assert "Nothing was removed" in said
    assert due() == dict.fromkeys(RULES, 1)


def test_command_removes_what_is_due_and_nothing_else(everything, ada, ben):
    out = StringIO()
    call_command("retention", "--apply", stdout=out)
    assert due() == dict.fromkeys(RULES, 0)
    assert not Invitation.objects.filter(email="old@example.com").exists()
    assert Invitation.objects.filter(email="young@example.com").exists()
    assert User.objects.get(pk=ada.pk).erased_at == NOW
    assert User.objects.get(pk=ben.pk).erased_at is None
    assert Appointment.objects.get(client=ada).status == Status.ATTENDED
    assert set(Appointment.objects.values_list("note", "reason")) == {
        ("", ""),
        ("young-note", ""),
    }
    assert not Email.objects.filter(created__lt=NOW - 90 * DAY).exists()
    assert Email.objects.filter(to=ben.email).exists()
    assert AuditEvent.objects.filter(kind=AuditKind.SIGNED_IN).get().at == NOW


def test_each_removal_is_in_the_security_log(everything, ada):
    call_command("retention", "--apply", stdout=StringIO())
    expired = AuditEvent.objects.filter(kind=AuditKind.EXPIRED)
    assert sorted(expired.values_list("about_model", flat=True)) == [
        "accounts.invitation",
        "appointments.appointment",
        "therapeutics.auditevent",
        "therapeutics.mailrecord",
    ]
    erased = AuditEvent.objects.get(kind=AuditKind.ERASED)
    assert (erased.by, erased.about) == (None, str(ada.pk))


def test_second_run_removes_nothing(everything):
    retention.apply(now=NOW)
    with unchanged():
        assert sum(one.rows for one in retention.apply(now=NOW)) == 0


def test_mail_goes_with_its_attachments(ada, counsellor):
    long_ago(client=ada, by=counsellor)
    assert MailFile.objects.exists()
    retention.apply(now=NOW)
    left = [rows.objects.count() for rows in (Email, MailRecord, Attachment, MailFile)]
    assert left == [0, 0, 0, 0]


def test_mail_that_waits_is_not_touched(ada, counsellor):
    long_ago(client=ada, by=counsellor)
    Email.objects.update(status=STATUS.queued)
    retention.apply(now=NOW)
    assert Email.objects.get().message


def test_more_than_a_batch_goes(counsellor, monkeypatch):
    monkeypatch.setattr(retention, "MOST", 3)
    for number in range(8):
        address = f"old{number}@example.com"
        invitations.invite(email=address, name="Old", by=counsellor, now=NOW - 120 * DAY)
    retention.apply(now=NOW)
    assert not Invitation.objects.exists()
    assert AuditEvent.objects.filter(kind=AuditKind.EXPIRED).count() == 8


class TestPeriods:
    def test_empty_one_keeps_for_good(self, everything):
        names = ["mail_days", "invitation_days", "audit_days", "note_years", "client_years"]
        RetentionPolicy.objects.create(automatic=True, **dict.fromkeys(names))
        with unchanged():
            assert {one.period for one in retention.apply(now=NOW)} == {"for good"}

    def test_is_the_practices_own(self, everything):
        RetentionPolicy.objects.create(mail_days=7, invitation_days=30)
        assert due()["Invitations"] == 2

    def test_security_log_is_kept_for_90_days_at_least(self):
        with pytest.raises(ValidationError):
            RetentionPolicy(audit_days=89).full_clean()
        RetentionPolicy(audit_days=90).full_clean()

    @pytest.mark.parametrize("field", ["client_years", "note_years"])
    def test_goes_back_no_further_than_there_were_years(self, field):
        with pytest.raises(ValidationError):
            RetentionPolicy(**{field: 3000}).full_clean()

    def test_year_of_a_leap_day_has_a_day_less(self, ada):
        leap = dt.datetime(2028, 2, 29, 12, tzinfo=dt.UTC)
        assert retention.due(now=leap)


class TestClients:
    @pytest.fixture(autouse=True)
    def old(self, ada) -> None:
        User.objects.filter(pk=ada.pk).update(date_joined=NOW - YEARS, last_login=NOW - YEARS)

    def test_who_signed_in_lately_stays(self, ada):
        User.objects.filter(pk=ada.pk).update(last_login=NOW - DAY)
        assert due()["Clients, erased"] == 0

    def test_who_had_an_appointment_since_stays(self, ada, counsellor):
        long_ago(client=ada, by=counsellor, years=dt.timedelta(days=366))
        assert due()["Clients, erased"] == 0

    def test_who_has_a_standing_slot_stays(self, ada, counsellor):
        made = weekly(ada, sessions=None)
        made.by, made.created_at, made.decided_until = counsellor, NOW, TUESDAY
        made.save()
        assert due()["Clients, erased"] == 0

    def test_old_request_without_an_answer_keeps_nobody(self, ada, counsellor):
        one = long_ago(client=ada, by=counsellor)
        Appointment.objects.filter(pk=one.pk).update(status=Status.PENDING)
        retention.apply(now=NOW)
        assert User.objects.get(pk=ada.pk).erased_at == NOW

    def test_staff_stay(self, ada, counsellor):
        User.objects.update(date_joined=NOW - YEARS)
        User.objects.filter(pk=ada.pk).update(is_staff=True)
        assert due()["Clients, erased"] == 0

    def test_who_is_gone_is_counted_once(self, ada):
        assert due()["Clients, erased"] == 1
        retention.apply(now=NOW)
        assert due()["Clients, erased"] == 0


class TestWorker:
    def test_removes_nothing_by_itself(self, everything):
        RetentionPolicy.objects.create()
        with unchanged():
            assert retention.apply_if_wanted(now=NOW) == 0

    def test_removes_what_is_due_where_that_is_chosen(self, everything, caplog):
        RetentionPolicy.objects.create(automatic=True)
        call_command("deliver", "--once")
        assert f"{len(RULES)} rows removed after their period" in caplog.messages
        assert due() == dict.fromkeys(RULES, 0)


def test_superuser_edits_the_periods(superuser, sign_in):
    browser = sign_in(superuser)
    assert browser.get("/admin/appointments/retentionpolicy/").status_code == 302
    answer = browser.post(
        "/admin/appointments/retentionpolicy/add/",
        {"mail_days": "30", "invitation_days": "", "audit_days": "400", "note_years": "7"},
    )
    assert answer.status_code == 302
    policy = RetentionPolicy.load()
    assert (policy.mail_days, policy.invitation_days, policy.automatic) == (30, None, False)
