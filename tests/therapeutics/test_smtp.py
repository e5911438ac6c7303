"""Every message over a real mail server: whole, discreet, with headers and calendars that hold."""

import datetime as dt
import re
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from html import unescape
from typing import NamedTuple

import icalendar
import pytest
import time_machine
import vobject
from django.db import transaction
from django.test import override_settings

from accounts.models import User
from appointments import booking, notifications
from tests.conftest import NOW, TUESDAY
from tests.smtp import Received, Server, leading_to, running
from tests.therapeutics import messages
from tests.therapeutics.messages import CASES, COUNSELLOR, NOTE, REASON, Case, Cast
from therapeutics import mail
from therapeutics.models import MailRecord, Practice

pytestmark = [pytest.mark.once, pytest.mark.django_db]

SITE = "http://127.0.0.1:8000/"
DISCREET = "Zoë & Søn"
ONCE = ["From", "To", "Subject", "Message-ID", "Date", "Reply-To", "MIME-Version", "Content-Type"]
KNOWN = {*map(str.lower, ONCE), "auto-submitted", "expires"}
REVEALING = ("therap", "counsel", "psych", "mental", "treatment", "secret")
# All of it may stand in a name: `accounts.validators` lets it through.
UNRULY = [
    'A"d,a<ada@example.com>',
    "{%now%}{{link}}{#a#}",
    "<b>&amp;</b><script>",
    "\\r\\nBcc:ben@example.com",
    "%0d%0aBcc:ben@example.com",
    "=?utf-8?q?=0D=0ABcc=3A_ben=40example.com?=",
    "Zoë\u200b\u00ad\ufeff\u200f",
    ".Ada;\\n:Ada",
]
QUICK = "django.contrib.auth.hashers.MD5PasswordHasher"
WITH_CALENDAR = [name for name, case in CASES.items() if case.method]
LATER = dt.timedelta(minutes=4)  # than a change whose mail waits for the next one


class Arrived(NamedTuple):
    """A message of the list that came, and the calendar file that was queued with it."""

    case: Case
    received: Received
    calendar: bytes


@pytest.fixture(scope="module")
def arrived(request, django_db_setup, django_db_blocker) -> Arrived:
    """Each message of the list, delivered once for all that is asked of it."""
    with (
        django_db_blocker.unblock(),
        transaction.atomic(),
        running() as server,
        override_settings(**leading_to(server), PASSWORD_HASHERS=[QUICK]),
        time_machine.travel(NOW, tick=False) as clock,
    ):
        Practice.objects.create(discreet_name=DISCREET)
        found = delivered(CASES[request.param], messages.a_cast(), server, clock)
        transaction.set_rollback(True)
    return found


@pytest.fixture
def cast(practice) -> Cast:
    return messages.a_cast()


def delivered(case: Case, cast: Cast, server: Server, clock: time_machine.Traveller) -> Arrived:
    """Let it happen, and the grace pass; all that was queued arrives."""
    case.change(cast)
    clock.move_to(case.at + LATER)
    queued = MailRecord.objects.count()
    assert mail.deliver() == queued == len(server.received)
    record = MailRecord.objects.get(kind=case.kind)
    (received,) = server.to(case.to)
    assert received.id == record.mail.message_id
    attached = record.mail.attachments.first()
    return Arrived(case, received, attached.file.read() if attached else b"")


def part(received: Received, kind: str) -> EmailMessage:
    (found,) = (one for one in received.message.walk() if one.get_content_type() == kind)
    return found


def text(received: Received, kind: str = "text/plain") -> str:
    return part(received, kind).get_content()


def calendar_bytes(received: Received) -> bytes:
    return part(received, "text/calendar").get_payload(decode=True)


def all_of(received: Received) -> str:
    """Return the message as it came, and what each of its parts says."""
    said = [received.raw.decode("utf-8", "replace"), *map(str, received.message.values())]
    leaves = [one for one in received.message.walk() if not one.is_multipart()]
    said += [one.get_payload(decode=True).decode() for one in leaves]
    return "\n".join(said)


@pytest.mark.parametrize("arrived", CASES, indirect=True)
class TestEveryMessage:
    def test_arrives_with_text_and_html(self, arrived):
        received = arrived.received
        assert received.to == (arrived.case.to,)
        assert "<" not in text(received)
        assert DISCREET in text(received)
        html = text(received, "text/html")
        assert html.lstrip().lower().startswith("<!doctype html>")
        assert DISCREET in unescape(html)
        kinds = [one.get_content_type() for one in received.message.walk()]
        assert kinds.index("text/plain") < kinds.index("text/html")  # the best one is the last
        assert ("text/calendar" in kinds) == bool(arrived.case.method)

    def test_headers_are_safe(self, arrived):
        received = arrived.received
        headers = received.message
        assert {name: len(headers.get_all(name, [])) for name in ONCE} == dict.fromkeys(ONCE, 1)
        assert set(map(str.lower, headers.keys())) <= KNOWN
        assert [one.defects for one in headers.walk() if one.defects] == []
        assert [name for name, value in headers.items() if value.defects] == []
        (sender,), (to,) = headers["From"].addresses, headers["To"].addresses
        assert (sender.display_name, sender.addr_spec) == (DISCREET, "practice@example.com")
        assert (to.display_name, to.addr_spec) == ("", arrived.case.to)
        assert received.sender == headers["Reply-To"].addresses[0].addr_spec == sender.addr_spec
        assert re.fullmatch(r"<[^<>@\s]+@127\.0\.0\.1>", received.id)
        assert headers["Date"].datetime.replace(tzinfo=dt.UTC) == arrived.case.at + LATER
        assert headers["Auto-Submitted"] == "auto-generated"
        assert all(len(line) <= 998 for line in received.raw.split(b"\r\n"))  # RFC 5322, 2.1.1

    def test_expires_is_a_date_with_a_year(self, arrived):
        expires = arrived.received.message["Expires"]
        assert expires is None or parsedate_to_datetime(expires).year == NOW.year

    def test_subject_is_discreet(self, arrived):
        subject = arrived.received.message["Subject"]
        assert subject.startswith(arrived.case.subject)
        assert [word for word in REVEALING if word in subject.lower()] == []
        assert not re.search("ada|ben", subject, re.IGNORECASE)

    def test_one_thing_to_do(self, arrived):
        received = arrived.received
        html = text(received, "text/html")
        (in_text,) = re.findall(r"https?:\S+", text(received))
        (in_html,) = re.findall(r'(?:href|src)="(.*?)"', html)
        assert in_text == unescape(in_html)
        assert in_text.startswith(SITE)
        assert len(re.findall('class="button"', html)) == 1

    def test_note_and_reason_stay_in_the_practice(self, arrived):
        said = all_of(arrived.received)
        assert NOTE not in said
        assert REASON not in said


@pytest.mark.parametrize("arrived", WITH_CALENDAR, indirect=True)
class TestCalendarFile:
    def test_method_is_the_one_inside(self, arrived):
        received = arrived.received
        file = part(received, "text/calendar")
        whole = icalendar.Calendar.from_ical(calendar_bytes(received))
        assert file["Content-Type"].params["method"] == str(whole["METHOD"]) == arrived.case.method
        assert file["Content-Type"].params["charset"] == "utf-8"
        assert file.get_filename() == "appointment.ics"

    def test_icalendar_reads_it(self, arrived):
        whole = icalendar.Calendar.from_ical(calendar_bytes(arrived.received))
        assert [one.errors for one in whole.walk() if one.errors] == []
        assert sorted(one.start.astimezone(dt.UTC) for one in whole.events) == list(
            arrived.case.starts
        )
        assert {str(one["SUMMARY"]) for one in whole.events} == {f"Appointment · {DISCREET}"}

    def test_another_reader_finds_the_right_instants(self, arrived):
        whole = vobject.readOne(calendar_bytes(arrived.received).decode())
        starts = sorted(one.dtstart.value.astimezone(dt.UTC) for one in whole.vevent_list)
        assert starts == list(arrived.case.starts)
        assert {one.summary.value for one in whole.vevent_list} == {f"Appointment · {DISCREET}"}
        assert whole.method.value == arrived.case.method

    def test_its_bytes_arrive_as_they_were_queued(self, arrived):
        came = calendar_bytes(arrived.received)
        assert came == arrived.calendar
        assert came.count(b"\n") == came.count(b"\r\n")
        assert came.endswith(b"END:VCALENDAR\r\n")
        assert max(map(len, came.split(b"\r\n"))) <= 75
        assert DISCREET in came.replace(b"\r\n ", b"").decode()


@pytest.mark.parametrize(
    ("date", "utc_hour"), [(dt.date(2026, 7, 7), 9), (dt.date(2026, 10, 27), 10)]
)
def test_summer_and_winter_start_at_the_right_instant(cast, smtp, clock, date, utc_hour):
    now = dt.datetime.combine(date, dt.time(12), tzinfo=dt.UTC) - dt.timedelta(days=7)
    clock.move_to(now)
    booking.book(client=cast.client, date=date, hour=10, by=cast.counsellor, now=now)
    notifications.write_due()
    clock.move_to(now + LATER)
    mail.deliver()
    (received,) = smtp.received
    start = vobject.readOne(calendar_bytes(received).decode()).vevent.dtstart.value
    assert start.astimezone(dt.UTC) == dt.datetime.combine(date, dt.time(utc_hour), tzinfo=dt.UTC)


@pytest.mark.parametrize("name", UNRULY)
class TestUnrulyName:
    def test_of_a_client_is_shown_as_it_is(self, cast, smtp, clock, name):
        name_them(cast.client, name)
        client, counsellor = deliver_booking(cast, smtp, clock)
        assert f"Hello {name}," in text(client)
        (shown,) = re.findall("<bdi>(.*?)</bdi>", text(client, "text/html"))
        assert unescape(shown) == name
        assert "<" not in shown
        for received in (client, counsellor):
            assert_headers_are_ours(received)
            assert name not in "\n".join(map(str, received.message.values()))
        assert name not in all_of(counsellor)

    def test_of_an_inviter_is_shown_as_it_is(self, cast, smtp, clock, name):
        name_them(cast.counsellor, name)
        received = delivered(CASES["invitation"], cast, smtp, clock).received
        assert f"{name} invites you" in text(received)
        assert_headers_are_ours(received)
        assert len(re.findall(r'href="', text(received, "text/html"))) == 1


def name_them(user: User, name: str) -> None:
    user.name = name
    user.full_clean()  # nothing on the way in refuses it
    user.save()


def deliver_booking(cast: Cast, smtp: Server, clock: time_machine.Traveller) -> list[Received]:
    """Return the client's message and the counsellor's."""
    return [
        delivered(CASES["request received"], cast, smtp, clock).received,
        *smtp.to(COUNSELLOR),
    ]


def assert_headers_are_ours(received: Received) -> None:
    assert set(map(str.lower, received.message.keys())) <= KNOWN
    assert len(received.to) == 1
    assert received.message.defects == []


def test_long_name_of_the_practice_arrives_in_folded_lines(practice, smtp, clock):
    name = "Ø" * 49 + "é"
    Practice.objects.create(discreet_name=name)
    found = delivered(CASES["request received"], messages.a_cast(), smtp, clock)
    came = calendar_bytes(found.received)
    assert came == found.calendar
    assert max(map(len, came.split(b"\r\n"))) <= 75
    assert vobject.readOne(came.decode()).vevent.summary.value.endswith(name)
    assert found.received.message["From"].addresses[0].display_name == name


def test_each_message_has_its_own_id(cast, smtp, clock):
    for hour in (9, 10, 11):
        messages.booked(cast, hour=hour)
    clock.move_to(NOW + LATER)
    mail.deliver()
    assert len({one.id for one in smtp.received}) == len(smtp.received) == 6


def test_mail_without_calendar_files_has_none(cast, smtp, clock):
    User.objects.filter(pk=cast.client.pk).update(calendar_files=False)
    cast.client.refresh_from_db()
    booking.book(client=cast.client, date=TUESDAY, hour=9, by=cast.counsellor, now=NOW)
    notifications.write_due()
    clock.move_to(NOW + LATER)
    mail.deliver()
    (received,) = smtp.received
    assert "text/calendar" not in [one.get_content_type() for one in received.message.walk()]
