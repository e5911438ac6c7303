"""Site admin: a person is erased, or their wish to be is declined."""

import uuid

from django.contrib import admin, messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import erasure as wishes
from accounts.models import User
from accounts.permissions import SignedInRequest, confirmed_required, superuser_required
from appointments import erasure

from .answers import CONFLICT, OK


@require_http_methods(["GET", "HEAD", "POST"])
@superuser_required
@confirmed_required
def erase(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Show what goes, what stays and what is cancelled; POST erases for good."""
    person = get_object_or_404(User.objects.remembered(), pk=pk)
    if request.method != "POST":
        return _page(request, person)
    try:
        erasure.erase(person=person, by=request.user, now=timezone.now())
    except erasure.NotErasable as error:
        return _page(request, person, CONFLICT, str(error))
    messages.success(request, _("The person is erased. Their appointments stay as numbers."))
    return redirect("admin:accounts_user_changelist")


@require_http_methods(["GET", "HEAD", "POST"])
@superuser_required
def decline(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    person = get_object_or_404(User.objects.remembered(), pk=pk)
    if request.method != "POST":  # signing in again leads here with a GET
        return redirect("erase_person", pk=pk)
    if wishes.decline(person=person, by=request.user, now=timezone.now()):
        messages.success(request, _("The request is closed, and they are told to call you."))
    return redirect("admin:accounts_user_change", pk)


def _page(
    request: SignedInRequest, person: User, answer: int = OK, refusal: str = ""
) -> HttpResponse:
    if person.is_staff and not refusal:
        answer, refusal = CONFLICT, _("Staff are not erased. Take their rights away first.")
    context = {
        **admin.site.each_context(request),
        "title": _("Erase a person"),
        "opts": User._meta,
        "person": person,
        "refusal": refusal,
        "preview": None if refusal else erasure.preview(person=person, now=timezone.now()),
    }
    return render(request, "admin/accounts/user/erase.html", context, status=answer)
