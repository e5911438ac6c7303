"""What holds for every request and answer, whoever asks."""

import re
import uuid
from collections.abc import Callable

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from . import headers, tracing

Respond = Callable[[HttpRequest], HttpResponseBase]

OF_A_ROUTER = re.compile(r"[A-Za-z0-9_-]{8,64}")  # Heroku gives a UUID, nginx 32 digits


def traced(get_response: Respond) -> Respond:
    """Give each request an id, its router's when that looks like one, and tell it in the answer."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        name = given if OF_A_ROUTER.fullmatch(given) else uuid.uuid4().hex
        address = get_adapter().get_client_ip(request) or ""
        source = tracing.Source(name, address)
        request.source = source  # type: ignore[attr-defined]  # for `logs`
        token = tracing.current.set(source)
        try:
            response = get_response(request)
        finally:
            tracing.current.reset(token)
        response["X-Request-ID"] = name
        return response

    return respond


def hardened(get_response: Respond) -> Respond:
    """Say of every answer, a static file's too, what no page may use and who may embed it."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):  # nothing else uses any
            response.setdefault("Permissions-Policy", headers.PERMISSIONS)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    return respond


def bounded(get_response: Respond) -> Respond:
    """Refuse a body larger than any page takes before a byte of it is read.

    Django bounds forms, and not the files in them: those would fill the server's disk.
    """

    def respond(request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        most = _largest(request.path)
        if length.isdecimal() and int(length) > most:
            raise RequestDataTooBig(f"a body of {length} bytes, where {most} are taken")
        return get_response(request)

    return respond


def _largest(path: str) -> int:
    """Return how long a body may be: only Site admin takes files."""
    largest: int = settings.LARGEST_BODY
    form: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return largest if path.startswith(reverse("admin:index")) else form
