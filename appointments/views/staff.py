"""The client admin: everyone's appointments, and what the counsellor does with one."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import SignedInRequest, counsellor_required
from appointments import booking, errors
from appointments.forms import FilterForm, StatusForm
from appointments.models import Appointment, BookingPolicy, Status

from .answers import UNPROCESSABLE, refusals, refuse

PER_PAGE = 50
MARKED = {Status.ATTENDED, Status.NO_SHOW}  # a further change only corrects it


def coming(request: SignedInRequest, **kwargs: object) -> HttpResponse:
    raise Http404  # PLACEHOLDER: each of these routes is about to get its page


@require_safe
@counsellor_required
def appointment_list(request: SignedInRequest) -> HttpResponse:
    form = FilterForm(request.GET)
    valid = form.is_valid()
    appointments = Appointment.objects.select_related("client").order_by("-date", "-hour", "-id")
    found = appointments.matching(**form.cleaned_data) if valid else appointments.none()
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page}
    status = 200 if valid else UNPROCESSABLE
    return render(request, "appointments/staff/list.html", context, status=status)


@require_safe
@counsellor_required
def appointment(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    return _manage(request, _fetch(pk), StatusForm())


@require_http_methods(["GET", "HEAD", "POST"])
@counsellor_required
def set_status(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    subject = _fetch(pk)
    if request.method != "POST":  # signing in again leads here with a GET
        return redirect("client_admin:appointment", pk=pk)
    form, answer = StatusForm(request.POST), UNPROCESSABLE
    if form.is_valid():
        try:
            changed = booking.set_status(
                appointment=subject, by=request.user, now=timezone.now(), **form.cleaned_data
            )
        except errors.BookingError as error:
            answer = refuse(form, error)
        else:
            done = _("The appointment is now marked “%(status)s”.")
            messages.success(request, done % {"status": changed.get_status_display()})
            return redirect("client_admin:appointment", pk=pk)
    return _manage(request, _fetch(pk), form, answer)


def _fetch(pk: uuid.UUID) -> Appointment:
    return get_object_or_404(Appointment.objects.select_related("client"), pk=pk)


def _manage(
    request: SignedInRequest, subject: Appointment, form: StatusForm, answer: int = 200
) -> HttpResponse:
    changes = booking.changes(subject, now=timezone.now())
    context = {
        "appointment": subject,
        "policy": BookingPolicy.load(),
        "events": subject.events.select_related("by"),
        "changes": [status for status in changes if status != Status.CANCELLED],
        "may_cancel": Status.CANCELLED in changes,
        "marked": subject.status in MARKED,
        "form": form,
        "refusals": refusals(form),
    }
    return render(request, "appointments/staff/appointment.html", context, status=answer)
