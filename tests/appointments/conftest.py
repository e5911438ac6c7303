"""What a page shows, for the tests that read pages."""

import datetime as dt
import re
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

import appointments.series
from accounts.models import User
from appointments.models import Appointment, Series
from tests.conftest import NOW

from .series import as_planned, weekly


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
