"""What the tests of accounts share: addresses, invitations, sign-in and second factors."""

import datetime as dt
import re
import time

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.conf import LazySettings, settings
from django.contrib.auth import get_user
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from post_office.models import Email

from accounts import invitations
from accounts.models import Invitation, User
from tests.conftest import NOW, PASSWORD

LOGIN, LOGOUT, SIGN_UP = "/accounts/login/", "/accounts/logout/", "/accounts/signup/"
RESET, CHANGE = "/accounts/password/reset/", "/accounts/password/change/"
REAUTHENTICATE = "/accounts/reauthenticate/"
SETUP, ASKED = "/accounts/2fa/", "/accounts/2fa/authenticate/"
ACTIVATE, DEACTIVATE = "/accounts/2fa/totp/activate/", "/accounts/2fa/totp/deactivate/"
INVITATIONS = "/client-admin/invitations/"

EVE = "eve@example.com"
WEEK = dt.timedelta(days=7)  # how long an invitation holds
FORM = {"username": "eve", "name": "Eve", "password1": PASSWORD}
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NEW_PASSWORD = "a new long password"
CHOSEN = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
CHANGED = {"oldpassword": PASSWORD, **CHOSEN}


@pytest.fixture
def invite(counsellor):
    """Invites through the domain: `invite()` is Eve, by the counsellor, at NOW."""

    def invited(email: str = EVE, *, name: str = "Eve", by: User | None = None, now=NOW):
        return invitations.invite(email=email, name=name, by=by or counsellor, now=now)

    return invited


@pytest.fixture
def eve(invite) -> Invitation:
    return invite()


def key_of(invitation: Invitation) -> str:
    """Return the key out of the invitation's queued mail, as its reader finds it."""
    mail = Email.objects.get(pk=Invitation.objects.get(pk=invitation.pk).mail_id)
    return re.search(r"/invitations/([\w-]+)/", mail.message)[1]


def accept(key: str, now: dt.datetime = NOW, **chosen: str) -> User:
    fields = {"username": "eve", "name": "Eve", "password": "a long password", **chosen}
    return invitations.accept(key_digest=invitations.digest(key), now=now, **fields)


def landing(key: str) -> str:
    return f"/invitations/{key}/"


def opened(key: str) -> Client:
    """Return a browser that has gone from the link to the sign-up form."""
    browser = Client()
    answer = browser.post(landing(key))
    assert (answer.status_code, answer["Location"]) == (302, SIGN_UP)
    return browser


def text_of(answer: HttpResponse) -> str:
    return answer.content.decode()


def sign_in_as(browser: Client, login: str, password: str = PASSWORD, **more: str):
    return browser.post(LOGIN, {"login": login, "password": password, **more})


def is_signed_in(browser: Client) -> bool:
    return get_user(browser).is_authenticated


def reauthenticate(browser: Client, **more: str):
    return browser.post(REAUTHENTICATE, {"password": PASSWORD, **more})


def link_in(email: Email) -> str:
    """Return the path of the one link that a mail is about."""
    (link,) = re.findall(rf"{re.escape(settings.SITE_URL)}(/\S+)", email.message)
    return link


def code_of(secret: str) -> str:
    """Return what an authenticator app shows now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def wrong_code(secret: str) -> str:
    return f"{(int(code_of(secret)) + 1) % 10**6:06}"


def with_app(person: User) -> User:
    """Give the person an authenticator app with SECRET, and recovery codes."""
    TOTP.activate(person, SECRET)
    RecoveryCodes.activate(person)
    return person


def set_up_app(browser: Client) -> str:
    """Set up an authenticator app as a person does; return the secret it was shown."""
    reauthenticate(browser)
    shown: str = browser.get(ACTIVATE).context["form"].secret
    answer = browser.post(ACTIVATE, {"code": code_of(shown)})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/recovery-codes/")
    return shown


def use_cache(settings: LazySettings) -> None:
    """Count where REDIS_URL says, with memory in Redis' place."""
    backend = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "limits"}}
    settings.REDIS_URL = "redis://localhost:6379/0"
    cache.clear()


@pytest.fixture(params=["database", "cache"])
def store(request, settings, clock) -> str:
    if request.param == "cache":
        use_cache(settings)
    return request.param
