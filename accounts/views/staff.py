"""Client admin: invitations."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import invitations
from accounts.forms import InviteForm
from accounts.models import Invitation
from accounts.permissions import SignedInRequest, counsellor_required

from . import CONFLICT, OK, UNPROCESSABLE

PER_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@counsellor_required
def invitation_list(request: SignedInRequest) -> HttpResponse:
    """List the invitations; POST invites."""
    if request.method != "POST":
        return _list(request, InviteForm())
    form, answer = InviteForm(request.POST), UNPROCESSABLE
    if form.is_valid():
        try:
            made = invitations.invite(by=request.user, now=timezone.now(), **form.cleaned_data)
        except invitations.InvitationError as error:
            form.add_error("email", str(error))
            answer = CONFLICT
        else:
            return _done(request, _("The invitation for %(name)s is on its way."), made)
    return _list(request, form, answer)


@require_http_methods(["GET", "HEAD", "POST"])
@counsellor_required
def resend(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    subject = get_object_or_404(Invitation, pk=pk)
    if request.method != "POST":  # signing in again leads here with a GET
        return redirect("client_admin:invitations")
    try:
        sent = invitations.resend(invitation=subject, by=request.user, now=timezone.now())
    except invitations.InvitationError as error:
        return _refused(request, error)
    return _done(request, _("A new link for %(name)s is on its way; the old one is dead."), sent)


@require_http_methods(["GET", "HEAD", "POST"])
@counsellor_required
def revoke(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    subject = get_object_or_404(Invitation, pk=pk)
    if request.method != "POST":
        return redirect("client_admin:invitations")
    try:
        revoked = invitations.revoke(invitation=subject, by=request.user, now=timezone.now())
    except invitations.InvitationError as error:
        return _refused(request, error)
    return _done(request, _("The invitation for %(name)s is revoked."), revoked)


def _done(request: SignedInRequest, text: str, invitation: Invitation) -> HttpResponse:
    messages.success(request, text % {"name": invitation.name})
    return redirect("client_admin:invitations")


def _refused(request: SignedInRequest, error: invitations.InvitationError) -> HttpResponse:
    return _list(request, InviteForm(), CONFLICT, [str(error)])


def _list(
    request: SignedInRequest, form: InviteForm, answer: int = OK, refusals: list[str] | None = None
) -> HttpResponse:
    now = timezone.now()
    found = Invitation.objects.select_related("inviter", "mail")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    rows = [(invitation, invitation.state(now)) for invitation in page]
    context = {"form": form, "page": page, "rows": rows, "refusals": refusals}
    return render(request, "accounts/staff/invitations.html", context, status=answer)
