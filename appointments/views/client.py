"""What a client does: see, book, move, cancel."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import SignedInRequest
from appointments import booking, errors
from appointments.forms import BookForm, SlotForm
from appointments.models import Appointment, BookingPolicy

from . import picker
from .answers import CONFLICT, UNPROCESSABLE, refuse, seen

PER_PAGE = 20


@require_safe
def appointment_list(request: SignedInRequest) -> HttpResponse:
    past = request.GET.get("when") == "past"
    appointments = Appointment.objects.visible_to(request.user).select_related("client", "series")
    if past:
        appointments = appointments.past(timezone.now()).order_by("-date", "-hour", "-id")
    else:
        appointments = appointments.upcoming(timezone.now())
    page = Paginator(appointments, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "appointments/list.html", {"page": page, "past": past})


@require_http_methods(["GET", "HEAD", "POST"])
def book(request: SignedInRequest) -> HttpResponse:
    template, now = "appointments/book.html", timezone.now()
    if request.user.is_staff:
        return _to_staff_pages(request)
    if request.method != "POST":
        return picker.blank(request, template, BookForm, now=now)
    form, status = BookForm(request.POST), UNPROCESSABLE
    if form.is_valid():
        try:
            appointment = booking.book(
                client=request.user, by=request.user, now=now, **form.cleaned_data
            )
        except errors.AlreadyBooked as error:
            messages.info(request, str(error))
            return redirect(error.appointment)
        except errors.BookingError as error:
            status = refuse(form, error)
        else:
            messages.success(request, _("Your appointment is booked."))
            return redirect(appointment)
    return picker.refused(request, template, form, now=now, status=status)


def _to_staff_pages(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST":
        raise PermissionDenied
    return redirect("client_admin:new")


@require_safe
def detail(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    visible = Appointment.objects.visible_to(request.user).select_related("client", "series")
    appointment = get_object_or_404(visible, pk=pk)
    policy, now = BookingPolicy.load(), timezone.now()
    own = appointment.client_id == request.user.pk
    context = {
        "appointment": appointment,
        "policy": policy,
        "events": appointment.events.select_related("by"),
        "may_cancel": own and booking.may_cancel(appointment, by=request.user, now=now),
        "may_move": own and booking.may_move(appointment, policy, by=request.user, now=now),
    }
    return render(request, "appointments/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def move(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    template, now = "appointments/move.html", timezone.now()
    appointment = get_object_or_404(Appointment.objects.for_client(request.user), pk=pk)
    if request.method != "POST":
        if not booking.may_move(appointment, BookingPolicy.load(), by=request.user, now=now):
            return redirect(appointment)  # its page says what can be done
        return picker.blank(request, template, SlotForm, now=now, appointment=appointment)
    form, status = SlotForm(request.POST), UNPROCESSABLE
    if form.is_valid():
        try:
            booking.move(
                appointment=appointment,
                by=request.user,
                now=now,
                seen=seen(request),
                **form.cleaned_data,
            )
        except errors.BookingError as error:
            appointment.refresh_from_db()  # the page says where it is now
            status = refuse(form, error)
        else:
            messages.success(request, _("Your appointment is moved."))
            return redirect(appointment)
    return picker.refused(request, template, form, now=now, status=status, appointment=appointment)


@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    appointment = get_object_or_404(Appointment.objects.for_client(request.user), pk=pk)
    policy, now = BookingPolicy.load(), timezone.now()
    context: dict[str, object] = {
        "appointment": appointment,
        "policy": policy,
        "late": booking.is_late(appointment, policy, now=now),
    }
    try:
        if request.method != "POST":
            booking.require_cancellable(appointment, by=request.user, now=now)
            return render(request, "appointments/cancel.html", context)
        booking.cancel(appointment=appointment, by=request.user, now=now, seen=seen(request))
    except errors.BookingError as error:
        context["refusals"] = [str(error)]
        return render(request, "appointments/cancel.html", context, status=CONFLICT)
    messages.success(request, _("Your appointment is cancelled."))
    return redirect(appointment)
