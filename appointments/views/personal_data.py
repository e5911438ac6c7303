"""A person's own data: to take along, and the wish to be forgotten."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import erasure
from accounts.permissions import SignedInRequest, confirmed_required
from appointments import personal_data

from .archive import archive

PRIVATE = {"Cache-Control": "no-store, private"}


@require_http_methods(["GET", "HEAD", "POST"])
def own(request: SignedInRequest) -> HttpResponse:
    """Say what there is to have; POST hands it out."""
    if request.method == "POST":
        return _download(request)
    context = {"confirmed": "confirmed" in request.GET}
    return render(request, "appointments/personal_data.html", context)


@confirmed_required
def _download(request: SignedInRequest) -> HttpResponse:
    now = timezone.now()
    content = archive(personal_data.export(person=request.user, now=now))
    answer = HttpResponse(content, content_type="application/zip", headers=PRIVATE)
    answer["Content-Disposition"] = f'attachment; filename="your-data-{now:%Y-%m-%d}.zip"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@confirmed_required
def ask_for_erasure(request: SignedInRequest) -> HttpResponse:
    """Ask once more, saying what it means; POST notes the wish."""
    if request.user.is_staff:
        raise PermissionDenied
    if request.method != "POST":
        return render(request, "appointments/erasure.html")
    if erasure.ask(person=request.user, now=timezone.now()):
        messages.success(request, _("We have your request, and answer it within a month."))
    else:
        messages.info(request, _("We have your request already."))
    return redirect("account_data")


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw_erasure(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST" and erasure.withdraw(person=request.user, now=timezone.now()):
        messages.success(request, _("Your request is taken back. Everything stays as it is."))
    return redirect("account_data")
