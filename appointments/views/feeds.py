"""The same facts for programs: availability as JSON, appointments as iCalendar."""

import datetime as dt
import hashlib
import uuid

import orjson
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import FeedTitles, User
from accounts.permissions import SignedInRequest
from appointments import ical, slots
from appointments.forms import SpanForm
from appointments.models import Appointment, local_slot

from .answers import refusals

PRIVATE = {"Cache-Control": "no-store, private"}
CALENDAR = "text/calendar; charset=utf-8"
LOOKS_BACK = dt.timedelta(days=90)  # a calendar keeps what is older than that by itself


@login_not_required  # answers 401 itself: a program cannot use a sign-in page
@require_safe
def availability(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return JsonResponse({"error": _("Please sign in.")}, status=401, headers=PRIVATE)
    form = SpanForm(request.GET)
    if not form.is_valid():
        return JsonResponse({"error": " ".join(refusals(form))}, status=400, headers=PRIVATE)
    found = slots.availability(now=timezone.now(), staff=request.user.is_staff, **form.cleaned_data)
    answer = {
        "timezone": settings.TIME_ZONE,
        "from": found.start,
        "to": found.end,
        "days": found.days,
    }
    content = orjson.dumps(answer, option=orjson.OPT_NON_STR_KEYS)
    return HttpResponse(content, content_type="application/json", headers=PRIVATE)


@require_safe
def appointment(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """One appointment, to be kept in a calendar."""
    theirs = Appointment.objects.visible_to(request.user).select_related("client")
    content = ical.calendar([get_object_or_404(theirs, pk=pk)], title=ical.title_for(request.user))
    named = {"Content-Disposition": 'attachment; filename="appointment.ics"'}
    return HttpResponse(content, content_type=CALENDAR, headers=PRIVATE | named)


@login_not_required  # a calendar program has the address, and nothing else to show
@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponseBase:
    """A person's appointments, for a calendar that subscribes to them."""
    person = User.objects.active().holding(token)
    if person is None:
        raise Http404
    today, _hour = local_slot(timezone.now())
    held = Appointment.objects.visible_to(person).filter(date__gte=today - LOOKS_BACK)
    is_named = person.is_staff and person.feed_titles == FeedTitles.INITIALS
    sessions = held.with_names() if is_named else held.for_calendars()
    content = ical.calendar(list(sessions), title=ical.title_for(person))
    etag = f'"{hashlib.sha256(content).hexdigest()}"'
    headers = {"Cache-Control": "private, no-cache", "ETag": etag, "X-Robots-Tag": "noindex"}
    answer = HttpResponse(content, content_type=CALENDAR, headers=headers)
    return get_conditional_response(request, etag=etag, response=answer) or answer
