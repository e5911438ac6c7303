"""Home, the health check, and the pages that stand by themselves."""

import sys
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

PALETTE = [
    *("paper", "card", "sand", "line", "ink", "quiet"),
    *("pine", "sage", "clay", "amber", "focus"),
]
OUT_OF_REACH = (OperationalError, InterfaceError)  # what a database that is away, or busy, raises


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html")


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "accessibility.html")


@login_not_required
@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every component, to those who build the site."""
    if not settings.DEBUG:
        raise Http404
    return render(request, "styleguide.html", {"palette": PALETTE, "hours": [9, 10, 11, 14]})


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("database unavailable", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    too_big = isinstance(exception, RequestDataTooBig)
    return _alone(HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_big else HTTPStatus.BAD_REQUEST)


def server_error(request: HttpRequest) -> HttpResponse:
    away = isinstance(sys.exception(), OUT_OF_REACH)
    return _alone(HTTPStatus.SERVICE_UNAVAILABLE if away else HTTPStatus.INTERNAL_SERVER_ERROR)


def _alone(status: HTTPStatus) -> HttpResponse:
    """Return an error's page without asking the session or the database for anything."""
    return HttpResponse(render_to_string(f"{status.value}.html"), status=status)
