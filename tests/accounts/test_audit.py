"""What people do with their accounts is in the security log: who, about whom, from where."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from post_office.models import Email

from accounts import invitations, people
from accounts.models import Invitation, User
from tests.accounts.conftest import (
    ACTIVATE,
    ASKED,
    CHANGE,
    CHANGED,
    CHOSEN,
    DEACTIVATE,
    FORM,
    INVITATIONS,
    LOGIN,
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
from therapeutics.models import AuditEvent, AuditKind, Practice

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

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


@pytest.fixture
def world(ada, ben, counsellor, superuser, sign_in) -> World:
    everyone = {"ada": ada, "ben": ben, "counsellor": counsellor, "superuser": superuser}
    for name, person in everyone.items():
        person.name, person.phone = f"Zsuzsanna {name} Grünwald", "+36 1 234"
        person.save()
        people.trust_email(person=person)
    browsers = {name: sign_in(person) for name, person in everyone.items()}
    for browser in browsers.values():
        browser.defaults["REMOTE_ADDR"] = HERE
    return World(everyone, browsers)


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


def invite(w: World) -> Act:
    yield
    w.counsellor.post(INVITATIONS, {"email": "eve@example.com", "name": "Zsuzsanna"})


def invite_as_superuser(w: World) -> Act:
    yield
    w.superuser.post(INVITATIONS, {"email": "eve@example.com", "name": "Zsuzsanna"})


def invited_before(w: World, action: str) -> Act:
    eve = invitations.invite(email="eve@example.com", name="Zs", by=w.people["ben"], now=NOW)
    yield
    for _ in range(2 if action == "revoke" else 1):  # the second one changes nothing
        w.counsellor.post(f"{INVITATIONS}{eve.pk}/{action}/")


def resend(w: World) -> Act:
    return invited_before(w, "resend")


def revoke(w: World) -> Act:
    return invited_before(w, "revoke")


def deactivate(w: World) -> Act:
    yield
    w.counsellor.post(f"/client-admin/clients/{w.people['ada'].pk}/deactivate/")


def reactivate(w: World) -> Act:
    yield
    w.counsellor.post(f"/client-admin/clients/{w.people['ada'].pk}/reactivate/")


def download(w: World) -> Act:
    yield
    b"".join(w.counsellor.get("/client-admin/numbers/appointments.csv").streaming_content)


def denied(w: World) -> Act:
    yield
    w.ada.get(f"/client-admin/clients/{w.people['ben'].pk}/")


def denied_in_site_admin(w: World) -> Act:
    yield
    w.counsellor.post("/admin/accounts/user/Zsuzsanna/change/", follow=True)


def forged(w: World) -> Act:
    browser = Client(enforce_csrf_checks=True, REMOTE_ADDR=HERE)
    yield
    for _ in range(3):  # a stranger's is noted once a minute
        browser.post(LOGIN, {"login": TYPED, "password": "wry"})


def forged_with_a_session(w: World) -> Act:
    w.ada.handler.enforce_csrf_checks = True
    yield
    w.ada.post("/account/", {"name": TYPED})


def admin_form(w: World, **changes: str) -> Act:
    path = f"/admin/accounts/user/{w.people['ada'].pk}/change/"
    fields = w.superuser.get(path).context["adminform"].form.initial
    kept = {name: fields[name] for name in ("username", "name", "email", "phone", "is_active")}
    yield
    sent = {name: value for name, value in {**kept, **changes}.items() if value}
    assert w.superuser.post(path, sent).status_code == 302


def admin_changes(w: World) -> Act:
    return admin_form(w, name="Zsuzsanna Grünwald the wry")


def admin_closes(w: World) -> Act:
    return admin_form(w, is_active="")


def admin_opens(w: World) -> Act:
    User.objects.filter(username="ada").update(is_active=False)
    return admin_form(w, is_active="on")


def admin_gives_email(w: World) -> Act:
    return admin_form(w, email="new@example.com")


def admin_adds(w: World) -> Act:
    yield
    chosen = {"username": "zsu", "name": "Zsuzsanna", "email": "zsu@example.com", **CHOSEN}
    answer = w.superuser.post("/admin/accounts/user/add/", {**chosen, "usable_password": "true"})
    assert answer.status_code == 302
    w.people["zsu"] = User.objects.get(username="zsu")


def admin_gives_password(w: World) -> Act:
    yield
    path = f"/admin/accounts/user/{w.people['ada'].pk}/password/"
    assert w.superuser.post(path, {**CHOSEN, "usable_password": "true"}).status_code == 302


def admin_removes_app(w: World) -> Act:
    with_app(w.people["ada"])
    app = Authenticator.objects.get(type="totp")
    w.people["app"] = app
    yield
    w.superuser.post(f"/admin/mfa/authenticator/{app.pk}/delete/", {"post": "yes"})


def admin_removes_chosen(w: World) -> Act:
    with_app(w.people["ada"])
    app = Authenticator.objects.get(type="totp")
    w.people["app"] = app
    chosen = {"action": "delete_selected", "_selected_action": [app.pk], "post": "yes"}
    yield
    w.superuser.post("/admin/mfa/authenticator/", chosen)


def admin_writes_practice(w: World) -> Act:
    yield
    fields = {"name": "Wry", "discreet_name": "W", "phone": "+36", "email": "a@example.com"}
    answer = w.superuser.post("/admin/therapeutics/practice/add/", fields)
    assert answer.status_code == 302, answer.context["errors"]
    w.people["practice"] = Practice.objects.get()


K = AuditKind
TABLE = [
    (sign_in_right, (K.SIGNED_IN, "ada", "")),
    (sign_in_wrong, (K.SIGN_IN_FAILED, None, "ada")),
    (sign_in_as_nobody, (K.SIGN_IN_FAILED, None, "")),
    (sign_in_to_a_closed_account, (K.SIGN_IN_FAILED, None, "ben")),
    (sign_in_too_often, (K.TOO_OFTEN, None, "account_login")),
    (wrong_second_step, (K.SIGN_IN_FAILED, None, "ada")),
    (second_step, (K.SIGNED_IN, "ada", "")),
    (wrong_passkey, (K.SIGN_IN_FAILED, None, "")),
    (sign_out, (K.SIGNED_OUT, "ada", "")),
    (confirm, (K.REAUTHENTICATED, "ada", "")),
    (confirm_wrongly, (K.SIGN_IN_FAILED, "ada", "ada")),
    (sign_up, (K.SIGNED_UP, "eve", "invitation"), (K.SIGNED_IN, "eve", "")),
    (change_password, (K.PASSWORD_CHANGED, "ada", "ada")),
    (ask_for_reset, (K.PASSWORD_RESET_ASKED, None, "ada")),
    (ask_for_reset_as_nobody, (K.PASSWORD_RESET_ASKED, None, "")),
    (reset, (K.PASSWORD_RESET, None, "ada"), (K.SIGNED_IN, "ada", "")),
    (change_email, (K.EMAIL_CHANGED, "ada", "ada")),
    (add_app, (K.SECOND_FACTOR_ADDED, "ada", "ada"), (K.RECOVERY_CODES_MADE, "ada", "ada")),
    (remove_app, (K.SECOND_FACTOR_REMOVED, "ada", "ada")),
    (new_codes, (K.RECOVERY_CODES_MADE, "ada", "ada")),
    (sign_out_elsewhere, (K.SESSIONS_ENDED, "ada", "ada")),
    (renew_feed, (K.FEED_RENEWED, "ada", "ada")),
    (invite, (K.INVITED, "counsellor", "invitation")),
    (invite_as_superuser, (K.INVITED, "superuser", "invitation")),
    (resend, (K.INVITATION_RESENT, "counsellor", "invitation")),
    (revoke, (K.INVITATION_REVOKED, "counsellor", "invitation")),
    (deactivate, (K.DEACTIVATED, "counsellor", "ada")),
    (reactivate, (K.REACTIVATED, "counsellor", "ada")),
    (download, (K.EXPORTED, "counsellor", "")),
    (denied, (K.DENIED, "ada", "client_admin:client ben")),
    (denied_in_site_admin, (K.DENIED, "counsellor", "admin:login")),
    (forged, (K.DENIED, None, "account_login")),
    (forged_with_a_session, (K.DENIED, "ada", "account")),
    (admin_changes, (K.ADMIN_CHANGED, "superuser", "ada")),
    (admin_closes, (K.DEACTIVATED, "superuser", "ada"), (K.ADMIN_CHANGED, "superuser", "ada")),
    (admin_opens, (K.REACTIVATED, "superuser", "ada"), (K.ADMIN_CHANGED, "superuser", "ada")),
    (
        admin_gives_email,
        (K.EMAIL_CHANGED, "superuser", "ada"),
        (K.ADMIN_CHANGED, "superuser", "ada"),
    ),
    (admin_adds, (K.ADMIN_ADDED, "superuser", "zsu")),
    (
        admin_gives_password,
        (K.PASSWORD_CHANGED, "superuser", "ada"),
        (K.ADMIN_CHANGED, "superuser", "ada"),
    ),
    (
        admin_removes_app,
        (K.ADMIN_DELETED, "superuser", "app"),
        (K.SECOND_FACTOR_REMOVED, "superuser", "ada"),
    ),
    (
        admin_removes_chosen,
        (K.ADMIN_DELETED, "superuser", "app"),
        (K.SECOND_FACTOR_REMOVED, "superuser", "ada"),
    ),
    (admin_writes_practice, (K.ADMIN_ADDED, "superuser", "practice")),
]


def named(world: World, event: AuditEvent) -> tuple[str, str | None, str]:
    """Return an event with the names of the test in the place of ids."""
    rows = [*world.people.items(), *((one.username, one) for one in User.objects.all())]
    known = {str(one.pk): name for name, one in rows} | {
        str(one.pk): "invitation" for one in Invitation.objects.all()
    }
    about = known.get(event.about, event.about)
    if event.kind in {K.DENIED, K.TOO_OFTEN}:
        about = f"{event.about_model} {about}".strip()
    return K(event.kind), event.by and known[str(event.by)], about


@pytest.mark.parametrize(("act", "expected"), [(act, rest) for act, *rest in TABLE])
def test_what_is_done_is_written_down(world, act, expected):
    doing = act(world)
    next(doing)
    before = set(AuditEvent.objects.values_list("pk", flat=True))
    next(doing, None)
    events = AuditEvent.objects.exclude(pk__in=before).order_by("pk")
    assert [named(world, event) for event in events] == expected
    assert {(event.address, event.at) for event in events} == {(HERE, NOW)}
    assert_no_words()


def assert_no_words() -> None:
    """Every column holds one of our own words, an id, or nothing; and nothing that was written."""
    rows = AuditEvent.objects.values_list("kind", "by", "about_model", "about", "request_id")
    for kind, _by, model, about, request_id in rows:
        assert kind in K.values
        assert re.fullmatch(r"[a-z_]*([.:][a-z_]+)?", model)
        assert re.fullmatch(r"[0-9a-f-]{36}|\d*", about)
        assert re.fullmatch(r"[0-9a-f]{32}|", request_id)
    everything = str(list(AuditEvent.objects.values()))
    assert [word for word in (*WRITTEN, TYPED) if word in everything] == []


def test_every_kind_of_this_part_is_in_the_table():
    shown = {kind for _act, *rest in TABLE for kind, *_more in rest}
    others = {K.ERASURE_ASKED, K.ERASURE_DECLINED, K.ERASED, K.EXPIRED}
    assert shown == set(K) - others


def test_every_page_of_site_admin_writes_here_and_nothing_with_names(world):
    for act in (admin_changes, admin_removes_app):
        list(act(world))
    from django.contrib.admin.models import LogEntry

    from therapeutics.admin import LoggedAdmin

    assert not LogEntry.objects.exists()
    assert all(isinstance(page, LoggedAdmin) for page in admin.site._registry.values())


def test_what_is_rolled_back_leaves_no_event(world, monkeypatch):
    """Nothing is told of what did not happen; and nothing happens that cannot be told of."""

    def away(*args: object, **kwargs: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("therapeutics.audit._write", away)
    world.counsellor.raise_request_exception = False
    path = f"/client-admin/clients/{world.people['ada'].pk}/deactivate/"
    assert world.counsellor.post(path).status_code == 500
    assert User.objects.get(username="ada").is_active


def test_wrong_password_costs_one_look_and_one_row_more(world, django_assert_max_num_queries):
    world.stranger.get(reverse("account_login"))
    with django_assert_max_num_queries(6):
        sign_in_as(world.stranger, "ada", "wry")
