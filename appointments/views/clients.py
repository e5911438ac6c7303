"""The client admin: who the clients are, and one client's record."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import people
from accounts.models import Invitation, Note, User
from accounts.permissions import SignedInRequest, counsellor_required
from appointments.forms import ClientFilterForm, ClientSearchForm, NoteForm
from appointments.models import Appointment, Series, local_slot

from .answers import UNPROCESSABLE, refusals
from .feeds import PRIVATE

PER_PAGE = 25
FOUND_AT_ONCE = 10  # while somebody types
PAST_SHOWN = 10


@require_safe
@counsellor_required
def client_list(request: SignedInRequest) -> HttpResponse:
    form = ClientFilterForm(request.GET)
    valid = form.is_valid()
    found = User.objects.clients().matching(**form.cleaned_data) if valid else User.objects.none()
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "rows": _with_next(page), **form.cleaned_data}
    return render(
        request,
        "appointments/staff/clients.html",
        context,
        status=200 if valid else UNPROCESSABLE,
    )


@require_safe
@counsellor_required
def search(request: SignedInRequest) -> JsonResponse:
    """Answer whom a booking may be for, while their name is being typed."""
    form = ClientSearchForm(request.GET)
    if not form.is_valid():
        return JsonResponse({"error": " ".join(refusals(form))}, status=400, headers=PRIVATE)
    q = form.cleaned_data["q"]
    found = User.objects.clients().active().search(q)[:FOUND_AT_ONCE] if q else []
    rows = [
        {"id": str(one.pk), "name": str(one), "detail": one.email or one.phone} for one in found
    ]
    return JsonResponse({"clients": rows}, headers=PRIVATE)


@require_safe
@counsellor_required
def client(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    return _record(request, _fetch(pk), NoteForm())


@require_http_methods(["GET", "HEAD", "POST"])
@counsellor_required
def add_note(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    subject = _remembered(pk)
    if request.method != "POST":  # signing in again leads here with a GET
        return redirect("client_admin:client", pk=pk)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _record(request, subject, form, UNPROCESSABLE)
    try:
        people.add_note(client=subject, by=request.user, now=timezone.now(), **form.cleaned_data)
    except people.Erased as erased:
        raise Http404 from erased
    messages.success(request, _("The note is saved."))
    return redirect("client_admin:client", pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@counsellor_required
def remove_note(request: SignedInRequest, pk: uuid.UUID, note: int) -> HttpResponse:
    subject = get_object_or_404(Note.objects.about(_fetch(pk)), pk=note)
    if request.method == "POST":
        people.remove_note(note=subject)
        messages.success(request, _("The note is removed."))
    return redirect("client_admin:client", pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@counsellor_required
def deactivate(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    subject = _remembered(pk)
    if request.method == "POST":
        people.deactivate(person=subject, by=request.user, now=timezone.now())
        done = _("%(name)s is signed out and cannot sign in again.")
        messages.success(request, done % {"name": subject})
    return redirect("client_admin:client", pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@counsellor_required
def reactivate(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    subject = _remembered(pk)
    if request.method == "POST":
        people.reactivate(person=subject, by=request.user, now=timezone.now())
        messages.success(request, _("%(name)s can sign in again.") % {"name": subject})
    return redirect("client_admin:client", pk=pk)


def _fetch(pk: uuid.UUID) -> User:
    return get_object_or_404(User.objects.clients(), pk=pk)


def _remembered(pk: uuid.UUID) -> User:
    """Of somebody who was erased nothing is changed or written down any more."""
    return get_object_or_404(User.objects.clients().remembered(), pk=pk)


def _with_next(page: "Page[User]") -> list[tuple[User, Appointment | None]]:
    """Return the page's clients, each with their next appointment."""
    theirs = Appointment.objects.active().filter(client__in=list(page))
    coming = theirs.upcoming(timezone.now()).first_of_each_client()
    by_client = {appointment.client_id: appointment for appointment in coming}
    return [(one, by_client.get(one.pk)) for one in page]


def _record(
    request: SignedInRequest, subject: User, form: NoteForm, answer: int = 200
) -> HttpResponse:
    now = timezone.now()
    theirs = Appointment.objects.for_client(subject)
    past = theirs.past(now).order_by("-date", "-hour", "-id")
    invitation = Invitation.objects.of(subject).select_related("mail").first()
    context: dict[str, Any] = {
        "client": subject,
        "tally": theirs.tally(),
        "coming": theirs.active().upcoming(now),
        "past": past[:PAST_SHOWN],
        "series": Series.objects.for_client(subject).going_on(local_slot(now)[0]),
        "invitation": invitation,
        "invitation_state": invitation and invitation.state(now),
        "notes": Note.objects.about(subject),
        "form": form,
    }
    return render(request, "appointments/staff/client.html", context, status=answer)
