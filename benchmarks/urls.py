"""The site's addresses, and beside them the floor to measure from and the count of queries."""

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.test.utils import CaptureQueriesContext
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from appointments.models import Appointment
from appointments.views import feeds
from therapeutics.urls import urlpatterns as site

answers: dict[str, bytes] = {}


@login_not_required
@require_safe
def floor(request: HttpRequest) -> HttpResponse:
    """The feed's very bytes without computing them: computed once, then kept for ever."""
    if not request.user.is_authenticated:
        return JsonResponse({}, status=401)
    asked = request.META["QUERY_STRING"]
    if asked not in answers:
        answers[asked] = feeds.availability(request).content
    return HttpResponse(answers[asked], content_type="application/json", headers=feeds.PRIVATE)


@login_not_required
@require_safe
def queries(request: HttpRequest) -> JsonResponse:
    """How many queries the feed costs beyond session and user."""
    signed_in = request.user.is_authenticated  # has read session and user
    with CaptureQueriesContext(connection) as captured:
        feeds.availability(request)
    return JsonResponse({"signed_in": signed_in, "queries": len(captured)})


def floor_book(request: HttpRequest) -> HttpResponse:
    """The least that a booking is: a form that is not forged, of somebody signed in, one INSERT."""
    Appointment.objects.create(
        client=request.user,
        date=request.POST["date"],
        hour=request.POST["hour"],
        created_at=timezone.now(),
    )
    return redirect("appointments:list")


@login_not_required
def count(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"appointments": Appointment.objects.count()})


# After the site's own: to find the floor costs about as much as to find the feed.
urlpatterns = [
    *site,
    path("floor/availability.json", floor),
    path("queries/availability.json", queries),
    path("floor/book/", floor_book),
    path("floor/count/", count),
]
