"""The client admin: opening hours."""

from functools import partial

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.permissions import SignedInRequest, counsellor_required
from appointments import calendar
from appointments.forms import HoursForm
from appointments.models import OpeningHours

from . import plans
from .answers import UNPROCESSABLE


@require_http_methods(["GET", "HEAD", "POST"])
@counsellor_required
def hours(request: SignedInRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, HoursForm(rows=OpeningHours.objects.all()), 200)
    form = HoursForm(request.POST)
    if plans.goes_back(request):
        return _page(request, form, 200)
    if not form.is_valid():
        return _page(request, form, UNPROCESSABLE)
    rows = form.rows()
    change = plans.Change(
        carry_out=partial(calendar.set_hours, rows=rows),
        plan=partial(calendar.plan_hours, rows=rows),
        back="client_admin:hours",
        title=_("Opening hours"),
        saved=_("The opening hours are saved."),
    )
    return plans.carried_out(request, form, change)


def _page(request: SignedInRequest, form: HoursForm, status: int) -> HttpResponse:
    return render(request, "appointments/staff/hours.html", {"form": form}, status=status)
