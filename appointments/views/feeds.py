"""The same facts for programs: availability as JSON."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from appointments import slots
from appointments.forms import SpanForm

from .answers import refusals

PRIVATE = {"Cache-Control": "no-store, private"}
COMPACT = {"separators": (",", ":")}


@login_not_required  # answers 401 itself: a program cannot use a sign-in page
@require_safe
def availability(request: HttpRequest) -> JsonResponse:
    if not request.user.is_authenticated:
        return JsonResponse({"error": _("Please sign in.")}, status=401, headers=PRIVATE)
    form = SpanForm(request.GET)
    if not form.is_valid():
        return JsonResponse({"error": " ".join(refusals(form))}, status=400, headers=PRIVATE)
    found = slots.availability(now=timezone.now(), staff=request.user.is_staff, **form.cleaned_data)
    answer = {
        "timezone": settings.TIME_ZONE,
        "from": found.start.isoformat(),
        "to": found.end.isoformat(),
        "days": {date.isoformat(): hours for date, hours in found.days.items()},
    }
    return JsonResponse(answer, headers=PRIVATE, json_dumps_params=COMPACT)
