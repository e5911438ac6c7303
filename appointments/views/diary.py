"""The client admin's first page: the counsellor's week."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.permissions import SignedInRequest, counsellor_required
from appointments import diary
from appointments.forms import DiaryForm
from appointments.models import local_slot

from .answers import UNPROCESSABLE, refusals

NAMES = "diary-names"  # of a session: how names are written


@require_safe
@counsellor_required
def week(request: SignedInRequest) -> HttpResponse:
    form, now = DiaryForm(request.GET), timezone.now()
    status = 200 if form.is_valid() else UNPROCESSABLE
    today, _hour = local_slot(now)
    day = form.cleaned_data.get("day") or today
    here = f"{reverse('client_admin:home')}?{urlencode({'week': diary.iso_week(day)})}"
    if form.cleaned_data.get("names"):
        request.session[NAMES] = form.cleaned_data["names"]
        return redirect(here)  # so that the way back does not show the names again
    context = {
        "week": diary.week(monday=diary.monday_of(day), now=now),
        "day": day,
        "here": here,
        "initials": request.session.get(NAMES) == "initials",
        "refusals": refusals(form),
    }
    return render(request, "appointments/staff/diary.html", context, status=status)
