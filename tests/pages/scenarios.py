"""Pages that take more than an address: refusals, what was done, and what went wrong."""

import re
from collections.abc import Callable, Iterator

from django.test import Client, override_settings
from django.urls import reverse
from post_office.models import Email

from accounts import erasure
from accounts.models import Invitation, User
from appointments.models import Appointment, Status
from tests.accounts.conftest import ASKED, INVITATIONS, LOGIN, NEW_PASSWORD, RESET, SIGN_UP, key_of
from tests.conftest import NOW, PASSWORD, TUESDAY
from therapeutics.models import MailRecord

from .collect import Page, ask
from .world import CLOSED_DAY, DAY, FULL_DAY, SOON, WEEK

Scenario = Callable[[Client], Iterator[Page]]
BOOK, ACCOUNT, ADDRESS = "/appointments/book/", "/account/", "/accounts/email/"
APPOINTMENTS = "/client-admin/appointments/"
CLIENTS = "/client-admin/clients/"
LEAVE = "/client-admin/leave/"
MAIL = "/client-admin/mail/"
DATA = "/account/data/"
HOURS = {"first": 9, "last": 17, "break": "", "resume": ""}
SATURDAY = TUESDAY + 4 * DAY


def signing_in(browser: Client) -> Iterator[Page]:
    yield from ask(browser, "POST", LOGIN, {"login": "ada", "password": "wrong"})
    yield from ask(browser, "POST", LOGIN, {"login": "ada", "password": PASSWORD})
    yield from ask(browser, "POST", ASKED, {"code": "000000"})


def forgotten_password(browser: Client) -> Iterator[Page]:
    yield from ask(browser, "POST", RESET, {"email": "nonsense"})
    yield from ask(browser, "POST", RESET, {"email": "ben@example.com"})
    yield from ask(browser, "POST", link_in_last_mail())
    form = browser.get(link_in_last_mail(), follow=True).redirect_chain[-1][0]
    yield from ask(browser, "GET", form)
    yield from ask(browser, "POST", form, {"password1": "short", "password2": "other"})


def signing_up(browser: Client) -> Iterator[Page]:
    key = key_of(Invitation.objects.get(email="eve@example.com"))
    yield from ask(browser, "POST", f"/invitations/{key}/")
    yield from ask(browser, "POST", SIGN_UP, {"username": "ben", "name": "", "password1": "short"})
    chosen = {"username": "eve", "name": "Eve", "password1": NEW_PASSWORD}
    yield from ask(browser, "POST", SIGN_UP, chosen)


def link_in_last_mail() -> str:
    mail = Email.objects.latest("pk")
    return re.search(r"https?://[^/]+(/\S+)", mail.message)[1]


def failures(browser: Client) -> Iterator[Page]:
    """What can be wrong with a request, and with the site."""
    strict = Client(raise_request_exception=False, enforce_csrf_checks=True)
    yield from ask(strict, "POST", LOGIN, {"login": "ada", "password": "wrong"})
    yield from ask(Client(headers={"host": "elsewhere.example"}), "GET", LOGIN)
    yield from ask(browser, "POST", LOGIN, {"login": "x" * 3_000_000})
    yield from ask(browser, "GET", "/broken/")
    yield from ask(browser, "GET", "/away/")
    for _try in range(21):
        answer = list(ask(browser, "POST", RESET, {"email": "nobody@example.com"}))
    yield from answer


def styleguide(browser: Client) -> Iterator[Page]:
    with override_settings(DEBUG=True):
        yield from ask(browser, "GET", "/styleguide/")


def own_details(browser: Client) -> Iterator[Page]:
    yield from ask(browser, "POST", ACCOUNT, {"name": "New Name", "phone": "020 7946 0999"})
    yield from ask(browser, "POST", ACCOUNT, {"name": "\u202e", "phone": "x" * 99})
    yield from ask(browser, "POST", f"{ACCOUNT}mail/", {"welcome": "junk", "reminder": "3"})
    yield from ask(browser, "POST", ADDRESS, {"action_add": "", "email": "nonsense"})
    yield from ask(browser, "POST", ADDRESS, {"action_add": "", "email": "new@example.com"})
    yield from ask(browser, "GET", link_in_last_mail())


def own_data(browser: Client) -> Iterator[Page]:
    """Back from the password, and the wish to be erased: asked for, asked twice, taken back."""
    yield from ask(browser, "GET", f"{DATA}?confirmed=yes")
    yield from ask(browser, "POST", f"{DATA}erasure/")
    yield from ask(browser, "GET", f"{DATA}erasure/")
    yield from ask(browser, "POST", f"{DATA}erasure/withdraw/")


def looking_around(browser: Client) -> Iterator[Page]:
    yield from ask(browser, "GET", "/appointments/?when=past")
    yield from ask(browser, "GET", "/appointments/?page=2")
    for asked in (f"{TUESDAY}&hour=10", f"{FULL_DAY}", f"{SATURDAY}", "junk"):
        yield from ask(browser, "GET", f"{BOOK}?date={asked}")


def booking(browser: Client) -> Iterator[Page]:
    """The hour is taken, it is too soon, it is mine already, it is booked."""
    for date in (FULL_DAY, SOON, TUESDAY + WEEK, TUESDAY):
        yield from ask(browser, "POST", BOOK, {"date": date, "hour": 10, "note": "Tea"})
    yield from ask(browser, "POST", BOOK, {"date": TUESDAY, "hour": 11, "note": "x" * 501})


def finding(browser: Client) -> Iterator[Page]:
    for query in ("page=2", "status=cancelled", "q=nobody", "from=junk", "from=2026-11-02"):
        yield from ask(browser, "GET", f"{APPOINTMENTS}?{query}")


def leafing(browser: Client) -> Iterator[Page]:
    """The diary: a full week, one with a closure, and what is no week."""
    for query in (f"date={FULL_DAY}", f"date={CLOSED_DAY}", f"date={TUESDAY - 5 * WEEK}", "week=x"):
        yield from ask(browser, "GET", f"/client-admin/?{query}")


def deciding(browser: Client) -> Iterator[Page]:
    pending = Appointment.objects.filter(status=Status.PENDING).latest("created_at")
    path = reverse("client_admin:status", args=[pending.pk])
    for status in ("attended", "confirmed"):
        yield from ask(browser, "POST", path, {"status": status})


def standing_slots(browser: Client) -> Iterator[Page]:
    """A plan with every verdict, sent without a choice; moving and ending what is there."""
    client = User.objects.get(username="ben")
    wanted = {
        "client": client.pk, "date": FULL_DAY, "hour": 10, "repeat": "weekly", "sessions": 4,
    }  # fmt: skip
    yield from ask(browser, "POST", "/client-admin/appointments/new/", wanted)
    yield from ask(browser, "POST", "/client-admin/series/new/", wanted)
    yield from ask(browser, "POST", "/client-admin/series/new/", {"client": client.pk})
    one = Appointment.objects.active().filter(series__isnull=False).first()
    path = reverse("client_admin:following", args=[one.pk])
    for asked in (f"date={FULL_DAY}&hour=10", "date=junk"):
        yield from ask(browser, "GET", f"{path}?{asked}")
    end = reverse("client_admin:series_end", args=[one.series_id])
    for first in ("", TUESDAY + 3 * WEEK):
        yield from ask(browser, "POST", end, {"first": first})


def booking_for(browser: Client) -> Iterator[Page]:
    """Whom for, a closed hour, a taken one, one that is nonsense, and moving the same way."""
    new = reverse("client_admin:new")
    for query in ("q=nobody", "q=example", "client=junk", f"date={SATURDAY}&hour=9"):
        yield from ask(browser, "GET", f"{new}?{query}")
    held = Appointment.objects.filter(status=Status.PENDING).latest("created_at")
    move, sent = reverse("client_admin:move", args=[held.pk]), {"client": held.client_id}
    yield from ask(browser, "GET", f"{new}?client={held.client_id}&date={SATURDAY}&hour=9")
    for path in (new, move):
        yield from ask(browser, "POST", path, {**sent, "date": SATURDAY, "hour": 9})
        yield from ask(browser, "POST", path, {**sent, "date": FULL_DAY, "hour": 9})
    odd = {**sent, "date": TUESDAY, "hour": 9, "repeat": "weekly", "sessions": 1, "until": TUESDAY}
    yield from ask(browser, "POST", new, odd)


def several_at_once(browser: Client) -> Iterator[Page]:
    path = reverse("client_admin:statuses")
    held = Appointment.objects.filter(status=Status.PENDING).latest("created_at")
    ticked = {"appointment": held.pk}
    yield from ask(browser, "GET", f"{APPOINTMENTS}?when=past")
    yield from ask(browser, "GET", f"{APPOINTMENTS}{held.pk}/?ask=cancel&next={APPOINTMENTS}")
    for sent in ({}, {**ticked, "status": "attended"}, {**ticked, "status": "confirmed"}):
        yield from ask(browser, "POST", path, sent)


def waiving(browser: Client) -> Iterator[Page]:
    late = Appointment.objects.filter(cancelled_late=True).latest("created_at")
    for reason in ("", "Was ill"):
        yield from ask(
            browser, "POST", reverse("client_admin:waive", args=[late.pk]), {"reason": reason}
        )


def counting(browser: Client) -> Iterator[Page]:
    for query in (
        "from=junk&to=",
        "from=2026-11-10&to=2026-11-01",
        "from=2024-01-10&to=2026-12-31",
    ):
        yield from ask(browser, "GET", f"/client-admin/numbers/?{query}")
    yield from ask(browser, "GET", "/client-admin/numbers/appointments.csv?from=2026-02-30&to=")


def inviting(browser: Client) -> Iterator[Page]:
    for name, address in (("", "nonsense"), ("Eve", "eve@example.com"), ("Zoë", "z@example.com")):
        yield from ask(browser, "POST", INVITATIONS, {"name": name, "email": address})


def clients(browser: Client) -> Iterator[Page]:
    """The deactivated, a search that finds them, one that finds nobody, nonsense; a note."""
    found = browser.get(CLIENTS).context["page"][0].pk
    for query in ("account=deactivated", "q=noor", "q=nobody", "account=junk"):
        yield from ask(browser, "GET", f"{CLIENTS}?{query}")
    for text in ("", "x" * 2001, "Away in May."):
        yield from ask(browser, "POST", f"{CLIENTS}{found}/notes/", {"text": text})


def changing_hours(browser: Client) -> Iterator[Page]:
    """A break that does not fit, every weekday closed, and all sessions kept."""
    times = {f"{field}_{day}": hour for day in range(7) for field, hour in HOURS.items()}
    yield from ask(browser, "POST", "/client-admin/hours/", times | {"open_0": "on", "break_0": 9})
    yield from ask(browser, "POST", "/client-admin/hours/", times)


def planning_leave(browser: Client) -> Iterator[Page]:
    """Past leave, hours that do not fit, leave that falls on sessions, also when they changed."""
    yield from ask(browser, "GET", f"{LEAVE}?when=past")
    wrong = {"first_day": FULL_DAY, "last_day": TUESDAY, "from_hour": 12, "to_hour": 10}
    yield from ask(browser, "POST", LEAVE, wrong)
    yield from ask(browser, "POST", LEAVE, {"first_day": "2025-01-01"})
    for planned in ("", "yes"):
        yield from ask(browser, "POST", LEAVE, {"first_day": FULL_DAY, "planned": planned})
    holidays = {"holidays": ["2026-12-25", "2026-12-28"]}
    yield from ask(browser, "POST", LEAVE, holidays)


def mailing(browser: Client) -> Iterator[Page]:
    for asked in ("state=trouble", "state=sent&q=ada", "q=nobody", "state=junk"):
        yield from ask(browser, "GET", f"{MAIL}?{asked}")
    overtaken = MailRecord.objects.filter(withdrawn=True).first()
    for done in ("again", "aside"):
        if overtaken:
            yield from ask(browser, "POST", f"{MAIL}{overtaken.pk}/{done}/")


def second_factor_is_missing(browser: Client) -> Iterator[Page]:
    with override_settings(REQUIRE_STAFF_MFA=True):
        yield from ask(browser, "GET", "/accounts/2fa/")


def searching(browser: Client) -> Iterator[Page]:
    yield from ask(browser, "GET", "/admin/accounts/user/?q=nobody")
    yield from ask(browser, "GET", "/admin/appointments/appointment/?q=ada&status__exact=pending")


def erasing(browser: Client) -> Iterator[Page]:
    """Somebody asks to be erased, and is; staff cannot be. What is left of the client."""
    client = User.objects.get(username="ada")
    people = "/admin/accounts/user/"
    erasure.ask(person=client, now=NOW)
    yield from ask(browser, "GET", people)
    for person in (User.objects.get(username="counsellor"), client):
        yield from ask(browser, "GET", f"{people}{person.pk}/erase/")
    yield from ask(browser, "GET", f"/client-admin/clients/{client.pk}/")
    yield from ask(browser, "POST", f"{people}{client.pk}/erase/")
    for path in (f"{people}{client.pk}/change/", f"/client-admin/clients/{client.pk}/"):
        yield from ask(browser, "GET", path)


CLIENT = [own_details, own_data, looking_around, booking]
STAFF = [
    finding,
    leafing,
    deciding,
    standing_slots,
    booking_for,
    several_at_once,
    waiving,
    counting,
    inviting,
    clients,
    changing_hours,
    planning_leave,
    mailing,
    second_factor_is_missing,
]
SCENARIOS: dict[str, list[Scenario]] = {
    "anonymous": [signing_in, forgotten_password, signing_up, failures, styleguide],
    "ada": CLIENT,
    "ben": CLIENT,
    "counsellor": [*STAFF, own_details],
    "superuser": STAFF,
    "site admin": [searching, erasing],
}
