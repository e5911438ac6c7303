"""Which mail a person wants: chosen on their account page, and kept to by what is queued."""

from html.parser import HTMLParser

import pytest
from django.http import HttpResponse
from django.test import Client
from post_office.models import STATUS, Attachment, Email

import appointments.series
from accounts import people
from accounts.models import STAFF_MAILINGS, FeedTitles, Mailing, Reminder, User
from appointments import booking, notifications
from appointments.models import Closure, Status
from tests.appointments.series import WEEK, as_planned, weekly
from tests.conftest import NOW, TUESDAY
from tests.rows import unchanged
from therapeutics import mail
from therapeutics.models import MailKind, MailRecord

from .conftest import text_of

pytestmark = [pytest.mark.once, pytest.mark.django_db, pytest.mark.usefixtures("clock")]

ACCOUNT, CHOICES, FEED = "/account/", "/account/mail/", "/account/feed/"
OF_CLIENTS = [one for one in Mailing if one not in STAFF_MAILINGS]
KINDS = {one: MailKind(one) for one in Mailing if one != Mailing.SERIES} | {
    Mailing.SERIES: MailKind.SERIES_BOOKED
}
CLIENTS_FORM = {"welcome": OF_CLIENTS, "reminder": "24", "calendar_files": "on"}
STAFF_FORM = {"welcome": STAFF_MAILINGS, "feed_titles": "neutral"}


class Forms(HTMLParser):
    """What a browser without scripts would send of each form that is not touched, by action."""

    def __init__(self, answer: HttpResponse) -> None:
        super().__init__()
        self.sent: dict[str, dict[str, list[str]]] = {}
        self.select = self.action = ""
        self.feed(text_of(answer))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        has = dict(attributes)
        if tag == "form":
            self.action = has.get("action") or ""
        elif tag == "select":
            self.select = has["name"]
        elif tag == "option" and "selected" in has:
            self.fill(self.select, has["value"])
        elif tag == "input" and (has["type"] != "checkbox" or "checked" in has):
            self.fill(has["name"], has.get("value") or "on")

    def fill(self, name: str, value: str) -> None:
        self.sent.setdefault(self.action, {}).setdefault(name, []).append(value)


def shown(browser: Client) -> dict[str, list[str]]:
    """Return the form of mail as the account page has it filled in."""
    filled = Forms(browser.get(ACCOUNT)).sent[CHOICES]
    return {name: sorted(values) for name, values in filled.items() if "csrf" not in name}


def choose(browser: Client, **fields: object) -> HttpResponse:
    answer = browser.post(CHOICES, fields)
    assert (answer.status_code, answer["Location"]) == (302, ACCOUNT)
    return answer


def everything_happens(ada: User, counsellor: User) -> None:
    """Ada books, is confirmed, moves and cancels, and gets a series, of which a date is missed."""
    booked = booking.book(client=ada, date=TUESDAY, hour=15, by=ada, now=NOW)
    notifications.write_due()
    Email.objects.update(status=STATUS.sent)
    booking.set_status(appointment=booked, status=Status.CONFIRMED, by=counsellor, now=NOW)
    booking.move(appointment=booked, date=TUESDAY, hour=16, by=ada, now=NOW)
    booking.cancel(appointment=booked, by=ada, now=NOW)
    wanted = weekly(ada, sessions=None)
    appointments.series.book(series=wanted, hours=as_planned(wanted), by=counsellor, now=NOW)
    missed = wanted.decided_until + WEEK
    Closure.objects.create(first_date=missed, last_date=missed)
    appointments.series.extend(now=NOW + WEEK)


def told(person: User) -> set[str]:
    """Return the kinds of mail that were queued for the person."""
    return set(MailRecord.objects.filter(mail__to=person.email).values_list("kind", flat=True))


@pytest.fixture
def as_ada(ada, sign_in) -> Client:
    return sign_in(ada)


@pytest.fixture
def as_counsellor(counsellor, sign_in) -> Client:
    return sign_in(counsellor)


class TestClient:
    def test_everything_is_welcome_at_first(self, as_ada, ada, counsellor):
        assert shown(as_ada) == {
            "welcome": sorted(OF_CLIENTS),
            "reminder": ["24"],
            "calendar_files": ["on"],
        }
        everything_happens(ada, counsellor)
        assert told(ada) == {KINDS[one] for one in OF_CLIENTS}

    @pytest.mark.parametrize("unwelcome", OF_CLIENTS)
    def test_each_kind_can_be_switched_off_alone(self, as_ada, ada, counsellor, unwelcome):
        welcome = [one for one in OF_CLIENTS if one != unwelcome]
        choose(as_ada, **CLIENTS_FORM | {"welcome": welcome})
        assert shown(as_ada)["welcome"] == sorted(welcome)
        ada.refresh_from_db()
        everything_happens(ada, counsellor)
        assert told(ada) == {KINDS[one] for one in welcome}
        assert told(counsellor) == {KINDS[one] for one in STAFF_MAILINGS}

    def test_all_kinds_can_be_switched_off_and_on_again(self, as_ada, ada, counsellor):
        choose(as_ada, reminder="0")
        ada.refresh_from_db()
        everything_happens(ada, counsellor)
        assert told(ada) == set()
        choose(as_ada, **CLIENTS_FORM)
        ada.refresh_from_db()
        assert ada.muted == []
        booking.book(client=ada, date=TUESDAY, hour=15, by=ada, now=NOW)
        notifications.write_due()
        assert told(ada) == {MailKind.BOOKED}

    @pytest.mark.parametrize("hours", Reminder)
    def test_reminder_is_chosen(self, as_ada, ada, hours):
        choose(as_ada, **CLIENTS_FORM | {"reminder": str(hours.value)})
        ada.refresh_from_db()
        assert ada.reminder == hours
        assert shown(as_ada)["reminder"] == [str(hours.value)]

    @pytest.mark.parametrize("wanted", [True, False])
    def test_calendar_files_come_as_chosen(self, as_ada, ada, counsellor, wanted):
        files = {"calendar_files": "on"} if wanted else {}
        choose(as_ada, welcome=OF_CLIENTS, reminder="24", **files)
        ada.refresh_from_db()
        everything_happens(ada, counsellor)
        hers = Email.objects.filter(to="ada@example.com")
        assert hers.count() == len(OF_CLIENTS)
        assert hers.filter(attachments=None).count() == (0 if wanted else len(OF_CLIENTS))
        assert Attachment.objects.exists() == wanted

    def test_staff_choices_are_not_theirs(self, as_ada, ada):
        choose(as_ada, **CLIENTS_FORM, agenda="on", feed_titles="initials", is_staff="on")
        ada.refresh_from_db()
        assert (ada.agenda, ada.feed_titles, ada.is_staff) == (False, FeedTitles.NEUTRAL, False)
        assert not {"agenda", "feed_titles"} & shown(as_ada).keys()

    def test_choice_of_one_is_not_anothers(self, as_ada, ben, counsellor):
        choose(as_ada, reminder="0")
        ben.refresh_from_db()
        assert (ben.muted, ben.reminder, ben.calendar_files) == ([], Reminder.ONE_DAY, True)

    def test_booking_confirmed_at_once_is_told_although_confirmations_are_not_wanted(
        self, ada, counsellor
    ):
        """The first mail waits for a quick change; it must not be lost with it."""
        people.choose_mail(person=ada, muted=[Mailing.CONFIRMED])
        booked = booking.book(client=ada, date=TUESDAY, hour=15, by=ada, now=NOW)
        booking.set_status(appointment=booked, status=Status.CONFIRMED, by=counsellor, now=NOW)
        waiting = MailRecord.objects.waiting().filter(mail__to="ada@example.com")
        assert [record.kind for record in waiting] == [MailKind.BOOKED]


class TestStaff:
    def test_everything_is_welcome_at_first(self, as_counsellor):
        assert shown(as_counsellor) == {
            "welcome": sorted(STAFF_MAILINGS),
            "feed_titles": ["neutral"],
        }

    @pytest.mark.parametrize("unwelcome", STAFF_MAILINGS)
    def test_each_kind_can_be_switched_off_alone(self, as_counsellor, ada, counsellor, unwelcome):
        welcome = [one for one in STAFF_MAILINGS if one != unwelcome]
        choose(as_counsellor, **STAFF_FORM | {"welcome": welcome})
        everything_happens(ada, counsellor)
        assert told(counsellor) == {KINDS[one] for one in welcome}
        assert told(ada) == {KINDS[one] for one in OF_CLIENTS}

    def test_agenda_and_titles_are_chosen(self, as_counsellor, counsellor):
        choose(as_counsellor, **STAFF_FORM | {"agenda": "on", "feed_titles": "initials"})
        counsellor.refresh_from_db()
        assert (counsellor.agenda, counsellor.feed_titles) == (True, FeedTitles.INITIALS)
        assert shown(as_counsellor)["agenda"] == ["on"]
        choose(as_counsellor, **STAFF_FORM)
        counsellor.refresh_from_db()
        assert not counsellor.agenda

    def test_choices_of_clients_are_not_theirs(self, as_counsellor, counsellor):
        choose(as_counsellor, **STAFF_FORM, reminder="2")
        counsellor.refresh_from_db()
        assert (counsellor.reminder, counsellor.calendar_files) == (Reminder.ONE_DAY, True)


JUNK = [
    {"reminder": ""},
    {"reminder": "7"},
    {"reminder": "two"},
    {"reminder": "-2"},
    {"reminder": "24.0"},
    {"reminder": "²"},
    {"reminder": "9" * 5000},
    {"welcome": "everything"},
    {"welcome": ["booked", "request"]},
    {"welcome": ["booked", "\x00"]},
]


@pytest.mark.parametrize("junk", JUNK)
def test_junk_of_a_client_is_refused_and_changes_nothing(as_ada, junk):
    with unchanged():
        answer = as_ada.post(CHOICES, CLIENTS_FORM | junk)
    assert answer.status_code == 422
    assert "field-error" in text_of(answer)


@pytest.mark.parametrize("junk", [{"feed_titles": "names"}, {"welcome": "booked"}])
def test_junk_of_staff_is_refused_and_changes_nothing(as_counsellor, junk):
    with unchanged():
        assert as_counsellor.post(CHOICES, STAFF_FORM | junk).status_code == 422


@pytest.mark.parametrize("who", ["ada", "counsellor"])
def test_form_as_it_is_shown_can_be_sent_and_changes_nothing(request, sign_in, who):
    browser = sign_in(request.getfixturevalue(who))
    with unchanged():
        choose(browser, **shown(browser))


def test_looking_changes_nothing(as_ada):
    with unchanged():
        for path in (ACCOUNT, CHOICES, FEED):
            as_ada.get(path)


@pytest.mark.parametrize("path", [CHOICES, FEED])
def test_forged_form_is_refused(ada, path):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada)
    with unchanged():
        assert browser.post(path, CLIENTS_FORM).status_code == 403


def test_address_of_the_feed_is_shown_and_renewed(as_ada, ada, settings):
    settings.SITE_URL = "https://practice.example"
    old = f"/appointments/feed/{ada.feed_token}.ics"
    assert f"https://practice.example{old}" in text_of(as_ada.get(ACCOUNT))
    assert as_ada.get(old).status_code == 200
    assert as_ada.post(FEED)["Location"] == ACCOUNT
    ada.refresh_from_db()
    page = text_of(as_ada.get(ACCOUNT))
    assert old not in page
    assert f"https://practice.example/appointments/feed/{ada.feed_token}.ics" in page
    assert as_ada.get(old).status_code == 404


def test_mail_about_the_account_comes_whatever_is_chosen(as_ada, ada):
    choose(as_ada, reminder="0")
    as_ada.post("/accounts/password/reset/", {"email": ada.email})
    assert mail.deliver() == 1
