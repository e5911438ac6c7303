"""The page with the date and hour picker, for booking and for moving, by clients and by staff."""

import datetime as dt
from itertools import islice
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
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
    """Render the page for a first look, at the slot that the address asks for.

    `kept` among `more` is what its links and forms carry along, beside date and hour.
    """
    asked = AskedForm(request.GET)
    status = 200 if asked.is_valid() else UNPROCESSABLE
    form = form_class(initial=asked.cleaned_data)
    shown = _context(form, asked.cleaned_data, now=now, staff=request.user.is_staff)
    context = {**shown, **_kept(**more), "refusals": refusals(asked)}
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
    shown = _context(form, form.cleaned_data, now=now, staff=request.user.is_staff)
    context = {**shown, **_kept(**more), "refusals": refusals(form)}
    return render(request, template, context, status=status)


def _kept(*, kept: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    kept = {name: value for name, value in (kept or {}).items() if value}
    return {"kept": kept, "kept_query": f"{urlencode(kept)}&" if kept else "", **more}


def _context(
    form: SlotForm, chosen: dict[str, Any], *, now: dt.datetime, staff: bool
) -> dict[str, Any]:
    """Return the chosen day's hours, or the first open day's, and a few slots to take at once."""
    open_slots = slots.availability(now=now, staff=staff)
    outside = slots.outside(now=now) if staff else slots.Availability.none()
    soonest = list(islice(open_slots.slots(), OFFERED))
    day = chosen.get("date") or (soonest[0].date if soonest else None)
    hours, others = open_slots.on(day), outside.on(day)
    known = chosen.get("hour") in (*hours, *others)
    if day and chosen.get("hour") and not known:
        soonest = open_slots.nearest(Slot(day, chosen["hour"]), OFFERED)
    return {
        "form": form,
        "policy": BookingPolicy.load(),
        "open_slots": open_slots,
        "outside": {date.isoformat(): found for date, found in outside.days.items()},
        "soonest": soonest,
        "day": day,
        "hour": chosen["hour"] if known else None,
        "morning": [hour for hour in hours if hour < NOON],
        "afternoon": [hour for hour in hours if hour >= NOON],
        "others": others,
        "next_day": next((date for date in open_slots.days if day and date > day), None),
    }
