"""The client admin: leave, and public holidays."""

from functools import partial

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.permissions import SignedInRequest, counsellor_required
from appointments import calendar, errors
from appointments.forms import LeaveForm
from appointments.models import Closure

from . import plans
from .answers import CONFLICT, UNPROCESSABLE, refuse

PER_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@counsellor_required
def leave(request: SignedInRequest) -> HttpResponse:
    holidays = calendar.holidays_ahead(now=timezone.now())
    if request.method != "POST":
        return _page(request, LeaveForm(holidays=holidays))
    form, status = LeaveForm(request.POST, holidays=holidays), UNPROCESSABLE
    if plans.goes_back(request):
        return _page(request, form)
    if form.is_valid():
        try:
            return plans.carried_out(request, form, _change(form))
        except errors.BookingError as error:
            status = refuse(form, error)
    return _page(request, form, status)


@require_http_methods(["GET", "HEAD", "POST"])
@counsellor_required
def remove(request: SignedInRequest, pk: int) -> HttpResponse:
    closure = get_object_or_404(Closure, pk=pk)
    if request.method != "POST":  # signing in again leads here with a GET
        return redirect("client_admin:leave")
    try:
        calendar.reopen(closure=closure, now=timezone.now())
    except errors.LeaveOver as error:
        form = LeaveForm(holidays=calendar.holidays_ahead(now=timezone.now()))
        return _page(request, form, CONFLICT, refused=[str(error)])
    messages.success(request, _("The leave is removed: these hours can be booked again."))
    return redirect("client_admin:leave")


def _change(form: LeaveForm) -> plans.Change:
    closures = form.closures()
    return plans.Change(
        carry_out=partial(calendar.close, closures=closures),
        plan=partial(calendar.plan_leave, closures=closures),
        back="client_admin:leave",
        title=gettext_lazy("Leave"),
        saved=gettext_lazy("The leave is saved."),
    )


def _page(
    request: SignedInRequest, form: LeaveForm, status: int = 200, refused: list[str] | None = None
) -> HttpResponse:
    now, past = timezone.now(), request.GET.get("when") == "past"
    found = calendar.past_leave(now=now) if past else calendar.coming_leave(now=now)
    context = {
        "form": form,
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "past": past,
        "refusals": refused or [],
    }
    return render(request, "appointments/staff/leave.html", context, status=status)
