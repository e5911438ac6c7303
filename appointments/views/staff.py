"""The client admin: everyone's appointments, and what the counsellor does with them."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import SignedInRequest, counsellor_required
from appointments import booking
from appointments.errors import BookingError, SlotClosed
from appointments.forms import FilterForm, StatusesForm, StatusForm, TellForm, WaiveForm, When
from appointments.models import Appointment, AppointmentEvent, BookingPolicy, Status

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

PER_PAGE = 50
MARKED = {Status.ATTENDED, Status.NO_SHOW}  # a further change only corrects it


class Row(NamedTuple):
    """An appointment of the list, and what is offered with it there."""

    appointment: Appointment
    taps: Sequence[Status]  # changes at one tap; a correction is made on the appointment's page
    at_once: bool  # whether it can be ticked, to be changed together with others
    movable: bool


def _row(appointment: Appointment, now: dt.datetime) -> Row:
    changes = booking.changes(appointment, now=now)
    is_ahead = now < appointment.starts_at
    settled = appointment.status in MARKED or not (appointment.is_active or is_ahead)
    taps = [] if settled else [status for status in changes if status != Status.CANCELLED]
    movable = is_ahead and Status.CANCELLED in changes
    return Row(appointment, taps, bool(taps) and appointment.is_active, movable)


@require_safe
@counsellor_required
def appointment_list(request: SignedInRequest) -> HttpResponse:
    return _list(request)


@require_http_methods(["GET", "HEAD", "POST"])
@counsellor_required
def set_statuses(request: SignedInRequest) -> HttpResponse:
    """Give several appointments one status. The address carries the list's filter."""
    if request.method != "POST":  # signing in again leads here with a GET
        return redirect(_list_address(request))
    form, answer = StatusesForm(request.POST), UNPROCESSABLE
    if form.is_valid():
        try:
            changed = booking.set_statuses(by=request.user, now=timezone.now(), **form.cleaned_data)
        except BookingError as error:
            answer = refuse(form, error)
        else:
            messages.success(request, _said_of(changed))
            return onward(request, _list_address(request))
    return _list(request, form, answer)


def _said_of_one(changed: Appointment) -> str:
    return _("%(day)s, %(hour)02d:00 is now marked “%(status)s”.") % {
        "day": date_format(changed.date, "l j F"),
        "hour": changed.hour,
        "status": changed.get_status_display(),
    }


def _said_of(changed: list[Appointment]) -> str:
    done = ngettext(
        "%(count)d appointment is now marked “%(status)s”.",
        "%(count)d appointments are now marked “%(status)s”.",
        len(changed),
    )
    return done % {"count": len(changed), "status": changed[0].get_status_display()}


def _list(
    request: SignedInRequest, several: StatusesForm | None = None, answer: int = 200
) -> HttpResponse:
    """Render the page of the list that the address asks for."""
    form, now = FilterForm(request.GET), timezone.now()
    valid = form.is_valid()
    asked = form.cleaned_data if valid else {}
    when = asked.get("when", When.ALL)
    found = _found(asked, now) if valid else Appointment.objects.none()
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    rows = [_row(appointment, now) for appointment in page]
    context = {
        "form": form,
        "page": page,
        "rows": rows,
        "at_once": any(row.at_once for row in rows),
        "for_several": {status for row in rows if row.at_once for status in row.taps},
        "offers": any(row.taps or row.movable for row in rows),
        "when": when,
        "whens": When,
        "here": _list_address(request),
        "ticked": request.POST.getlist("appointment"),
        "tell": several or TellForm(),
        "refusals": refusals(several) if several else [],
    }
    status = answer if valid else UNPROCESSABLE
    return render(request, "appointments/staff/list.html", context, status=status)


def _found(asked: dict[str, Any], now: dt.datetime) -> Any:
    """Return what is coming, soonest first, or else what was and all there is, latest first."""
    wanted = {name: value for name, value in asked.items() if name != "when"}
    found = Appointment.objects.select_related("client").matching(**wanted)
    if asked["when"] == When.UPCOMING:
        return found.upcoming(now)
    if asked["when"] == When.PAST:
        found = found.past(now)
    return found.order_by("-date", "-hour", "-id")


def _list_address(request: SignedInRequest) -> str:
    query = request.GET.urlencode()
    return reverse("client_admin:appointments") + (f"?{query}" if query else "")


@require_safe
@counsellor_required
def appointment(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    return _manage(request, pk)


@require_http_methods(["GET", "HEAD", "POST"])
@counsellor_required
def set_status(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    subject = _fetch(pk)
    if request.method != "POST":  # signing in again leads here with a GET
        return redirect("client_admin:appointment", pk=pk)
    form, answer = StatusForm(request.POST, auto_id="cancel_%s"), UNPROCESSABLE
    if form.is_valid():
        try:
            changed = booking.set_status(
                appointment=subject,
                by=request.user,
                now=timezone.now(),
                seen=seen(request),
                **form.cleaned_data,
            )
        except SlotClosed:
            form.add_error("anyway", asked_anyway(subject.slot))
            answer = CONFLICT
        except BookingError as error:
            answer = refuse(form, error)
        else:
            messages.success(request, _said_of_one(changed))
            return onward(request, "client_admin:appointment", pk)
    return _manage(request, pk, answer, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@counsellor_required
def waive(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    subject = _fetch(pk)
    if request.method != "POST":
        return redirect("client_admin:appointment", pk=pk)
    form, answer = WaiveForm(request.POST, auto_id="waive_%s"), UNPROCESSABLE
    if form.is_valid():
        try:
            booking.waive(
                appointment=subject, by=request.user, now=timezone.now(), **form.cleaned_data
            )
        except BookingError as error:
            answer = refuse(form, error)
        else:
            messages.success(request, _("The cancellation no longer counts as late."))
            return onward(request, "client_admin:appointment", pk)
    return _manage(request, pk, answer, waiving=form)


def _fetch(pk: uuid.UUID) -> Appointment:
    return get_object_or_404(Appointment.objects.select_related("client", "series"), pk=pk)


def _manage(
    request: SignedInRequest,
    pk: uuid.UUID,
    answer: int = 200,
    *,
    form: StatusForm | None = None,
    waiving: WaiveForm | None = None,
) -> HttpResponse:
    """Render the appointment's page as things are now, with what was refused."""
    subject, now = _fetch(pk), timezone.now()
    events = list(subject.events.select_related("by"))
    changes, refused = booking.changes(subject, now=now), form or waiving
    context = {
        "appointment": subject,
        "policy": BookingPolicy.load(),
        "events": events,
        "is_waived": bool(events) and events[-1].action == AppointmentEvent.Action.WAIVED,
        "changes": [status for status in changes if status != Status.CANCELLED],
        "may_cancel": Status.CANCELLED in changes,
        "may_move": Status.CANCELLED in changes and now < subject.starts_at,
        "marked": subject.status in MARKED,
        "is_told": Status.CONFIRMED in changes and now < subject.starts_at,
        "form": form or StatusForm(auto_id="cancel_%s"),
        "telling": TellForm(
            auto_id="change_%s", initial={"notify": request.POST.get("tell", "on")}
        ),
        "waiving": waiving or WaiveForm(auto_id="waive_%s"),
        "came_from": local_path(request.GET.get("next", "")),
        "sent_from": local_path(request.POST.get("next", "")),
        "ask": request.GET.get("ask"),
        "refusals": refusals(refused) if refused else [],
    }
    return render(request, "appointments/staff/appointment.html", context, status=answer)
