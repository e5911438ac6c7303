"""The client admin: one client's record."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import people
from accounts.models import User
from accounts.permissions import SignedInRequest, counsellor_required
from appointments.models import Appointment


@require_safe
@counsellor_required
def client(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    subject = _fetch(pk)
    coming = Appointment.objects.active().for_client(subject).upcoming(timezone.now())
    context = {"client": subject, "coming": coming}
    return render(request, "appointments/staff/client.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@counsellor_required
def deactivate(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    subject = _fetch(pk)
    if request.method == "POST":
        people.deactivate(person=subject)
        done = _("%(name)s is signed out and cannot sign in again.")
        messages.success(request, done % {"name": subject})
    return redirect("client_admin:client", pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@counsellor_required
def reactivate(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    subject = _fetch(pk)
    if request.method == "POST":
        people.reactivate(person=subject)
        messages.success(request, _("%(name)s can sign in again.") % {"name": subject})
    return redirect("client_admin:client", pk=pk)


def _fetch(pk: uuid.UUID) -> User:
    return get_object_or_404(User.objects.clients(), pk=pk)
