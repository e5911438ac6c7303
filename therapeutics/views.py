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
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from . import mail

PALETTE = [
    *("paper", "card", "sand", "line", "ink", "quiet"),
    *("pine", "sage", "clay", "amber", "focus"),
]
# What a database or a cache that is away, busy or full raises.
OUT_OF_REACH = (OperationalError, InterfaceError, RedisError)


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
    """Tell whether the database answers; with `?deep=1` also how mail goes. Names nobody."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        ills = _ills_of_mail() if request.GET.get("deep") == "1" else []
    except (DatabaseError, InterfaceError):
        ills = ["database unavailable"]
    text, status = (
        ("\n".join(ills), HTTPStatus.SERVICE_UNAVAILABLE) if ills else ("ok", HTTPStatus.OK)
    )
    return HttpResponse(text, status=status, content_type="text/plain")


def _ills_of_mail() -> list[str]:
    health = mail.health(now=timezone.now())
    late = ["worker not seen for 15 minutes"] if health.worker_is_late else []
    numbers = {"mail failing": health.failing, "mail unwritten": health.unwritten}
    return late + [f"{ill}: {number}" for ill, number in numbers.items() if number]


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    too_big = isinstance(exception, RequestDataTooBig)
    return _alone(HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_big else HTTPStatus.BAD_REQUEST)


def server_error(request: HttpRequest) -> HttpResponse:
    away = isinstance(sys.exception(), OUT_OF_REACH)
    if away and not connection.in_atomic_block:
        connection.close()  # one that was opened read-only would stay so after the fault is mended
    return _alone(HTTPStatus.SERVICE_UNAVAILABLE if away else HTTPStatus.INTERNAL_SERVER_ERROR)


def _alone(status: HTTPStatus) -> HttpResponse:
    """Return an error's page without asking the session or the database for anything."""
    return HttpResponse(render_to_string(f"{status.value}.html"), status=status)
