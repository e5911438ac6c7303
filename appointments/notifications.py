"""What a client is told by mail: one function per message, queued with the change it tells of."""

import datetime as dt

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from therapeutics import mail

from .models import Appointment, Series, Slot


def booked(appointment: Appointment) -> None:
    _tell("booked", appointment)


def confirmed(appointment: Appointment) -> None:
    _tell("confirmed", appointment)


def moved(appointment: Appointment, *, was: Slot) -> None:
    _tell("moved", appointment, was_when=_when(was))


def cancelled(appointment: Appointment) -> None:
    _tell("cancelled", appointment)


def series_booked(series: Series, booked: list[Slot]) -> None:
    _tell_of_series("series_booked", series, booked)


def series_changed(series: Series, now_at: list[Slot]) -> None:
    _tell_of_series("series_changed", series, now_at)


def series_ended(series: Series, freed: list[Slot], *, last: dt.date | None) -> None:
    """Tell of the sessions that are cancelled, or else that there are none after `last`."""
    if freed or last:
        _tell_of_series("series_ended", series, freed, last=last)


def _tell_of_series(message: str, series: Series, concerned: list[Slot], **more: object) -> None:
    client = series.client
    if not client.email:
        return
    context: dict[str, object] = {
        "client": client,
        **more,
        "when": _when(concerned[0]) if concerned else "",
        "dates": [_when(slot) for slot in concerned],
        "link": settings.SITE_URL + reverse("appointments:list"),
    }
    mail.queue(f"appointments/{message}", to=client.email, context=context)


def _tell(message: str, appointment: Appointment, **context: object) -> None:
    client = appointment.client
    if not client.email:
        return
    context |= {
        "appointment": appointment,
        "client": client,
        "when": _when(appointment.slot),
        "link": settings.SITE_URL + appointment.get_absolute_url(),
    }
    mail.queue(f"appointments/{message}", to=client.email, context=context)


def _when(slot: Slot) -> str:
    """Tue 24 Nov, 10:00"""
    return _("%(day)s, %(hour)02d:00") % {
        "day": date_format(slot.date, "D j M"),
        "hour": slot.hour,
    }
