"""Who may do what, for views. Signing in is required everywhere by LoginRequiredMiddleware."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from allauth.account.decorators import reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url

from .models import User

P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponseBase)


class SignedInRequest(HttpRequest):
    """A request behind LoginRequiredMiddleware: its user is one of ours. For annotations."""

    user: User


View = Callable[Concatenate[SignedInRequest, P], R]


def counsellor_required(view: View[P, R]) -> View[P, R]:
    """Let staff in; a signed-in client gets 403."""

    @wraps(view)
    def guarded(request: SignedInRequest, *args: P.args, **kwargs: P.kwargs) -> R:
        if not request.user.is_staff:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def superuser_required(view: View[P, R]) -> View[P, R]:
    """Let the superuser in; everybody else who is signed in gets 403."""

    @wraps(view)
    def guarded(request: SignedInRequest, *args: P.args, **kwargs: P.kwargs) -> R:
        if not request.user.is_superuser:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def confirmed_required(
    view: Callable[Concatenate[SignedInRequest, P], HttpResponse],
) -> Callable[Concatenate[SignedInRequest, P], HttpResponse]:
    """Let in who has just given their password or second factor.

    Others do so first, and are led back to the page with `?confirmed=yes`. What they had sent is
    not sent by that: they press the button again, on a page that says what it does.
    """
    guarded = reauthentication_required(view)

    @wraps(view)
    def confirmed(request: SignedInRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            answer: HttpResponse = guarded(request, *args, **kwargs)
        except ReauthenticationRequired:
            back = f"{request.path}?confirmed=yes"
            return redirect_to_login(back, resolve_url("account_reauthenticate"))
        return answer

    return confirmed
