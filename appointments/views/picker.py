"""The page with the date and hour picker, for booking and for moving alike."""

import datetime as dt
from itertools import islice
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.permissions import SignedInRequest
from appointments import slots
from appointments.forms import AskedForm, SlotForm
from appointments.models import Appointment, BookingPolicy, Slot

from .answers import UNPROCESSABLE, refusals

NOON = 12
OFFERED = 3


def blank(
    request: SignedInRequest,
    template: str,
    form_class: type[SlotForm],
    *,
    now: dt.datetime,
    **more: Any,
) -> HttpResponse:
    """Render the page for a first look, at the slot that the address asks for."""
    asked = AskedForm(request.GET)
    status = 200 if asked.is_valid() else UNPROCESSABLE
    form = form_class(initial=asked.cleaned_data)
    context = {**_context(form, asked.cleaned_data, now), "refusals": refusals(asked), **more}
    if asked.cleaned_data.get("hour") and not context["hour"]:
        context["refusals"].append(_why_not(request, context["day"], asked.cleaned_data["hour"]))
    return render(request, template, context, status=status)


def _why_not(request: SignedInRequest, date: dt.date, hour: int) -> str:
    """Return why an hour that an address asks for is not among those that are open."""
    own = Appointment.objects.for_client(request.user).active()
    if own.filter(date=date, hour=hour).exists():  # the back button, after booking it
        return _("This time is yours already. Choose another one for one more appointment.")
    return _("That time is no longer open. Please choose another.")


def refused(
    request: SignedInRequest,
    template: str,
    form: SlotForm,
    *,
    now: dt.datetime,
    status: int,
    **more: Any,
) -> HttpResponse:
    """Render the page again with what is wrong, everything kept that was sent."""
    context = {**_context(form, form.cleaned_data, now), "refusals": refusals(form), **more}
    return render(request, template, context, status=status)


def _context(form: SlotForm, chosen: dict[str, Any], now: dt.datetime) -> dict[str, Any]:
    """Return the chosen day's hours, or the first open day's, and a few slots to take at once."""
    open_slots = slots.availability(now=now)
    soonest = list(islice(open_slots.slots(), OFFERED))
    day = chosen.get("date") or (soonest[0].date if soonest else None)
    hours = open_slots.on(day)
    if day and chosen.get("hour") and chosen["hour"] not in hours:
        soonest = open_slots.nearest(Slot(day, chosen["hour"]), OFFERED)
    return {
        "form": form,
        "policy": BookingPolicy.load(),
        "open_slots": open_slots,
        "soonest": soonest,
        "day": day,
        "hour": chosen["hour"] if chosen.get("hour") in hours else None,
        "morning": [hour for hour in hours if hour < NOON],
        "afternoon": [hour for hour in hours if hour >= NOON],
        "next_day": next((date for date in open_slots.days if day and date > day), None),
    }
