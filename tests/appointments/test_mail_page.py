"""The page of mail: what became of each, and what the practice can do when one did not arrive."""

import datetime as dt
import html
import re
import uuid

import pytest
from django.http import HttpResponse
from post_office.models import STATUS, Email, Log

from accounts import invitations
from tests.conftest import NOW
from tests.rows import unchanged
from therapeutics import mail
from therapeutics.models import MailKind, Worker

from .conftest import REFUSAL, text
from .test_queries import cost

pytestmark = [pytest.mark.once, pytest.mark.django_db, pytest.mark.usefixtures("clock")]

MAIL, DIARY = "/client-admin/mail/", "/client-admin/"
WAITING, SENT, RETRYING = "Waiting", "Sent", "Trying again"
FAILED, OVERTAKEN = "Failed", "Not sent: overtaken"
LATE, FAILING = "has not run for 15 minutes", "could not be sent"
Row = list[str]


def rows(answer: HttpResponse) -> list[Row]:
    """Return what the cells of each mail say."""
    table = re.search(r"<tbody>(.*?)</tbody>", text(answer), re.DOTALL)
    found = re.findall(r"<tr>(.*?)</tr>", table[1], re.DOTALL) if table else []
    cells = [re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row, re.DOTALL) for row in found]
    return [[plain(cell) for cell in row] for row in cells]


def plain(cell: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", cell)).split())


def states(answer: HttpResponse) -> list[str]:
    return [row[3] for row in rows(answer)]


def test_mail_is_listed_with_recipient_kind_time_and_state(as_counsellor, queue):
    queue(kind=MailKind.CONFIRMED)
    queue("ben@example.com", kind=MailKind.INVITATION)
    assert [row[:4] for row in rows(as_counsellor.get(MAIL))] == [
        ["ben@example.com", "Invitation", "2 Nov 2026, 10:30", WAITING],
        ["ada@example.com", "Confirmation", "2 Nov 2026, 10:30", WAITING],
    ]


@pytest.fixture
def one_of_each(queue, send) -> None:
    """The latest first: waiting, overtaken, trying again, failed, sent at the second attempt."""
    record = queue("sent@example.com")
    send(refused=True)
    Email.objects.filter(pk=record.mail_id).update(scheduled_time=None)
    send()
    queue("failed@example.com")
    send(for_good=True)
    queue("retrying@example.com")
    send(refused=True)
    mail.overtake(subject=queue("overtaken@example.com", subject=uuid.uuid4()).about)
    queue("waiting@example.com")


def test_each_state_is_told_with_attempts_and_reason(as_counsellor, one_of_each):
    assert states(as_counsellor.get(MAIL)) == [
        WAITING,
        OVERTAKEN,
        f"{RETRYING} 1 attempt {REFUSAL}",
        f"{FAILED} 1 attempt {REFUSAL}",
        f"{SENT} 2 attempts",
    ]


@pytest.mark.parametrize(
    ("state", "found"),
    [
        ("waiting", ["waiting@example.com"]),
        ("sent", ["sent@example.com"]),
        ("retrying", ["retrying@example.com"]),
        ("failed", ["failed@example.com"]),
        ("withdrawn", ["overtaken@example.com"]),
        ("trouble", ["failed@example.com"]),
    ],
)
def test_list_is_filtered_by_state(as_counsellor, one_of_each, state, found):
    assert [row[0] for row in rows(as_counsellor.get(MAIL, {"state": state}))] == found


@pytest.mark.parametrize(("q", "count"), [("RETRY", 1), ("@example.com", 5), ("nobody", 0)])
def test_recipients_are_searched(as_counsellor, one_of_each, q, count):
    assert len(rows(as_counsellor.get(MAIL, {"q": q}))) == count


def test_search_and_state_go_together(as_counsellor, one_of_each):
    assert rows(as_counsellor.get(MAIL, {"q": "sent", "state": "failed"})) == []


@pytest.mark.parametrize("query", ["state=lost", "state=%00", "q=" + "x" * 500])
def test_filter_that_makes_no_sense_is_refused(as_counsellor, one_of_each, query):
    assert as_counsellor.get(f"{MAIL}?{query}").status_code == 422


def test_attempts_that_fail_for_an_hour_are_a_trouble(as_counsellor, queue):
    record = queue()
    for retries, found in ((3, 0), (4, 1)):
        Email.objects.filter(pk=record.mail_id).update(
            status=STATUS.requeued, number_of_retries=retries
        )
        assert len(rows(as_counsellor.get(MAIL, {"state": "trouble"}))) == found


def test_list_costs_the_same_at_1_and_at_50_mails(as_counsellor, queue):
    for count in (1, 49):
        for n in range(count):
            email = queue(f"client{n}@example.com").mail
            Log.objects.create(email=email, status=STATUS.failed, message=REFUSAL)
        if count == 1:
            as_counsellor.get(MAIL)  # fills what is kept in memory
            at_one = cost(as_counsellor, MAIL)
    assert len(rows(as_counsellor.get(MAIL))) == 50
    assert cost(as_counsellor, MAIL) == at_one


def test_what_a_server_says_is_escaped(as_counsellor, failed):
    page = text(as_counsellor.get(MAIL))
    assert "<script>alert" not in page
    assert "550 &lt;script&gt;alert(1)&lt;/script&gt; no such user" in page


@pytest.mark.parametrize("refused", [False, True])
def test_key_of_an_invitation_is_never_shown(as_counsellor, counsellor, send, refused):
    invitations.invite(email="eve@example.com", name="Eve", by=counsellor, now=NOW)
    key = re.search(r"/invitations/([\w-]+)/", Email.objects.get().message)[1]
    assert key not in text(as_counsellor.get(MAIL))
    send(for_good=refused)
    page = text(as_counsellor.get(MAIL))
    assert "eve@example.com" in page
    assert key not in page
    assert not Email.objects.filter(message__contains=key).exists()


@pytest.mark.parametrize(
    ("action", "method"), [("", "get"), ("again/", "post"), ("aside/", "post")]
)
def test_mail_is_for_staff_only(client, as_ada, failed, action, method):
    path = MAIL + (f"{failed.pk}/{action}" if action else "")
    with unchanged():
        assert getattr(as_ada, method)(path).status_code == 403
        answer = getattr(client, method)(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=")


@pytest.mark.parametrize("action", ["again", "aside"])
def test_looking_changes_nothing(as_counsellor, failed, action):
    with unchanged():
        answer = as_counsellor.get(f"{MAIL}{failed.pk}/{action}/")
        as_counsellor.head(f"{MAIL}{failed.pk}/{action}/")
    assert (answer.status_code, answer["Location"]) == (302, MAIL)


@pytest.mark.parametrize("page", [DIARY, MAIL])
class TestBanner:
    def test_there_is_none_while_all_is_well(self, as_counsellor, queue, send, page):
        queue()
        send()
        queue()
        Worker.beat(NOW)
        said = text(as_counsellor.get(page))
        assert LATE not in said
        assert FAILING not in said

    @pytest.mark.parametrize(("minutes", "is_late"), [(14, False), (15, True), (29, True)])
    def test_worker_that_has_not_run_is_told(self, clock, as_counsellor, page, minutes, is_late):
        Worker.beat(NOW)
        clock.shift(minutes * 60)
        assert (LATE in text(as_counsellor.get(page))) == is_late
        Worker.beat(NOW + dt.timedelta(minutes=minutes))
        assert LATE not in text(as_counsellor.get(page))

    def test_worker_that_has_never_run_is_told(self, as_counsellor, page):
        assert LATE in text(as_counsellor.get(page))

    def test_failed_mail_is_told_until_it_is_put_aside(self, as_counsellor, failed, page):
        said = text(as_counsellor.get(page))
        assert f"1 mail {FAILING}" in said
        assert f"{MAIL}?state=trouble" in said
        mail.put_aside(record=failed)
        assert FAILING not in text(as_counsellor.get(page))

    def test_failed_mail_is_told_until_it_is_sent(self, as_counsellor, failed, send, page):
        mail.send_again(record=failed, now=NOW)
        assert FAILING not in text(as_counsellor.get(page))
        send()
        assert FAILING not in text(as_counsellor.get(page))

    def test_it_counts_and_does_not_name(self, as_counsellor, failed, queue, send, page):
        queue()
        send(for_good=True)
        assert f"2 mails {FAILING}" in text(as_counsellor.get(page))


def test_diary_names_nobody_whose_mail_failed(as_counsellor, failed):
    page = text(as_counsellor.get(DIARY))
    assert "ada@example.com" not in page
    assert "550" not in page
