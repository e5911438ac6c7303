"""What the practice does about accounts, and what is denied: for `test_audit`."""

from allauth.mfa.models import Authenticator
from django.test import Client

from accounts import invitations
from accounts.models import User
from tests.accounts.acts import HERE, TYPED, Act, World
from tests.accounts.conftest import (
    CHOSEN,
    INVITATIONS,
    LOGIN,
    with_app,
)
from tests.conftest import NOW
from therapeutics.models import Practice


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


def denied_as_if_it_were_not(w: World) -> Act:
    """An appointment of nobody's is answered as one of somebody else's is."""
    yield
    w.ada.get(f"/appointments/{w.people['ben'].pk}/")
    w.ada.get("/appointments/Zsuzsanna/")  # no such address, no id


def denied_in_site_admin(w: World) -> Act:
    yield
    w.counsellor.post("/admin/accounts/user/Zsuzsanna/change/")


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
