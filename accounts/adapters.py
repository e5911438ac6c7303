"""What allauth asks of us."""

import base64
import hashlib
import logging
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.totp.internal.auth import generate_totp_secret
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY, logout, update_session_auth_hash
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxLengthValidator
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from therapeutics import audit, mail
from therapeutics.models import AuditKind, Practice

from . import limits, people
from .models import User
from .validators import validate_address

logger = logging.getLogger(__name__)

WRONG_DETAILS = _("This does not fit together. Please check what you typed, and try again.")
WRONG_CODE = _("That did not work. Please check the code, and try again.")
BEGUN_WITH = "sign_in_begun_with"
RESET = "account_reset_password_from_key"
WAIT = _("That was too often. Please wait a few minutes, or reset your password.")


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("This account is closed. Please call us."),
        "duplicate_email": _("This is your address already."),
        "email_password_mismatch": WRONG_DETAILS,
        "username_password_mismatch": WRONG_DETAILS,
        "enter_current_password": _("This is not your password. Please try again."),
        "incorrect_password": _("This is not your password. Please try again."),
        "incorrect_code": WRONG_CODE,
        "too_many_login_attempts": WAIT,
        "rate_limited": WAIT,
        "username_taken": _("This user name is taken. Please choose another one."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """allauth's own registration stays closed: accounts open by invitation only."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Only pages of ours are gone to next, whichever hosts the server answers for."""
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={urlsplit(settings.SITE_URL).netloc}
        )

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address behind our own proxies; none on a socket that has no addresses."""
        try:
            return str(super().get_client_ip(request))
        except PermissionDenied:
            return ""

    def is_ajax(self, request: HttpRequest) -> bool:
        """Only passkeys are fetched by a script; no other page has a JSON twin."""
        return request.path == reverse("mfa_login_webauthn") and bool(super().is_ajax(request))

    # Signing in

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Lead the practice to its diary, clients to their appointments."""
        if request.user.is_staff:
            return reverse("client_admin:home")
        return str(super().get_login_redirect_url(request))

    def get_login_stages(self) -> list[str]:
        theirs, ours = "allauth.mfa.stages.AuthenticateStage", "accounts.adapters.SecondStep"
        return [ours if stage == theirs else stage for stage in super().get_login_stages()]

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Begin in a clean session, and remember the password: a second step may take a while."""
        if request.user.is_authenticated:  # by the session of a password that is reset
            logout(request)
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        if response is None:
            request.session[BEGUN_WITH] = user.get_session_auth_hash()
        return response

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in, unless the account was closed or got a new password in between."""
        begun_with = request.session.pop(BEGUN_WITH, "")
        if not (user.is_active and begun_with == user.get_session_auth_hash()):
            self._sign_in_failed(user)
            raise ImmediateHttpResponse(redirect("account_login"))
        super().login(request, user)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        self._sign_in_failed(user)
        return super().respond_user_inactive(request, user)

    def passkey_refused(self, user: User | None) -> None:
        """Note it; `user` is who has shown a password before it, or is signed in, if any."""
        self._sign_in_failed(user)

    def _sign_in_failed(self, about: User | None) -> None:
        """Note that somebody did not get in, and as whom: never what was typed."""
        here = self.request.user
        by = here.pk if here.is_authenticated else None
        audit.record(AuditKind.SIGN_IN_FAILED, now=timezone.now(), by=by, about=about)

    # Passwords

    def authenticate(self, request: HttpRequest, **credentials: str) -> User | None:
        """Check a password, as often as `limits` allows."""
        login = credentials.get("email") or credentials.get("username", "")
        counters = limits.sign_in(login, self.get_client_ip(request))
        if not limits.take(counters, now=timezone.now()):
            raise self.validation_error("too_many_login_attempts")
        person: User | None = super().authenticate(request, **credentials)
        if person:
            limits.give_back(counters)
        return person

    def authentication_failed(self, request: HttpRequest, **credentials: str) -> None:
        login = credentials.get("email") or credentials.get("username", "")
        self._sign_in_failed(User.objects.known_as(User.normalize_username(login)).first())

    def pre_authenticate(self, request: HttpRequest, **credentials: str) -> None:
        """`authenticate` has counted already."""

    def reauthenticate(self, user: User, password: str) -> bool:
        """Check the password of who is signed in; they stay so when its hash is renewed by it."""
        right: bool = super().reauthenticate(user, password)
        if right:
            user.refresh_from_db(fields=["password"])
            if self.request.session[HASH_SESSION_KEY] != user.get_session_auth_hash():
                update_session_auth_hash(self.request, user)
        return right

    def set_password(self, user: User, password: str) -> None:
        """End the sessions of the old password, and let the owner in past any limit."""
        by_link = self.request.resolver_match.view_name == RESET
        people.set_password(
            person=user,
            password=password,
            by=None if by_link else user,
            now=timezone.now(),
            here=self.request.session.session_key,
        )
        address = self.get_client_ip(self.request)
        for login in filter(None, [user.email, user.username]):
            limits.forget(limits.person(login, address))

    # E-mail

    def clean_email(self, email: str) -> str:
        validate_address(email)
        MaxLengthValidator(EmailAddress._meta.get_field("email").max_length)(email)
        return email

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Confirm an address, unless somebody else's account has got it meanwhile."""
        others = User.objects.exclude(pk=email_address.user_id)
        try:
            with transaction.atomic():
                if not others.known_as(email_address.email).exists():
                    return bool(super().confirm_email(request, email_address))
        except IntegrityError:
            logger.info("an address was confirmed twice at the same moment")
        messages.error(request, gettext("This address cannot be used. Please choose another one."))
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, object]) -> None:
        """Queue allauth's mail `account/email/x` as our `emails/account/x`."""
        link = context.get("password_reset_url") or context.get("activate_url")
        template = template_prefix.replace("/email/", "/")
        person = context.get("user")
        known = person.pk if isinstance(person, User) else None
        about = mail.About(secret=bool(link), recipient=known)
        mail.queue(template, to=email, context={**context, "link": link}, about=about)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, object] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell a person of a change of their account; from where, when it was their own doing."""
        if self.request.user.is_authenticated and self.request.user != user:
            context = {"ip": "", "user_agent": "", **(context or {})}
        context = {"user": user, **(context or {})}  # whom it is for, whatever the address
        super().send_notification_mail(template_prefix, user, context, email or user.email)

    def get_reset_password_from_key_url(self, key: str) -> str:
        return _on_our_site(super().get_reset_password_from_key_url(key))

    def get_email_confirmation_url(
        self, request: HttpRequest, emailconfirmation: EmailConfirmationHMAC
    ) -> str:
        return _on_our_site(super().get_email_confirmation_url(request, emailconfirmation))


class SecondStep(AuthenticateStage):
    def is_resumable(self, request: HttpRequest) -> bool:
        """Nobody is led back to a step whose factor was removed meanwhile."""
        return bool(self._should_handle(request))


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": WRONG_CODE,
        "cannot_generate_recovery_codes": _("Recovery codes come with a passkey or an app."),
    }

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002 - allauth's name for it
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("Passkey") if number == 1 else gettext("Passkey %d") % number

    def get_totp_issuer(self) -> str:
        """Authenticator apps and passkey managers show the discreet name."""
        return Practice.load().discreet_name

    def _get_site_name(self) -> str:
        return self.get_totp_issuer()

    def encrypt(self, text: str) -> str:
        """Secrets of second factors are of no use to who reads the database alone."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:  # written with another SECRET_KEY: a secret that nobody has
            return generate_totp_secret()


def _cipher() -> MultiFernet:
    """Return the cipher of SECRET_KEY, which also reads what older keys have written."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(("second factor " + str(key)).encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def _on_our_site(url: str) -> str:
    """Links in mail lead to SITE_URL, whatever host the request named."""
    return settings.SITE_URL + urlsplit(url).path


def display_name(user: User) -> str:
    return user.get_full_name()
