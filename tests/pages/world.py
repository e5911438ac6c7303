"""What the pages show: an empty practice, and a full one with everything that can be odd."""

import datetime as dt
import uuid
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.test import Client
from post_office.models import STATUS, Email, Log

from accounts import invitations, people
from accounts.models import Invitation, Note, User
from appointments import booking, notifications, series
from appointments.models import (
    Appointment,
    BookingPolicy,
    Closure,
    OpeningHours,
    Rhythm,
    Series,
    Status,
)
from tests.accounts.conftest import SECRET, accept, key_of
from tests.addresses import gaps, passkey
from tests.conftest import NOW, TUESDAY, person
from therapeutics.models import Practice

DAY, WEEK = dt.timedelta(days=1), dt.timedelta(weeks=1)
LONG_NAME = "Ada " + "Wilhelmina" * 14
RIGHT_TO_LEFT = "\u05e9\u05dc\u05d5\u05dd " * 20
LONG_ADDRESS = f"{'a' * 64}@{'b' * 63}.{'c' * 60}.example"
FULL_DAY, CLOSED_DAY = TUESDAY + 3 * DAY, TUESDAY + 6 * DAY
SOON = NOW.date() + DAY  # inside the notice


@dataclass
class World:
    people: dict[str, User]
    gaps: list[dict[str, str]]  # whatever addresses name, one after the other


def empty() -> World:
    """Nothing yet: no hours, no appointments, no invitations, no second factor."""
    OpeningHours.objects.all().delete()
    names = ["ada", "counsellor", "superuser"]
    found = {name: person(name, **role(name)) for name in names}
    nobody = str(uuid.uuid4())
    named = {"appointment": nobody, "client": found["ada"].pk, "invitation": nobody}
    return World(found, [gaps(**named, key="no-key", passkey=0, row=0)])


def role(name: str) -> dict[str, bool]:
    return {"is_staff": name in {"counsellor", "superuser"}, "is_superuser": name == "superuser"}


def full() -> World:
    """Ada has something of everything, ben nothing, and noor was shut out."""
    practice()
    cast = people_with_odd_names()
    ada, noor, counsellor = cast["ada"], cast["noor"], cast["counsellor"]
    crowd(ada, noor)
    first, *others = of_every_kind(ada, counsellor)
    standing, ended = standing_slots(ada, counsellor)
    open_key, *dead_keys = invitations_of_every_kind(counsellor)
    second_factors(ada)
    elsewhere(ada)
    people.deactivate(person=noor, by=counsellor, now=NOW)
    mail_in_every_state()
    written = notes_about(ada, [counsellor, cast["superuser"]])
    usual = {
        "appointment": first.pk,
        "client": ada.pk,
        "invitation": Invitation.objects.get(email="eve@example.com").pk,
        "key": open_key,
        "passkey": Authenticator.objects.get(type="webauthn").pk,
        "row": 0,
        "series": standing.pk,
        "note": written.pk,
        "leave": Closure.objects.get(first_date=CLOSED_DAY).pk,
    }
    odd = [{"appointment": one.pk} for one in [*others, standing.appointments.last()]]
    odd += [{"series": ended.pk}]
    odd += [{"key": key} for key in dead_keys] + [{"client": noor.pk}]
    return World(cast, [gaps(**{**usual, **one}) for one in [{}, *odd]])


def practice() -> None:
    """Open on weekdays but for a holiday, with an address, an introduction and a picture."""
    for weekday in range(5):
        OpeningHours.objects.get_or_create(weekday=weekday)
    BookingPolicy.objects.create()
    Closure.objects.create(first_date=CLOSED_DAY, last_date=CLOSED_DAY, reason="Public holiday")
    Closure.objects.create(first_date=SOON - 99 * DAY, last_date=SOON - 98 * DAY)
    Closure.objects.create(
        first_date=CLOSED_DAY + WEEK,
        last_date=CLOSED_DAY + 2 * WEEK,
        first_hour=9,
        last_hour=11,
        reason="W" * 100,
    )
    Practice.objects.create(
        address="1 Garden Lane\nLondon",
        introduction="A quiet room.\n\nTea.",
        hero="practice/room.jpg",
        hero_width=2400,
        hero_height=1350,
    )


def people_with_odd_names() -> dict[str, User]:
    names = ["ada", "ben", "counsellor", "superuser", "noor"]
    for name in names:
        person(name, **role(name))
    User.objects.filter(username="ada").update(name=LONG_NAME, phone="020 7946 0123")
    User.objects.filter(username="noor").update(name=RIGHT_TO_LEFT, email=LONG_ADDRESS)
    return {name: User.objects.get(username=name) for name in names}


def crowd(first: User, second: User) -> None:
    """More appointments than one page lists, and a day on which every hour is taken."""
    slots = [(FULL_DAY, hour) for hour in range(9, 18)]
    for week in range(2, 7):
        slots += [(TUESDAY - week * WEEK, hour) for hour in range(9, 18)]
    slots += [(TUESDAY + week * WEEK, hour) for week in range(1, 4) for hour in range(9, 18)]
    Appointment.objects.bulk_create(
        Appointment(
            client=second if number % 7 == 0 else first,
            date=date,
            hour=hour,
            status=Status.CONFIRMED if date > NOW.date() else Status.ATTENDED,
            created_at=NOW - 8 * WEEK,
        )
        for number, (date, hour) in enumerate(slots)
    )


def of_every_kind(client: User, by: User) -> list[Appointment]:
    """Pending, confirmed and moved, soon, cancelled in each way, attended, missed, unmarked."""

    def booked(date: dt.date, hour: int, **more: object) -> Appointment:
        now = min(NOW, dt.datetime.combine(date, dt.time(9), dt.UTC) - WEEK)
        return booking.book(client=client, date=date, hour=hour, by=by, now=now, **more)

    def marked(appointment: Appointment, status: Status, **more: object) -> Appointment:
        now = max(NOW, appointment.starts_at) if status in past else NOW
        return booking.set_status(appointment=appointment, status=status, by=by, now=now, **more)

    past = {Status.ATTENDED, Status.NO_SHOW}
    day, ago = TUESDAY + DAY, NOW.date() - 5 * DAY
    note = "The lift, please.\n" + "x" * 200
    pending = booked(day, 9, note=note)
    Appointment.objects.filter(pk=pending.pk).update(status=Status.PENDING)
    moved = booking.move(appointment=booked(day, 10), date=day, hour=11, by=by, now=NOW)
    return [
        pending,
        moved,
        booked(SOON, 10),
        booking.cancel(appointment=booked(day, 12), by=client, now=NOW),
        booking.cancel(appointment=booked(SOON, 9), by=client, now=NOW),
        booking.cancel(appointment=booked(day, 13), by=by, now=NOW, reason="y" * 200),
        marked(booked(ago, 9), Status.ATTENDED),
        marked(booked(ago, 10), Status.NO_SHOW),
        booked(ago, 11),
    ]


def standing_slots(client: User, by: User) -> tuple[Series, Series]:
    """One that goes on, with gaps, and one that has ended."""
    made = []
    for hour in (16, 17):
        one = Series(client=client, first_date=TUESDAY + DAY, hour=hour, rhythm=Rhythm.WEEKLY)
        planned = series.plan(series=one, now=NOW)
        hours = {each.slot.date: None if n % 4 == 1 else hour for n, each in enumerate(planned)}
        series.book(series=one, hours=hours, by=by, now=NOW)
        made.append(one)
    series.end(series=made[1], first=TUESDAY, by=by, now=NOW)
    return made[0], made[1]


def invitations_of_every_kind(by: User) -> list[str]:
    """Invite people; return the keys of an open invitation and of those that open nothing."""
    keys = {}

    def invited(name: str, *, now: dt.datetime = NOW, email: str = "") -> Invitation:
        email = email or f"{name.lower()}@example.com"
        made = invitations.invite(email=email, name=name, by=by, now=now)
        keys[name] = key_of(made)
        return made

    invited("Eve")
    invited("Old", now=NOW - 5 * WEEK)
    invited(RIGHT_TO_LEFT, email=f"x{LONG_ADDRESS[1:]}")
    invited("W" * 150, email="long@example.com")
    sent, failed = invited("Sent"), invited("Failed")
    Invitation.objects.filter(pk=sent.pk).update(mail=None)
    Invitation.objects.filter(pk=failed.pk).update(unsendable=True)
    invitations.revoke(invitation=invited("Revoked"), by=by, now=NOW)
    invited("Used")
    accept(keys["Used"], username="used")
    return [keys[name] for name in ("Eve", "Old", "Revoked", "Used")]


def mail_in_every_state() -> None:
    """Of the mail that is waiting, let some be sent, some fail, and one be tried again."""
    notifications.write_due()
    said = {STATUS.sent: "", STATUS.failed: "<b>550</b> " + "x" * 300, STATUS.requeued: "away"}
    for status, mail in zip(said, Email.objects.filter(status=STATUS.queued), strict=False):
        outcome = STATUS.sent if status == STATUS.sent else STATUS.failed
        Log.objects.create(email=mail, status=outcome, message=said[status], exception_type="E")
        Email.objects.filter(pk=mail.pk).update(status=status, number_of_retries=5)


def notes_about(client: User, staff: list[User]) -> Note:
    """Write notes on a client: a long one of several lines, and one with markup in it."""
    people.add_note(client=client, text="<b>Lift</b>\n\n" + "x" * 1900, by=staff[0], now=NOW)
    return people.add_note(client=client, text="Away in May.", by=staff[1], now=NOW + DAY)


def second_factors(person: User) -> None:
    TOTP.activate(person, SECRET)
    RecoveryCodes.activate(person)
    WebAuthn.add(person, "Phone", passkey())


def elsewhere(person: User) -> None:
    """Sign the person in on a phone and on something that says nothing of itself."""
    for agent in ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Firefox/140.0", ""):
        browser = Client(headers={"user-agent": agent})
        browser.force_login(person)
        browser.get("/healthz")
