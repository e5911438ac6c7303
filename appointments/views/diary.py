"""The client admin's first page: the counsellor's week."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.permissions import SignedInRequest, counsellor_required
from appointments import diary
from appointments.forms import DiaryForm, NamesForm
from appointments.models import local_slot
from therapeutics import mail

from .answers import UNPROCESSABLE, refusals

NAMES = "diary-names"  # of a session: how names are written


@require_http_methods(["GET", "HEAD", "POST"])
@counsellor_required
def week(request: SignedInRequest) -> HttpResponse:
    """Show the week; a POST to it says how names are written from now on."""
    form, now = DiaryForm(request.GET), timezone.now()
    names = NamesForm(request.POST) if request.method == "POST" else None
    status = 200 if form.is_valid() and not (names and names.errors) else UNPROCESSABLE
    today, _hour = local_slot(now)
    day = form.cleaned_data.get("day") or today
    here = f"{reverse('client_admin:home')}?{urlencode({'week': diary.iso_week(day)})}"
    if names and names.is_valid():
        request.session[NAMES] = names.cleaned_data["names"]
        return redirect(here)  # so that the way back does not show the names again
    context = {
        "week": diary.week(monday=diary.monday_of(day), now=now),
        "day": day,
        "here": here,
        "initials": request.session.get(NAMES) == "initials",
        "health": mail.health(now=now),
        "refusals": refusals(form) + (refusals(names) if names else []),
    }
    return render(request, "appointments/staff/diary.html", context, status=status)
