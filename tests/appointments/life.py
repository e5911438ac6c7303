"""A client's life with the practice, through the site, and what is left of it in the database."""

import base64
import binascii
import datetime as dt
import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import connection
from django.test import Client
from post_office.models import Email

from accounts.models import Invitation, User
from appointments import reminders, series
from appointments.models import Appointment
from tests.accounts.conftest import (
    INVITATIONS,
    RESET,
    key_of,
    link_in,
    opened,
    reauthenticate,
    set_up_app,
    sign_in_as,
)
from tests.addresses import passkey
from tests.conftest import NOW, PASSWORD, TUESDAY
from tests.smtp import Server
from therapeutics import mail

from .series import as_planned, weekly

NAME, USERNAME, PHONE = "Zebedee Quillfeather", "zquill77", "020 7946 4711"
ADDRESSES = OLD, BETWEEN, PRESENT, PENDING, TYPO = [
    f"{name}@{name}mail.example"
    for name in ("z.oldest", "z.between", "z.present", "z.pending", "z.mistyped")
]
WORDS = {"note": "umbrellafish", "reason": "parachutemoss", "kept": "lanternsquid"}
MARKS = {
    *(NAME, "Quillfeather", "Zebedee", USERNAME, PHONE, "Zebedee telephone"),
    *(*ADDRESSES, *(address.split("@")[0] for address in ADDRESSES), *WORDS.values()),
}
BOOK, DAY, WEEK = "/appointments/book/", dt.timedelta(days=1), dt.timedelta(weeks=1)
LONG_TEXT = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")


class Life(NamedTuple):
    person: User
    browser: Client
    by: Client  # the counsellor's


def lived(*, counsellor: User, by: Client, superuser: User, smtp: Server, clock) -> Life:
    """Live it: nothing is written to the database but by what the site offers, passkeys apart."""

    def post(who: Client, path: str, **fields: object) -> None:
        answer = who.post(path, fields)
        assert answer.status_code == 302, (path, answer.status_code)
        assert not answer["Location"].startswith("/accounts/login/"), path

    def later(minutes: float = 5) -> None:
        clock.shift(dt.timedelta(minutes=minutes))
        by.get("/healthz")  # the counsellor is still there
        mail.deliver()

    post(by, INVITATIONS, name=NAME, email=TYPO)
    post(by, INVITATIONS, name=NAME, email=OLD)
    browser = opened(key_of(Invitation.objects.get(email=OLD)))
    post(browser, "/accounts/signup/", username=USERNAME, name=NAME, password1=PASSWORD)
    person = User.objects.get(username=USERNAME)
    later()
    post(browser, "/account/", name=NAME, phone=PHONE, contact="phone")
    for address in (BETWEEN, PRESENT, PENDING):
        _change_address(browser, address, confirm=address != PENDING)
        later()
    _book_and_change(person, browser, by, post, later)
    _stand(person, counsellor)
    smtp.refused.add(PRESENT)  # mail that fails names its reader in the log
    post(by, f"/client-admin/clients/{person.pk}/notes/", text=f"{NAME}: {WORDS['kept']}")
    post(Client(), RESET, email=PRESENT)
    later()
    _edit_in_site_admin(person, superuser)
    _be_expected(counsellor, clock)
    set_up_app(browser)
    WebAuthn.add(person, "Zebedee telephone", passkey())
    Client().post("/accounts/login/", {"login": USERNAME, "password": "wrong"})
    sign_in_as(Client(), PRESENT)  # a second step that is never taken
    assert browser.get(f"/appointments/feed/{person.feed_token}.ics").status_code == 200
    person.refresh_from_db()
    return Life(person, browser, by)


def _change_address(browser: Client, address: str, *, confirm: bool) -> None:
    reauthenticate(browser)
    browser.post("/accounts/email/", {"email": address, "action_add": ""})
    if confirm:
        link = link_in(Email.objects.filter(to=address).latest("pk"))
        assert browser.post(link).status_code == 302


def _book_and_change(person: User, browser: Client, by: Client, post, later) -> None:
    """One is moved and cancelled late in words of the practice, one is past, one waits."""
    note = f"{WORDS['note']} {NAME}"
    for day, hour in ((TUESDAY, 10), (TUESDAY, 11), (TUESDAY + WEEK, 12)):
        post(browser, BOOK, date=day, hour=hour, note=note)
    later()
    first, second, _waiting = Appointment.objects.for_client(person).order_by("date", "hour")
    post(browser, f"/appointments/{first.pk}/move/", date=TUESDAY + DAY, hour=10)
    later()
    where = f"/client-admin/appointments/{first.pk}/status/"
    post(by, where, status="cancelled", reason=WORDS["reason"])
    post(by, f"/client-admin/appointments/{second.pk}/status/", status="confirmed")
    post(browser, BOOK, date=TUESDAY + DAY, hour=15, note=note)
    browser.post(f"/appointments/{Appointment.objects.latest('created_at').pk}/cancel/")
    later()


def _stand(person: User, counsellor: User) -> None:
    wanted = weekly(person, sessions=None, hour=16)
    hours = as_planned(wanted)
    series.book(series=wanted, hours=hours, by=counsellor, now=NOW, note=WORDS["note"])


def _be_expected(counsellor: User, clock) -> None:
    """The day of the second appointment comes: a reminder, an agenda, and it is attended."""
    User.objects.filter(pk=counsellor.pk).update(agenda=True)
    morning = dt.datetime.combine(TUESDAY, dt.time(8), dt.UTC)
    clock.move_to(morning)
    assert reminders.queue_due(now=morning) + reminders.queue_agendas(now=morning) >= 2
    mail.deliver()


def _edit_in_site_admin(person: User, superuser: User) -> None:
    browser = Client()
    browser.force_login(superuser)
    path = f"/admin/accounts/user/{person.pk}/change/"
    form = browser.get(path).context["adminform"].form
    fields = {name: form[name].value() for name in ("username", "name", "email", "phone")}
    answer = browser.post(path, {**fields, "is_active": "on"})
    assert answer.status_code == 302


# What is left


def rows() -> Iterator[tuple[str, list[object]]]:
    """Yield each row of the whole database, with the name of its table."""
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                yield table, list(row)


def left(marks: set[str] = MARKS) -> dict[str, set[str]]:
    """Return, by table, which of the marks are anywhere in it, in any case, packed or not."""
    patterns = {mark: mark.lower().encode() for mark in marks}
    found: dict[str, set[str]] = {}
    for table, row in rows():
        said = b"\n".join(said for value in row for said in _unpacked(value)).lower()
        if here := {mark for mark, pattern in patterns.items() if pattern in said}:
            found.setdefault(table, set()).update(here)
    return found


def in_file(path: str, marks: set[str] = MARKS) -> set[str]:
    """Return which of the marks are in the bytes of a file, free pages included."""
    with open(path, "rb") as file:
        content = file.read().lower()
    return {mark for mark in marks if mark.lower().encode() in content}


def _unpacked(value: object) -> Iterator[bytes]:
    """Yield a value as bytes, and what is packed in it: base64, and zlib within."""
    raw = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
    yield raw
    for text in LONG_TEXT.findall(raw):
        for decode in (base64.b64decode, base64.urlsafe_b64decode):
            try:
                inner = decode(text + b"=" * (-len(text) % 4))
            except binascii.Error:
                continue
            yield inner
            yield from _inflated(inner)


def _inflated(raw: bytes) -> Iterator[bytes]:
    try:
        yield zlib.decompressobj().decompress(raw)
    except zlib.error:
        return
