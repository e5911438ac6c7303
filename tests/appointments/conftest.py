"""What a page shows, for the tests that read pages."""

import datetime as dt
import re
import smtplib
import uuid
from collections.abc import Callable

import pytest
from django.core.mail.backends.base import BaseEmailBackend
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

import appointments.series
from accounts.models import User
from appointments.models import Appointment, Series
from tests.conftest import NOW
from therapeutics import mail
from therapeutics.models import MailKind, MailRecord, Worker

from .series import as_planned, weekly

REFUSAL = "550 <script>alert(1)</script> no such user"


@pytest.fixture
def as_ada(clock, ada, sign_in) -> Client:
    return sign_in(ada)


@pytest.fixture
def as_counsellor(clock, counsellor, sign_in) -> Client:
    return sign_in(counsellor)


@pytest.fixture
def address() -> Callable[..., str]:
    """Returns the address of an action on an appointment, a client's unless told otherwise."""

    def of(action: str, appointment: Appointment, where: str = "appointments") -> str:
        return reverse(f"{where}:{action}", args=[appointment.pk])

    return of


@pytest.fixture
def made(ada, counsellor) -> Callable[..., Series]:
    """Returns a series of ada's that is booked wherever it can be."""

    def booked(*, now: dt.datetime = NOW, **fields: object) -> Series:
        wanted = weekly(ada, **fields)
        appointments.series.book(
            series=wanted, hours=as_planned(wanted, now=now), by=counsellor, now=now, notify=False
        )
        return wanted

    return booked


class Refusing(BaseEmailBackend):
    """A mail server that takes nothing."""

    def send_messages(self, messages):
        raise smtplib.SMTPException(REFUSAL)


@pytest.fixture
def send(settings) -> Callable[..., int]:
    """Lets the worker deliver: to a working server, or to one that refuses, once or for good."""
    working = settings.POST_OFFICE
    refusing = working | {"BACKENDS": {"default": f"{__name__}.Refusing"}}

    def sent(*, refused: bool = False, for_good: bool = False) -> int:
        settings.POST_OFFICE = refusing if refused or for_good else working
        if for_good:
            settings.POST_OFFICE = refusing | {"MAX_RETRIES": 0}
        done = mail.deliver()
        settings.POST_OFFICE = working
        return done

    return sent


@pytest.fixture
def queue(practice) -> Callable[..., MailRecord]:
    """Queues a mail, about something of its own unless told otherwise."""

    def queued(
        to: str = "ada@example.com",
        *,
        kind: MailKind = MailKind.BOOKED,
        subject: uuid.UUID | None = None,
        **more: object,
    ) -> MailRecord:
        message = {"subject": "Hello", "lines": ["what is new"], "button": "See it"}
        about = mail.About(kind, subject, **more)
        context = {"message": message, "person": User(name="Ada"), "link": "http://127.0.0.1:8000/"}
        email = mail.queue("appointments/message", to=to, context=context, about=about)
        return MailRecord.objects.get(mail=email)

    return queued


@pytest.fixture
def failed(queue, send) -> MailRecord:
    """A mail to ada that has failed for good; the worker is at work."""
    record = queue()
    send(for_good=True)
    Worker.beat(NOW)
    return MailRecord.objects.get(pk=record.pk)


def text(answer: HttpResponse) -> str:
    return answer.content.decode()


def chips(answer: HttpResponse) -> list[int]:
    """Return the hours that the page offers as radios."""
    return [int(hour) for hour in re.findall(r'name="hour" value="(\d+)"', text(answer))]


def offers(answer: HttpResponse) -> list[str]:
    """Return the other times that the page offers as links, as `date hour`."""
    links = re.findall(r'data-date="([\d-]+)" data-hour="(\d+)"', text(answer))
    return [f"{date} {hour}" for date, hour in links]


def listed(answer: HttpResponse) -> list[Appointment]:
    return list(answer.context["page"])


def own_slots(user: User) -> list[tuple[object, int]]:
    return list(Appointment.objects.filter(client=user).values_list("date", "hour"))
