"""What holds for every request: how long one stays signed in, and who needs a second factor."""

import uuid
from collections.abc import Callable
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers, patch_cache_control
from django.utils.translation import gettext as _

from therapeutics import audit
from therapeutics.models import AuditKind

from . import sessions

UNPROCESSABLE, TOO_OFTEN = 422, 429
REFUSALS = {403: AuditKind.DENIED, TOO_OFTEN: AuditKind.TOO_OFTEN}
NOT_FOUND = 404
LIMITED = {"too_many_login_attempts", "rate_limited"}  # allauth's codes for them

Respond = Callable[[HttpRequest], HttpResponseBase]


def idle(get_response: Respond) -> Respond:
    """Sign out who was away for too long; note that who is not is here."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        now = timezone.now()
        if request.user.is_authenticated and sessions.is_over(request.session, request.user, now):
            logout(request)
            messages.info(request, _("You were away for a while, so we have signed you out."))
        response = get_response(request)
        if request.user.is_authenticated:
            address = get_adapter().get_client_ip(request)
            agent = request.headers.get("User-Agent", "")
            sessions.note(request.session, request.user, address=address, agent=agent, now=now)
            if not response.has_header("Cache-Control"):
                patch_cache_control(response, no_store=True, private=True)
        return response

    return respond


def refusals(get_response: Respond) -> Respond:
    """Note who was refused what: each 403, a form without its token among them, and each 429.

    Whose an appointment is not, they are told that there is none: who is signed in and names a
    thing that is not there for them, was denied it.
    """

    def respond(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        page, about = _asked_for(request)
        by = request.user.pk  # None where nobody is signed in
        kind = REFUSALS.get(response.status_code)
        if response.status_code == NOT_FOUND and by and about:
            kind = AuditKind.DENIED
        if kind:
            audit.refused(kind, now=timezone.now(), by=by, page=page, about=about)
        return response

    return respond


def _asked_for(request: HttpRequest) -> tuple[str, str]:
    """Return the name of the address that was asked for, and the id in it: nothing typed."""
    match = request.resolver_match
    if match is None:
        return "", ""
    ids = [str(value) for value in match.kwargs.values() if isinstance(value, uuid.UUID | int)]
    return match.view_name, ids[0] if ids else ""


class SecondFactor:
    """Staff without a second factor reach nothing but the pages that set one up."""

    SETUP = {
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "account_reauthenticate",
        "account_logout",
        "account_stay",
        "healthz",
    }

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., object], args: object, kwargs: object
    ) -> HttpResponse | None:
        person = request.user
        if not (settings.REQUIRE_STAFF_MFA and person.is_authenticated and person.is_staff):
            return None
        here = request.resolver_match
        if person.has_second_factor or (here and here.view_name in self.SETUP):
            return None
        return redirect("mfa_index")


class AllauthAnswers:
    """allauth's answers as ours are: no refused form answers 200, and no secret is cached."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_template_response(
        self, request: HttpRequest, response: TemplateResponse
    ) -> TemplateResponse:
        match = request.resolver_match
        if match is not None and match.func.__module__.startswith("allauth."):
            add_never_cache_headers(response)
            if request.method == "POST" and response.status_code == 200:
                response.status_code = _refusal(response.context_data or {})
        return response


def _refusal(context: dict[str, Any]) -> int:
    """Return 429 when a form of the page says "too often", else 422."""
    forms = [context.get("form"), context.get("webauthn_form")]
    errors = [error for form in forms if form for error in form.errors.as_data().values()]
    codes = {error.code for found in errors for error in found}
    return TOO_OFTEN if codes & LIMITED else UNPROCESSABLE
