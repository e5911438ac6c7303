"""What people do with their own account, and strangers at the door: for `test_audit`."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.test import Client
from post_office.models import Email

from accounts import invitations
from accounts.models import User
from tests.accounts.conftest import (
    ACTIVATE,
    ASKED,
    CHANGE,
    CHANGED,
    CHOSEN,
    DEACTIVATE,
    FORM,
    LOGOUT,
    RESET,
    SECRET,
    SIGN_UP,
    code_of,
    key_of,
    link_in,
    opened,
    reauthenticate,
    sign_in_as,
    with_app,
    wrong_code,
)
from tests.conftest import NOW, PASSWORD

HERE = "203.0.113.9"
TYPED = "Zsuzsanna's Typed Login"
WRITTEN = ("Zsuzsanna", "Grünwald", "@", "example", "+36", "wry", PASSWORD, CHOSEN["password1"])
PASSKEYS = "/accounts/2fa/webauthn/"
EMAIL, CODES = "/accounts/email/", "/accounts/2fa/recovery-codes/generate/"


@dataclass
class World:
    people: dict[str, User]
    browsers: dict[str, Client]
    stranger: Client = field(default_factory=lambda: Client(REMOTE_ADDR=HERE))

    def __getattr__(self, name: str) -> Client:
        return self.browsers[name]


Act = Iterator[None]  # what is before the `yield` prepares; what is after it is looked at


def sign_in_right(w: World) -> Act:
    yield
    sign_in_as(w.stranger, "ada")


def sign_in_wrong(w: World) -> Act:
    yield
    sign_in_as(w.stranger, " ADA@example.com", "wry")


def sign_in_as_nobody(w: World) -> Act:
    yield
    sign_in_as(w.stranger, TYPED, "wry")


def sign_in_to_a_closed_account(w: World) -> Act:
    User.objects.filter(username="ben").update(is_active=False)
    yield
    sign_in_as(w.stranger, "ben")


def sign_in_too_often(w: World) -> Act:
    for _ in range(5):
        sign_in_as(w.stranger, "ada", "wry")
    yield
    for _ in range(3):
        sign_in_as(w.stranger, "ada", "wry")


def wrong_second_step(w: World) -> Act:
    with_app(w.people["ada"])
    sign_in_as(w.stranger, "ada")
    yield
    w.stranger.post(ASKED, {"code": wrong_code(SECRET)})


def second_step(w: World) -> Act:
    with_app(w.people["ada"])
    sign_in_as(w.stranger, "ada")
    yield
    w.stranger.post(ASKED, {"code": code_of(SECRET)})


def wrong_passkey(w: World) -> Act:
    yield
    w.stranger.post(f"{PASSKEYS}login/", {"credential": '{"id": "Zsuzsanna"}'})


def sign_out(w: World) -> Act:
    yield
    w.ada.post(LOGOUT)


def confirm(w: World) -> Act:
    yield
    reauthenticate(w.ada)


def confirm_wrongly(w: World) -> Act:
    yield
    w.ada.post("/accounts/reauthenticate/", {"password": "wry"})


def sign_up(w: World) -> Act:
    eve = invitations.invite(email="eve@example.com", name="Zs", by=w.people["ben"], now=NOW)
    browser = opened(key_of(eve))
    browser.defaults["REMOTE_ADDR"] = HERE
    yield
    browser.post(SIGN_UP, FORM)


def change_password(w: World) -> Act:
    reauthenticate(w.ada)
    yield
    w.ada.post(CHANGE, CHANGED)


def ask_for_reset(w: World) -> Act:
    yield
    w.stranger.post(RESET, {"email": "ADA@example.com"})


def ask_for_reset_as_nobody(w: World) -> Act:
    yield
    w.stranger.post(RESET, {"email": "zsuzsanna@example.org"})


def reset(w: World) -> Act:
    w.stranger.post(RESET, {"email": "ada@example.com"})
    page = w.stranger.get(link_in(Email.objects.get()), follow=True)
    yield
    w.stranger.post(page.redirect_chain[-1][0], CHOSEN)


def change_email(w: World) -> Act:
    reauthenticate(w.ada)
    w.ada.post(EMAIL, {"email": "new@example.com", "action_add": ""})
    link = link_in(Email.objects.get(to="new@example.com"))
    yield
    w.ada.post(link)


def add_app(w: World) -> Act:
    reauthenticate(w.ada)
    secret = w.ada.get(ACTIVATE).context["form"].secret
    yield
    w.ada.post(ACTIVATE, {"code": code_of(secret)})


def remove_app(w: World) -> Act:
    with_app(w.people["ada"])
    reauthenticate(w.ada)
    yield
    w.ada.post(DEACTIVATE)


def new_codes(w: World) -> Act:
    with_app(w.people["ada"])
    reauthenticate(w.ada)
    yield
    w.ada.post(CODES)


def sign_out_elsewhere(w: World) -> Act:
    sign_in_as(w.stranger, "ada")
    yield
    w.ada.post("/accounts/sessions/")


def renew_feed(w: World) -> Act:
    yield
    w.ada.post("/account/feed/")
