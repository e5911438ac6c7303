"""Who may do what, for views. Signing in is required everywhere by LoginRequiredMiddleware."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

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
