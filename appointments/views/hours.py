"""The client admin: opening hours."""

from functools import partial

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.permissions import SignedInRequest, counsellor_required
from appointments import calendar, errors, series
from appointments.forms import HoursForm
from appointments.models import OpeningHours

from . import plans
from .answers import UNPROCESSABLE, refuse


@require_http_methods(["GET", "HEAD", "POST"])
@counsellor_required
def hours(request: SignedInRequest) -> HttpResponse:
    there = list(OpeningHours.objects.all())
    if request.method != "POST":
        return _page(request, HoursForm(rows=there), 200)
    form = HoursForm(request.POST, rows=there)
    if plans.goes_back(request):
        return _page(request, form, 200)
    if not form.is_valid():
        return _page(request, form, UNPROCESSABLE)
    rows = form.rows()
    change = plans.Change(
        carry_out=partial(calendar.set_hours, rows=rows, instead_of=form.cleaned_data["seen"]),
        plan=partial(calendar.plan_hours, rows=rows),
        back="client_admin:hours",
        title=_("Opening hours"),
        saved=_("The opening hours are saved."),
    )
    try:
        return plans.carried_out(request, form, change)
    except errors.HoursChanged as error:
        form.look_again()
        return _page(request, form, refuse(form, error))


def _page(request: SignedInRequest, form: HoursForm, status: int) -> HttpResponse:
    context = {"form": form, "outside": series.outside_hours(now=timezone.now())}
    return render(request, "appointments/staff/hours.html", context, status=status)
