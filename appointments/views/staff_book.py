"""The client admin: booking for a client, and moving an appointment."""

import datetime as dt
import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import SignedInRequest, counsellor_required
from appointments import booking, errors
from appointments.errors import BookingError
from appointments.forms import AskedForm, Repeat, StaffBookForm, StaffSlotForm, WhoForm
from appointments.models import Appointment, Slot

from . import picker, plans, series
from .answers import (
    CONFLICT,
    UNPROCESSABLE,
    asked_anyway,
    local_path,
    onward,
    refusals,
    refuse,
    seen,
)

NEW, MOVE = "appointments/staff/new.html", "appointments/staff/move.html"
LISTED = 10


@require_http_methods(["GET", "HEAD", "POST"])
@counsellor_required
def book(request: SignedInRequest) -> HttpResponse:
    who, now = WhoForm(request.POST or request.GET), timezone.now()
    client = who.cleaned_data["client"] if who.is_valid() else None
    if client is None:
        return _ask_who(request, who)
    more = {"client": client, "kept": {"client": str(client.pk)}}
    if request.method != "POST":
        return picker.blank(request, NEW, StaffBookForm, now=now, **more)
    form, error = StaffBookForm(request.POST), None
    if plans.goes_back(request):
        form.is_valid()
        return picker.refused(request, NEW, form, now=now, status=200, **more)
    if form.is_valid():
        try:
            return _book(request, client, form.cleaned_data, now)
        except BookingError as raised:
            error = raised
    return _refused(request, NEW, form, error, now, **more)


def _book(
    request: SignedInRequest, client: User, wanted: dict[str, Any], now: dt.datetime
) -> HttpResponse:
    if wanted["repeat"] != Repeat.NONE:
        return series.plan_page(request)
    fields = {name: wanted[name] for name in ("date", "hour", "note", "notify", "anyway")}
    try:
        appointment = booking.book(client=client, by=request.user, now=now, **fields)
        done = _("Booked for %(name)s: %(slot)s.")
    except errors.AlreadyBooked as error:  # a double click
        appointment = error.appointment
        done = _("%(name)s has this appointment already: %(slot)s.")
    messages.success(request, done % {"name": client, "slot": _named(appointment.slot)})
    return redirect("client_admin:appointment", pk=appointment.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@counsellor_required
def move(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    subject = get_object_or_404(Appointment.objects.select_related("client"), pk=pk)
    now, sent = timezone.now(), request.POST or request.GET
    more = {"appointment": subject, "kept": {"next": local_path(sent.get("next", ""))}}
    if request.method != "POST":
        if why_not := _why_not(subject, request.user, now):
            messages.error(request, why_not)
            return redirect("client_admin:appointment", pk=pk)
        return picker.blank(request, MOVE, StaffSlotForm, now=now, **more)
    form, error = StaffSlotForm(request.POST), None
    if form.is_valid():
        try:
            moved = booking.move(
                appointment=subject,
                by=request.user,
                now=now,
                seen=seen(request),
                **form.cleaned_data,
            )
        except BookingError as raised:
            subject.refresh_from_db()  # the page says where it is now
            error = raised
        else:
            messages.success(request, _("Moved to %(slot)s.") % {"slot": _named(moved.slot)})
            return onward(request, "client_admin:appointment", pk)
    return _refused(request, MOVE, form, error, now, **more)


def _why_not(subject: Appointment, by: User, now: dt.datetime) -> str:
    try:
        booking.require_cancellable(subject, by=by, now=now)
    except BookingError as error:
        return str(error)
    return ""


def _refused(
    request: SignedInRequest,
    template: str,
    form: StaffSlotForm,
    error: BookingError | None,
    now: dt.datetime,
    **more: Any,
) -> HttpResponse:
    """Render the page again; where the practice is closed, with the question whether it matters."""
    status, insists = UNPROCESSABLE, form.cleaned_data.get("anyway", False)
    asks = isinstance(error, errors.SlotClosed) and not insists
    if asks:
        wanted = Slot(form.cleaned_data["date"], form.cleaned_data["hour"])
        form.add_error(None, asked_anyway(wanted))
        status = CONFLICT
    elif error:
        status = refuse(form, error)
    more |= {"answer_at": "anyway"} if asks else {}
    more |= {"anyway": form.slot_name if asks or insists else "", "insists": insists}
    return picker.refused(request, template, form, now=now, status=status, **more)


def _ask_who(request: SignedInRequest, who: WhoForm) -> HttpResponse:
    """Render the page that asks for a client, date and hour kept."""
    posted = request.method == "POST"
    asked = AskedForm(request.POST or request.GET)
    asked.is_valid()
    kept = {name: str(value) for name, value in asked.cleaned_data.items() if value}
    clients = User.objects.clients().filter(is_active=True)
    q = who.cleaned_data.get("q", "")
    found = list((clients.search(q) if q else clients)[: LISTED + 1])
    said = refusals(who) or ([_("Please choose a client.")] if posted else [])
    context = {
        "form": who,
        "day": asked.cleaned_data.get("date"),
        "found": found[:LISTED],
        "more": len(found) > LISTED,
        "q": q,
        "kept": kept,
        "kept_query": f"&{urlencode(kept)}" if kept else "",
        "refusals": said,
    }
    status = UNPROCESSABLE if said else 200
    return render(request, "appointments/staff/new_who.html", context, status=status)


def _named(slot: Slot) -> str:
    """Tuesday 24 November 2026, 10:00"""
    return f"{date_format(slot.date, 'l j F Y')}, {slot.hour:02}:00"
