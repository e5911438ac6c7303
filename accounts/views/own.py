"""A person's own account: profile, and where they are signed in."""

from allauth.account import views as allauth_views
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import people, sessions
from accounts.forms import MailForm, ProfileForm
from accounts.permissions import SignedInRequest

from . import OK, UNPROCESSABLE


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: SignedInRequest) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    form = ProfileForm(posted, instance=request.user)
    if form.is_valid():
        people.describe(person=request.user, **form.cleaned_data)
        messages.success(request, _("Your details are saved."))
        return redirect("account")
    return _profile(request, OK if posted is None else UNPROCESSABLE, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
def mailing(request: SignedInRequest) -> HttpResponse:
    """Choose which mail to have."""
    if request.method != "POST":  # signing in again leads here with a GET
        return redirect("account")
    form = MailForm(request.POST, instance=request.user)
    if not form.is_valid():
        return _profile(request, UNPROCESSABLE, mail_form=form)
    people.choose_mail(person=request.user, **form.choices())
    messages.success(request, _("Your choice is saved."))
    return redirect("account")


@require_http_methods(["GET", "HEAD", "POST"])
def renew_feed(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST":
        people.renew_feed(person=request.user, now=timezone.now())
        messages.success(request, _("Your calendar has a new address. The old one is dead."))
    return redirect("account")


def _profile(
    request: SignedInRequest,
    answer: int,
    *,
    form: ProfileForm | None = None,
    mail_form: MailForm | None = None,
) -> HttpResponse:
    person = request.user
    path = reverse("appointments:feed", args=[person.feed_token])
    context = {
        "form": form or ProfileForm(instance=person),
        "mail_form": mail_form or MailForm(instance=person),
        "feed": settings.SITE_URL + path,
    }
    return render(request, "accounts/profile.html", context, status=answer)


@require_http_methods(["GET", "HEAD", "POST"])
def session_list(request: SignedInRequest) -> HttpResponse:
    """List where the person is signed in; POST signs out everywhere else."""
    here = request.session.session_key
    if request.method == "POST":
        ended = people.sign_out_elsewhere(person=request.user, here=here, now=timezone.now())
        done = ngettext("%d other place is signed out.", "%d other places are signed out.", ended)
        messages.success(request, done % ended if ended else _("You are signed in here only."))
        return redirect("account_sessions")
    found = sessions.of(request.user, now=timezone.now())
    return render(request, "accounts/sessions.html", {"sessions": found, "here": here})


@method_decorator(never_cache, name="dispatch")
class ConfirmEmailView(allauth_views.ConfirmEmailView):
    def logout_other_user(self, confirmation: object) -> None:
        """Whoever is signed in stays so: opening a link changes nothing."""


@require_POST
def stay(request: SignedInRequest) -> HttpResponse:
    """Answer nothing; being asked is what counts as being here."""
    return HttpResponse(status=204)
