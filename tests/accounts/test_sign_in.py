"""Signing in and out; nobody signs up."""

import pytest
from django.contrib.auth import get_user
from post_office.models import Email

from accounts.models import User
from tests.accounts.conftest import LOGIN, LOGOUT, is_signed_in, sign_in_as
from tests.conftest import PASSWORD
from tests.rows import unchanged
from therapeutics.models import Practice

pytestmark = pytest.mark.django_db

SIGNUP = "/accounts/signup/"


@pytest.mark.parametrize(
    "login", ["ada", "ada@example.com", "ADA@EXAMPLE.COM", "Ada@Example.com", " ada@example.com "]
)
def test_user_name_or_e_mail_in_any_case_signs_in(client, ada, login):
    answer = sign_in_as(client, login)
    assert (answer.status_code, answer["Location"]) == (302, "/appointments/")
    assert get_user(client) == ada


def test_user_name_signs_in_as_it_is_typed_on_a_phone(client, ada):
    """Phones write a capital first."""
    sign_in_as(client, "Ada")
    assert get_user(client) == ada


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("ada", "wrong password"),
        ("ada", PASSWORD.upper()),
        ("ada", ""),
        ("", PASSWORD),
        ("nobody", PASSWORD),
        ("nobody@example.com", PASSWORD),
        ("ada\0", PASSWORD),
        ("a" * 5000, PASSWORD),
        ("ada@example.com\n", "x"),
    ],
)
def test_wrong_details_are_refused(client, ada, login, password):
    with unchanged():
        answer = sign_in_as(client, login, password)
    assert answer.status_code == 422
    assert not is_signed_in(client)


def test_refusal_does_not_tell_who_exists(client, ada):
    answers = [sign_in_as(client, name, "wrong password") for name in ("ada", "nobody")]
    errors = [answer.context["form"].non_field_errors() for answer in answers]
    assert errors[0] == errors[1]
    assert errors[0]


@pytest.mark.parametrize(
    ("next_page", "place"),
    [
        ("/appointments/book/", "/appointments/book/"),
        ("https://evil.example/", "/appointments/"),
        ("//evil.example/", "/appointments/"),
        ("javascript:alert(1)", "/appointments/"),
    ],
)
def test_next_page_is_ours_or_ignored(client, ada, next_page, place):
    assert sign_in_as(client, "ada", next=next_page)["Location"] == place


@pytest.mark.parametrize(
    ("who", "place"),
    [("ada", "/appointments/"), ("counsellor", "/client-admin/"), ("superuser", "/client-admin/")],
)
def test_clients_begin_with_their_appointments_and_staff_with_the_diary(
    client, ada, counsellor, superuser, who, place
):
    answer = client.post("/accounts/login/", {"login": who, "password": PASSWORD})
    assert answer["Location"] == place


def test_visitor_comes_back_to_the_page_asked_for(client, ada):
    to_login = client.get("/appointments/?when=past")["Location"]
    page = client.get(to_login)
    assert page.status_code == 200
    answer = client.post(to_login, {"login": "ada", "password": PASSWORD})
    assert answer["Location"] == "/appointments/?when=past"


@pytest.mark.parametrize(
    "headers",
    [
        {"accept": "application/json"},
        {"x-requested-with": "XMLHttpRequest"},
        {"content-type": "application/json"},
    ],
)
def test_sign_in_has_no_json_twin(client, ada, headers):
    answer = client.post(LOGIN, {"login": "ada", "password": "wrong password"}, headers=headers)
    assert (answer.status_code, answer["Content-Type"]) == (422, "text/html; charset=utf-8")
    assert b"wrong password" not in answer.content


@pytest.mark.parametrize(
    "path", ["/account/", "/appointments/", "/accounts/sessions/", "/accounts/2fa/"]
)
def test_page_of_who_is_signed_in_is_not_kept(sign_in, ada, path):
    assert "no-store" in sign_in(ada).get(path)["Cache-Control"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_sign_up_is_closed(client, db, method):
    fields = {"email": "new@example.com", "username": "new", "password1": PASSWORD}
    with unchanged():
        answer = getattr(client, method)(SIGNUP, fields)
    assert answer.status_code in {200, 403}
    assert b'name="password1"' not in answer.content
    assert not User.objects.filter(username="new").exists()
    assert not is_signed_in(client)


def test_closed_sign_up_gives_the_phone_number(client, practice):
    assert b'href="tel:02079460000"' in client.get(SIGNUP).content


def test_sign_in_page_offers_no_sign_up(client, db):
    assert SIGNUP.encode() not in client.get(LOGIN).content


def test_signing_out_takes_a_post(sign_in, ada):
    browser = sign_in(ada)
    assert browser.get(LOGOUT).status_code == 200
    assert is_signed_in(browser)
    assert browser.post(LOGOUT).status_code == 302
    assert not is_signed_in(browser)


def test_signed_in_visitor_is_sent_on_from_the_sign_in_page(sign_in, ada):
    assert sign_in(ada).get(LOGIN)["Location"] == "/appointments/"


def test_deactivated_person_does_not_sign_in(client, ada):
    User.objects.filter(pk=ada.pk).update(is_active=False)
    sign_in_as(client, "ada")
    assert not is_signed_in(client)
    assert client.get("/appointments/").status_code == 302


def test_deactivating_ends_the_session(sign_in, ada):
    browser = sign_in(ada)
    assert browser.get("/appointments/").status_code == 200
    User.objects.filter(pk=ada.pk).update(is_active=False)
    answer = browser.get("/appointments/")
    assert answer.status_code == 302
    assert answer["Location"].startswith(LOGIN)
    assert browser.get("/appointments/availability.json").status_code == 401


def test_new_password_ends_other_sessions(sign_in, ada):
    browser = sign_in(ada)
    ada.set_password("another long password")
    ada.save()
    assert browser.get("/appointments/").status_code == 302


def test_session_cookie_is_out_of_scripts_reach(client, ada):
    sign_in_as(client, "ada")
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


@pytest.mark.parametrize("host", ["testserver", "localhost"])
def test_reset_mail_comes_from_the_practice_and_leads_to_our_site(client, ada, settings, host):
    settings.EMAIL_BACKEND = "post_office.EmailBackend"  # which a test run replaces
    answer = client.post("/accounts/password/reset/", {"email": ada.email}, headers={"host": host})
    assert answer.status_code == 302
    mail = Email.objects.get()
    assert (mail.to, mail.from_email) == ([ada.email], Practice().sender)
    assert f"{settings.SITE_URL}/accounts/password/reset/key/" in mail.message


def test_reset_answers_the_same_for_unknown_addresses(client, practice):
    answer = client.post("/accounts/password/reset/", {"email": "unknown@example.com"})
    assert answer.status_code == 302


@pytest.mark.parametrize("stored", ["Carla@Example.com", "carla@example.com"])
@pytest.mark.parametrize("typed", ["carla@example.com", "CARLA@example.com"])
def test_reset_finds_the_address_in_any_case(client, practice, stored, typed):
    User.objects.create_user("carla", stored, PASSWORD)
    client.post("/accounts/password/reset/", {"email": typed})
    assert "/accounts/password/reset/key/" in Email.objects.get().message
