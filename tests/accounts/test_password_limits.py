"""Guessing passwords and codes is slowed down, and the owner still gets in."""

import datetime as dt

import pytest
from django.contrib.auth import get_user
from django.test import Client
from post_office.models import Email

from accounts import limits
from tests.accounts.conftest import (
    ASKED,
    CHANGE,
    CHANGED,
    CHOSEN,
    SECRET,
    code_of,
    is_signed_in,
    link_in,
    sign_in_as,
    with_app,
    wrong_code,
)
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def at(address: str, **headers: str) -> Client:
    return Client(REMOTE_ADDR=address, **headers)


def guess(browser: Client, login: str = "ada", times: int = 1) -> list[int]:
    """Sign in with a wrong password; return the answers' statuses."""
    return [sign_in_as(browser, login, "wrong password").status_code for _ in range(times)]


def guess_from_everywhere(login: str = "ada") -> None:
    """Reach the limit of one person's wrong passwords, each from an address of its own."""
    for number in range(limits.PERSON.most):
        assert guess(at(f"198.51.100.{number}"), login) == [422]


def may_sign_in(browser: Client, login: str = "ada", password: str = PASSWORD) -> bool:
    status = sign_in_as(browser, login, password).status_code
    assert (status == 302) == is_signed_in(browser)
    assert status in {302, 429}
    return is_signed_in(browser)


def test_five_wrong_passwords_then_not_even_the_right_one(store, ada):
    stranger = at("192.0.2.1")
    assert guess(stranger, times=7) == [422] * 5 + [429] * 2
    assert not may_sign_in(stranger)
    assert not may_sign_in(at("192.0.2.1"), "ADA")


def test_strangers_guesses_do_not_keep_the_owner_out(store, ada):
    guess(at("192.0.2.1"), times=7)
    assert may_sign_in(at("192.0.2.2"))


def test_after_the_window_it_works_again(store, ada, clock):
    guess(at("192.0.2.1"), times=7)
    clock.shift(dt.timedelta(minutes=5) - dt.timedelta(seconds=1))
    assert not may_sign_in(at("192.0.2.1"))
    clock.shift(dt.timedelta(seconds=1))
    assert may_sign_in(at("192.0.2.1"))


def test_one_address_does_not_try_everybody(store, ada, ben):
    stranger = at("192.0.2.1")
    names = [f"name{number}" for number in range(50)]
    assert {guess(stranger, name)[0] for name in names} == {422}
    assert guess(stranger, "another") == [429]
    assert not may_sign_in(stranger)
    assert may_sign_in(at("192.0.2.2"))


def test_own_new_password_is_no_way_to_try_everybody(ada, sign_in, clock):
    browser = sign_in(ada)
    for number in range(50):
        guess(Client(), f"name{number}")
    assert browser.post(CHANGE, CHANGED).status_code == 302
    assert guess(Client(), "another") == [429]


def test_successes_do_not_use_the_limit_up(store, ada):
    home = at("192.0.2.1")
    assert guess(home, times=4) == [422] * 4
    for _ in range(20):
        assert may_sign_in(at("192.0.2.1"))
    assert guess(home, times=2) == [422, 429]


def test_behind_a_proxy_its_own_entry_counts(store, ada, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(5):
        stranger = at("10.0.0.1", HTTP_X_FORWARDED_FOR=f"203.0.113.{number}, 192.0.2.1")
        assert guess(stranger) == [422]
    assert guess(at("10.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.99, 192.0.2.1")) == [429]
    assert may_sign_in(at("10.0.0.1", HTTP_X_FORWARDED_FOR="192.0.2.1, 192.0.2.2"))


def test_without_a_proxy_the_header_means_nothing(store, ada):
    for number in range(5):
        assert guess(at("192.0.2.1", HTTP_X_FORWARDED_FOR=f"203.0.113.{number}")) == [422]
    assert guess(at("192.0.2.1", HTTP_X_FORWARDED_FOR="203.0.113.99")) == [429]


def test_crowd_of_addresses_is_stopped_and_a_reset_lets_the_owner_in(client, store, ada):
    guess_from_everywhere()
    assert not may_sign_in(at("192.0.2.9"))
    client.post("/accounts/password/reset/", {"email": ada.email})
    page = client.get(link_in(Email.objects.get()), follow=True)
    assert client.post(page.request["PATH_INFO"], CHOSEN).status_code == 302
    assert get_user(client) == ada
    assert may_sign_in(at("192.0.2.9"), password=CHOSEN["password1"])


def test_guesses_at_reauthentication_are_limited(store, ada, sign_in):
    browser = sign_in(ada)
    statuses = [
        browser.post("/accounts/reauthenticate/", {"password": "wrong"}).status_code
        for _ in range(7)
    ]
    assert statuses == [422] * 5 + [429] * 2
    assert browser.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 429


def test_guesses_at_the_second_factor_are_limited(store, client, ada):
    with_app(ada)
    sign_in_as(client, "ada")
    guesses = [client.post(ASKED, {"code": wrong_code(SECRET)}).status_code for _ in range(7)]
    assert guesses == [422] * 5 + [429] * 2
    assert client.post(ASKED, {"code": code_of(SECRET)}).status_code == 429
    assert not is_signed_in(client)


def test_limit_of_codes_holds_in_another_browser_too(store, ada):
    with_app(ada)
    for _ in range(5):
        browser = Client()
        sign_in_as(browser, "ada")
        assert browser.post(ASKED, {"code": wrong_code(SECRET)}).status_code == 422
    sign_in_as(other := at("192.0.2.7"), "ada")
    assert other.post(ASKED, {"code": code_of(SECRET)}).status_code == 429
