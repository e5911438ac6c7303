"""Staff need a second factor; whoever has one is asked for it; nobody reads its secret."""

import json
from urllib.parse import unquote

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.utils import decrypt
from django.test import Client

from accounts import people
from accounts.models import User
from tests.accounts.conftest import (
    ACTIVATE,
    ASKED,
    DEACTIVATE,
    REAUTHENTICATE,
    SECRET,
    SETUP,
    code_of,
    is_signed_in,
    reauthenticate,
    set_up_app,
    sign_in_as,
    with_app,
    wrong_code,
)
from tests.conftest import NOW

pytestmark = [pytest.mark.once, pytest.mark.django_db]

CODES = "/accounts/2fa/recovery-codes/"
CLOSED = [
    "/appointments/",
    "/appointments/?when=past",
    "/appointments/book/",
    "/appointments/availability.json",
    "/appointments/6f7e7a34-6f0c-4d0c-8a3b-000000000000/",
    "/account/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/sessions/",
    "/client-admin/",
    "/client-admin/appointments/",
    "/client-admin/invitations/",
    "/admin/",
    "/admin/accounts/user/",
]
OPEN = ["/healthz", "/accounts/logout/"]


def recovery_codes(person: User) -> list[str]:
    row = Authenticator.objects.get(user=person, type=Authenticator.Type.RECOVERY_CODES)
    return row.wrap().get_unused_codes()


@pytest.fixture
def gate(settings) -> None:
    settings.REQUIRE_STAFF_MFA = True


@pytest.fixture(params=["counsellor", "superuser"])
def staff(request, clock) -> User:
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("path", CLOSED)
def test_staff_are_sent_to_the_set_up_from_every_page(gate, staff, sign_in, path):
    answer = sign_in(staff).get(path)
    assert (answer.status_code, answer["Location"]) == (302, SETUP)


@pytest.mark.parametrize("path", ["/client-admin/invitations/", "/accounts/sessions/", "/account/"])
def test_staff_cannot_post_past_the_gate(gate, staff, sign_in, path):
    answer = sign_in(staff).post(path, {"email": "new@example.com", "name": "New"})
    assert (answer.status_code, answer["Location"]) == (302, SETUP)


def test_gate_is_closed_right_after_signing_in(gate, client, counsellor):
    sign_in_as(client, "counsellor", next="/client-admin/")
    answer = client.get("/client-admin/", follow=True)
    assert answer.redirect_chain == [(SETUP, 302)]
    assert answer.status_code == 200


@pytest.mark.parametrize("path", [SETUP, REAUTHENTICATE, *OPEN])
def test_set_up_and_the_way_out_stay_open(gate, staff, sign_in, path):
    assert sign_in(staff).get(path).status_code == 200


@pytest.mark.parametrize("path", [ACTIVATE, "/accounts/2fa/webauthn/add/"])
def test_setting_up_asks_for_the_password_again(gate, staff, sign_in, path):
    browser = sign_in(staff)
    answer = browser.get(path)
    assert unquote(answer["Location"]) == f"{REAUTHENTICATE}?next={path}"
    assert reauthenticate(browser, next=path)["Location"] == path
    assert browser.get(path).status_code == 200


def test_staff_can_stay_and_sign_out(gate, staff, sign_in):
    browser = sign_in(staff)
    assert browser.post("/accounts/stay/").status_code == 204
    assert browser.post("/accounts/logout/").status_code == 302
    assert not is_signed_in(browser)


def test_activating_opens_everything_and_removing_closes_it(gate, superuser, sign_in, clock):
    browser = sign_in(superuser)
    set_up_app(browser)
    for path in (
        "/client-admin/appointments/",
        "/admin/",
        "/appointments/availability.json",
        CODES,
    ):
        assert browser.get(path).status_code == 200
    assert browser.post(DEACTIVATE)["Location"] == SETUP
    assert not Authenticator.objects.exists()
    assert browser.get("/client-admin/")["Location"] == SETUP


def test_wrong_code_activates_nothing(gate, counsellor, sign_in, clock):
    browser = sign_in(counsellor)
    reauthenticate(browser)
    secret = browser.get(ACTIVATE).context["form"].secret
    answer = browser.post(ACTIVATE, {"code": wrong_code(secret)})
    assert answer.status_code == 422
    assert not Authenticator.objects.exists()


def test_recovery_codes_alone_do_not_count(gate, counsellor, sign_in):
    RecoveryCodes.activate(counsellor)
    assert sign_in(counsellor).get("/client-admin/")["Location"] == SETUP


def test_clients_are_not_asked_for_one(gate, ada, sign_in, clock):
    browser = sign_in(ada)
    assert browser.get("/appointments/").status_code == 200
    assert browser.get("/account/").status_code == 200


def test_nobody_is_asked_for_one_while_it_is_not_required(superuser, sign_in, clock):
    browser = sign_in(superuser)
    assert browser.get("/client-admin/appointments/").status_code == 200
    assert browser.get("/admin/").status_code == 200


def test_client_promoted_to_staff_meets_the_gate(gate, ada, sign_in):
    browser = sign_in(ada)
    User.objects.filter(pk=ada.pk).update(is_staff=True)
    assert browser.get("/client-admin/")["Location"] == SETUP


@pytest.mark.parametrize("login", ["ada", "ada@example.com"])
def test_sign_in_waits_for_the_code(client, ada, clock, login):
    with_app(ada)
    answer = sign_in_as(client, login, next="/account/")
    assert answer["Location"].startswith(ASKED)
    assert not is_signed_in(client)
    assert client.get("/appointments/").status_code == 302
    answer = client.post(ASKED, {"code": code_of(SECRET)})
    assert answer["Location"] == "/account/"
    assert is_signed_in(client)


def test_wrong_code_does_not_sign_in(client, ada, clock):
    with_app(ada)
    sign_in_as(client, "ada")
    assert client.post(ASKED, {"code": wrong_code(SECRET)}).status_code == 422
    assert not is_signed_in(client)


def test_code_of_somebody_else_does_not_sign_in(client, ada, ben, clock):
    with_app(ada)
    TOTP.activate(ben, "A" * 32)
    sign_in_as(client, "ben")
    assert client.post(ASKED, {"code": code_of(SECRET)}).status_code == 422
    assert not is_signed_in(client)


def test_new_password_ends_a_sign_in_that_waits_for_its_code(client, ada, clock):
    with_app(ada)
    sign_in_as(client, "ada")
    people.set_password(person=ada, password="a new long password", by=ada, now=NOW)
    client.post(ASKED, {"code": code_of(SECRET)})
    assert not is_signed_in(client)


def test_deactivating_ends_a_sign_in_that_waits_for_its_code(client, ada, clock):
    with_app(ada)
    sign_in_as(client, "ada")
    people.deactivate(person=ada, by=ada, now=NOW)
    client.post(ASKED, {"code": code_of(SECRET)})
    people.reactivate(person=ada, by=ada, now=NOW)
    assert not is_signed_in(client)


def test_app_code_works_once(ada, clock):
    with_app(ada)
    first, second = Client(), Client()
    for browser in (first, second):
        sign_in_as(browser, "ada")
        browser.post(ASKED, {"code": code_of(SECRET)})
    assert is_signed_in(first)
    assert not is_signed_in(second)


def test_old_app_code_is_refused(client, ada, clock):
    with_app(ada)
    code = code_of(SECRET)
    clock.shift(120)
    sign_in_as(client, "ada")
    assert client.post(ASKED, {"code": code}).status_code == 422


def test_recovery_code_works_once(ada, clock):
    with_app(ada)
    code, *others = recovery_codes(ada)
    first, second = Client(), Client()
    for browser in (first, second):
        sign_in_as(browser, "ada")
        browser.post(ASKED, {"code": code})
    assert is_signed_in(first)
    assert not is_signed_in(second)
    assert recovery_codes(ada) == others


def test_database_has_no_plain_secret(ada, sign_in, clock):
    secret = set_up_app(sign_in(ada))
    stored = json.dumps([row.data for row in Authenticator.objects.all()])
    assert secret not in stored
    for code in recovery_codes(ada):
        assert code not in stored
    app = Authenticator.objects.get(type=Authenticator.Type.TOTP)
    assert decrypt(app.data["secret"]) == secret


def test_older_secret_key_still_reads_the_secret(client, ada, clock, settings):
    with_app(ada)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-for-tests-" * 3
    sign_in_as(client, "ada")
    client.post(ASKED, {"code": code_of(SECRET)})
    assert is_signed_in(client)


def test_site_admin_shows_no_secret(ada, superuser, sign_in, clock):
    with_app(ada)
    browser, secrets = sign_in(superuser), [SECRET, *recovery_codes(ada)]
    for row in Authenticator.objects.filter(user=ada):
        page = browser.get(f"/admin/mfa/authenticator/{row.pk}/change/")
        assert page.status_code == 200
        stored = [value for value in row.data.values() if isinstance(value, str)]
        assert not [text for text in secrets + stored if text in page.content.decode()]
    assert browser.get("/admin/mfa/authenticator/").status_code == 200


def test_password_alone_does_not_come_in_with_the_owners_factor(
    gate, counsellor, sign_in, django_capture_on_commit_callbacks
):
    """Whoever had the password before there was a second factor is signed out by it."""
    thief, owner = sign_in(counsellor), sign_in(counsellor)
    with django_capture_on_commit_callbacks(execute=True):
        set_up_app(owner)
    assert owner.get("/client-admin/appointments/").status_code == 200
    assert not is_signed_in(thief)
    assert thief.get("/client-admin/appointments/")["Location"].startswith("/accounts/login/")


def test_later_factors_end_no_session(ada, sign_in):
    phone, laptop = sign_in(with_app(ada)), sign_in(ada)
    reauthenticate(phone)
    phone.post("/accounts/2fa/recovery-codes/generate/")
    assert is_signed_in(laptop)


def test_nobody_is_led_back_to_a_step_whose_factor_was_removed(client, ada):
    with_app(ada)
    assert sign_in_as(client, "ada")["Location"] == ASKED
    Authenticator.objects.filter(user=ada).delete()
    assert client.get(ASKED)["Location"] == "/accounts/login/"
    assert client.get("/accounts/login/").status_code == 200
    assert sign_in_as(client, "ada")["Location"] == "/appointments/"


def test_person_whose_app_is_deleted_signs_in_without_code(client, ada, clock):
    with_app(ada)
    Authenticator.objects.filter(user=ada).delete()
    assert sign_in_as(client, "ada")["Location"] == "/appointments/"
    assert is_signed_in(client)
