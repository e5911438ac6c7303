"""What people do with their accounts is in the security log: who, about whom, from where."""

import re

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from accounts import people
from accounts.models import Invitation, User
from tests.accounts.conftest import sign_in_as
from tests.conftest import NOW
from therapeutics.admin import LoggedAdmin
from therapeutics.models import AuditEvent, AuditKind

from . import acts, acts_of_staff
from .acts import HERE, TYPED, WRITTEN, World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


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


K = AuditKind
TABLE = [
    (acts.sign_in_right, (K.SIGNED_IN, "ada", "")),
    (acts.sign_in_wrong, (K.SIGN_IN_FAILED, None, "ada")),
    (acts.sign_in_as_nobody, (K.SIGN_IN_FAILED, None, "")),
    (acts.sign_in_to_a_closed_account, (K.SIGN_IN_FAILED, None, "ben")),
    (acts.sign_in_too_often, (K.TOO_OFTEN, None, "account_login")),
    (acts.wrong_second_step, (K.SIGN_IN_FAILED, None, "ada")),
    (acts.second_step, (K.SIGNED_IN, "ada", "")),
    (acts.wrong_passkey, (K.SIGN_IN_FAILED, None, "")),
    (acts.sign_out, (K.SIGNED_OUT, "ada", "")),
    (acts.confirm, (K.REAUTHENTICATED, "ada", "")),
    (acts.confirm_wrongly, (K.SIGN_IN_FAILED, "ada", "ada")),
    (acts.sign_up, (K.SIGNED_UP, "eve", "invitation"), (K.SIGNED_IN, "eve", "")),
    (acts.change_password, (K.PASSWORD_CHANGED, "ada", "ada")),
    (acts.ask_for_reset, (K.PASSWORD_RESET_ASKED, None, "ada")),
    (acts.ask_for_reset_as_nobody, (K.PASSWORD_RESET_ASKED, None, "")),
    (acts.reset, (K.PASSWORD_RESET, None, "ada"), (K.SIGNED_IN, "ada", "")),
    (acts.change_email, (K.EMAIL_CHANGED, "ada", "ada")),
    (acts.add_app, (K.SECOND_FACTOR_ADDED, "ada", "ada"), (K.RECOVERY_CODES_MADE, "ada", "ada")),
    (acts.remove_app, (K.SECOND_FACTOR_REMOVED, "ada", "ada")),
    (acts.new_codes, (K.RECOVERY_CODES_MADE, "ada", "ada")),
    (acts.sign_out_elsewhere, (K.SESSIONS_ENDED, "ada", "ada")),
    (acts.renew_feed, (K.FEED_RENEWED, "ada", "ada")),
    (acts_of_staff.invite, (K.INVITED, "counsellor", "invitation")),
    (acts_of_staff.invite_as_superuser, (K.INVITED, "superuser", "invitation")),
    (acts_of_staff.resend, (K.INVITATION_RESENT, "counsellor", "invitation")),
    (acts_of_staff.revoke, (K.INVITATION_REVOKED, "counsellor", "invitation")),
    (acts_of_staff.deactivate, (K.DEACTIVATED, "counsellor", "ada")),
    (acts_of_staff.reactivate, (K.REACTIVATED, "counsellor", "ada")),
    (acts_of_staff.download, (K.EXPORTED, "counsellor", "")),
    (acts_of_staff.denied, (K.DENIED, "ada", "client_admin:client ben")),
    (acts_of_staff.denied_as_if_it_were_not, (K.DENIED, "ada", "appointments:detail ben")),
    (
        acts_of_staff.denied_in_site_admin,
        (K.DENIED, "counsellor", "admin:accounts_user_change"),
    ),
    (acts_of_staff.forged, (K.DENIED, None, "account_login")),
    (acts_of_staff.forged_with_a_session, (K.DENIED, "ada", "account")),
    (acts_of_staff.admin_changes, (K.ADMIN_CHANGED, "superuser", "ada")),
    (
        acts_of_staff.admin_closes,
        (K.DEACTIVATED, "superuser", "ada"),
        (K.ADMIN_CHANGED, "superuser", "ada"),
    ),
    (
        acts_of_staff.admin_opens,
        (K.REACTIVATED, "superuser", "ada"),
        (K.ADMIN_CHANGED, "superuser", "ada"),
    ),
    (
        acts_of_staff.admin_gives_email,
        (K.EMAIL_CHANGED, "superuser", "ada"),
        (K.ADMIN_CHANGED, "superuser", "ada"),
    ),
    (acts_of_staff.admin_adds, (K.ADMIN_ADDED, "superuser", "zsu")),
    (
        acts_of_staff.admin_gives_password,
        (K.PASSWORD_CHANGED, "superuser", "ada"),
        (K.ADMIN_CHANGED, "superuser", "ada"),
    ),
    (
        acts_of_staff.admin_removes_app,
        (K.ADMIN_DELETED, "superuser", "app"),
        (K.SECOND_FACTOR_REMOVED, "superuser", "ada"),
    ),
    (
        acts_of_staff.admin_removes_chosen,
        (K.ADMIN_DELETED, "superuser", "app"),
        (K.SECOND_FACTOR_REMOVED, "superuser", "ada"),
    ),
    (acts_of_staff.admin_writes_practice, (K.ADMIN_ADDED, "superuser", "practice")),
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
    for act in (acts_of_staff.admin_changes, acts_of_staff.admin_removes_app):
        list(act(world))
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
