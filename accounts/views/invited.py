"""From an invitation's link to an account."""

from collections.abc import Callable
from functools import wraps

from allauth.account.utils import perform_login
from allauth.core.ratelimit import consume_or_429
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import invitations
from accounts.forms import SignUpForm
from accounts.models import Invitation

from . import CONFLICT, OK, UNPROCESSABLE

FORBIDDEN, NOT_FOUND, GONE = 403, 404, 410
STASH = "invitation"  # of a session: the digest of the key it came with

View = Callable[..., HttpResponse]


def limited(view: View) -> View:
    """Answer 429 to who posts too often; looking is free."""

    @wraps(view)
    def counted(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        too_often = request.method == "POST" and consume_or_429(request, action="signup")
        return too_often or view(request, *args, **kwargs)

    return counted


not_kept = cache_control(no_store=True, private=True)


def unreferred(view: View) -> View:
    """Keep the key in the page's address out of the logs of whatever the page leads to."""

    @wraps(view)
    def kept(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Referrer-Policy"] = "no-referrer"
        return response

    return kept


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@not_kept
@unreferred
@limited
def invitation(request: HttpRequest, key: str) -> HttpResponse:
    """Show an invitation to whoever has its link, scanners included; go on by POST only."""
    if request.user.is_authenticated:
        return _signed_in_already(request)
    digest = invitations.digest(key)
    try:
        found = invitations.find(key_digest=digest, now=timezone.now())
    except invitations.InvitationError as error:
        return _closed(request, GONE if error.conflict else NOT_FOUND, error)
    if request.method == "POST":
        request.session.cycle_key()
        request.session[STASH] = digest
        return redirect("account_signup")
    return render(request, "accounts/invitation.html", {"invitation": found})


@login_not_required
@sensitive_post_parameters("password1")
@require_http_methods(["GET", "HEAD", "POST"])
@not_kept
@limited
def sign_up(request: HttpRequest) -> HttpResponse:
    """Open the account of the invitation that this session came with; or tell how to get one."""
    if request.user.is_authenticated:
        return _signed_in_already(request)
    if STASH not in request.session:
        return _closed(request, FORBIDDEN if request.method == "POST" else OK)
    digest = request.session[STASH]
    try:
        found = invitations.find(key_digest=digest, now=timezone.now())
        if request.method == "POST":
            return _open_account(request, found)
    except invitations.InvitationError as error:
        return _closed(request, GONE, error)
    return _form(request, SignUpForm(invitation=found))


def _open_account(request: HttpRequest, found: Invitation) -> HttpResponse:
    form = SignUpForm(request.POST, invitation=found)
    if not form.is_valid():
        return _form(request, form, UNPROCESSABLE)
    chosen = form.cleaned_data
    try:
        person = invitations.accept(
            key_digest=request.session[STASH],
            username=chosen["username"],
            name=chosen["name"],
            password=chosen["password1"],
            now=timezone.now(),
        )
    except invitations.UserNameTaken as error:
        form.add_error("username", str(error))
        return _form(request, form, UNPROCESSABLE)
    del request.session[STASH]
    messages.success(request, _("Welcome. Your account is open: choose your first time."))
    return perform_login(request, person, redirect_url=reverse("appointments:book"))


def _form(request: HttpRequest, form: SignUpForm, status: int = OK) -> HttpResponse:
    return render(request, "accounts/sign_up.html", {"form": form}, status=status)


def _signed_in_already(request: HttpRequest) -> HttpResponse:
    status = CONFLICT if request.method == "POST" else OK
    return render(request, "accounts/signed_in_already.html", status=status)


def _closed(
    request: HttpRequest, status: int, refusal: invitations.InvitationError | None = None
) -> HttpResponse:
    return render(request, "account/signup_closed.html", {"refusal": refusal}, status=status)
