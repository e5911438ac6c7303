"""What the superuser does to people's accounts in Site admin, and at the command line."""

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client
from post_office.models import Email

from accounts.models import Session, User
from tests.accounts.conftest import NEW_PASSWORD, SECRET, code_of, sign_in_as, with_app
from tests.rows import unchanged

pytestmark = pytest.mark.django_db

FACTORS = "/admin/mfa/authenticator/"


@pytest.fixture
def as_superuser(clock, superuser, sign_in) -> Client:
    return sign_in(superuser)


def factors_of(person: User) -> list[str]:
    found = Authenticator.objects.filter(user=person).order_by("type")
    return [factor.type for factor in found]


def delete_all(browser: Client, *people: User) -> None:
    rows = Authenticator.objects.filter(user__in=people)
    asked = {"action": "delete_selected", "_selected_action": [row.pk for row in rows]}
    assert browser.post(FACTORS, {**asked, "post": "yes"}).status_code == 302


def test_deleted_second_factors_are_told_of_once(as_superuser, ada, ben):
    delete_all(as_superuser, with_app(ada), with_app(ben))
    assert factors_of(ada) == factors_of(ben) == []
    assert sorted(mail.to[0] for mail in Email.objects.all()) == [ada.email, ben.email]


def test_last_app_goes_with_its_recovery_codes(as_superuser, ada):
    """Or codes that somebody else may have read open the next app's account too."""
    with_app(ada)
    app = Authenticator.objects.get(user=ada, type=Authenticator.Type.TOTP)
    path = f"/admin/mfa/authenticator/{app.pk}/delete/"
    assert as_superuser.post(path, {"post": "yes"}).status_code == 302
    assert not Authenticator.objects.filter(user=ada, type=Authenticator.Type.TOTP).exists()
    assert not Authenticator.objects.filter(user=ada).exists()


def test_codes_stay_with_a_passkey_that_is_left(as_superuser, ada):
    with_app(ada)
    Authenticator.objects.create(user=ada, type="webauthn", data={})
    app = Authenticator.objects.get(user=ada, type="totp")
    as_superuser.post(f"{FACTORS}{app.pk}/delete/", {"post": "yes"})
    assert factors_of(ada) == ["recovery_codes", "webauthn"]


@pytest.mark.parametrize("login", ["superuser", "SUPERUSER@example.com"])
def test_command_lets_a_superuser_in_again(client, superuser, capsys, login):
    with_app(superuser)
    call_command("remove_second_factor", login)
    assert capsys.readouterr().out == "2 removed\n"
    assert sign_in_as(client, "superuser")["Location"] == "/client-admin/"
    assert Email.objects.get().to == [superuser.email]


def test_command_knows_nobody_by_another_name(ada):
    with_app(ada)
    with unchanged(), pytest.raises(CommandError, match="Nobody is known"):
        call_command("remove_second_factor", "nobody")


def test_code_is_refused_after_the_secret_key_was_changed(client, ada, settings):
    """Refused, not broken; and no code of an empty or a known secret gets in."""
    with_app(ada)
    settings.SECRET_KEY = "another-" * 10
    assert sign_in_as(client, "ada")["Location"] == "/accounts/2fa/authenticate/"
    for code in (code_of(SECRET), code_of("")):
        assert client.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 422


def test_given_password_ends_sessions_and_is_told_of(as_superuser, ada, sign_in):
    browser = sign_in(ada)
    fields = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"}
    answer = as_superuser.post(f"/admin/accounts/user/{ada.pk}/password/", fields)
    assert answer.status_code == 302
    assert not Session.objects.filter(user=ada).exists()
    assert browser.get("/appointments/").status_code == 302
    assert sign_in_as(Client(), "ada", NEW_PASSWORD)["Location"] == "/appointments/"
    (mail,) = Email.objects.all()
    assert mail.to == [ada.email]
    assert "From:" not in mail.message + mail.html_message  # it was not ada's doing


def test_superuser_keeps_the_right_to_be_here(as_superuser, superuser, ada):
    page = as_superuser.get(f"/admin/accounts/user/{superuser.pk}/change/").content.decode()
    assert 'name="is_superuser"' not in page
    assert 'name="is_active"' not in page
    other = as_superuser.get(f"/admin/accounts/user/{ada.pk}/change/").content.decode()
    assert 'name="is_active"' in other


def test_own_password_has_one_page(as_superuser):
    answer = as_superuser.get("/admin/password_change/")
    assert answer["Location"] == "/accounts/password/change/"
