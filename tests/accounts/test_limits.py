"""How often a password may be tried: counted exactly, and never a way to lock somebody out."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import LazySettings
from django.contrib.auth import get_user
from django.core.cache import cache
from django.db import connections
from django.test import Client
from post_office.models import Email

from accounts import limits
from accounts.limits import Limit
from accounts.models import Tries
from tests.accounts.test_account_mail import CHANGE, CHANGED, CHOSEN, link_in
from tests.accounts.test_second_factor_gate import ASKED, SECRET, code_of, with_app, wrong_code
from tests.accounts.test_sign_in import is_signed_in, sign_in_as
from tests.conftest import NOW, PASSWORD

pytestmark = pytest.mark.django_db

MINUTE = dt.timedelta(minutes=1)
THREE = {"a": Limit(3, 5 * MINUTE)}
BOTH = {"a": Limit(3, 5 * MINUTE), "b": Limit(5, 60 * MINUTE)}


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


def take(counters: limits.Counters, times: int = 1, now: dt.datetime = NOW) -> list[bool]:
    return [limits.take(counters, now=now) for _ in range(times)]


def test_tries_are_within_the_limit_and_then_not(store):
    assert take(THREE, 5) == [True, True, True, False, False]


def test_each_counter_counts_by_itself(store):
    take({"a": THREE["a"]}, 2)
    assert take(BOTH, 2) == [True, False]
    assert take({"b": BOTH["b"]}, 4) == [True, True, True, False]


def test_window_ends_after_the_first_try_not_the_last(store, clock):
    take(THREE, 3)
    clock.shift(4 * MINUTE)
    assert take(THREE, 1, NOW + 4 * MINUTE) == [False]
    clock.shift(MINUTE)
    assert take(THREE, 4, NOW + 5 * MINUTE) == [True, True, True, False]


def test_given_back_try_does_not_count(store):
    for _ in range(10):
        assert take(THREE) == [True]
        limits.give_back(THREE)
    assert take(THREE, 4) == [True, True, True, False]


def test_giving_back_what_was_not_taken_gives_nothing(store):
    limits.give_back(THREE)
    take(THREE)
    for _ in range(3):
        limits.give_back(THREE)
    assert take(THREE, 4) == [True, True, True, False]


def test_forgotten_counters_begin_anew(store):
    take(BOTH, 6)
    limits.forget({"a": BOTH["a"]})
    assert take(THREE, 4) == [True, True, True, False]
    assert take({"b": BOTH["b"]}) == [False]


def test_database_is_left_alone_where_there_is_redis(settings, clock):
    use_cache(settings)
    take(BOTH, 3)
    limits.give_back(BOTH)
    assert not Tries.objects.exists()


def test_what_counts_no_longer_is_deleted(clock):
    take(BOTH)
    assert limits.clear_expired(now=NOW + 4 * MINUTE) == 0
    assert limits.clear_expired(now=NOW + 5 * MINUTE) == 1
    assert [row.key for row in Tries.objects.all()] == ["b"]


def test_counting_takes_one_statement(clock, django_assert_num_queries):
    counters = limits.sign_in("ada", "192.0.2.1")
    with django_assert_num_queries(1):
        limits.take(counters, now=NOW)
    with django_assert_num_queries(1):
        limits.give_back(counters)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("order", [["a", "b"], ["b", "a"]])
def test_parallel_tries_are_counted_exactly(order):
    counters = {key: Limit(25, 60 * MINUTE) for key in order}

    def one(_number: int) -> bool:
        try:
            return limits.take(counters, now=NOW)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        within = list(pool.map(one, range(40)))
    assert sum(within) == 25
    assert dict(Tries.objects.values_list("key", "count")) == {"a": 40, "b": 40}


@pytest.mark.django_db(transaction=True)
def test_parallel_tries_that_are_given_back_leave_nothing():
    counters = limits.sign_in("ada", "192.0.2.1")

    def one(_number: int) -> None:
        limits.take(counters, now=NOW)
        limits.give_back(counters)
        connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(24)))
    assert set(Tries.objects.values_list("count", flat=True)) == {0}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"),
        ("2001:DB8:1:2::1", "2001:db8:1:2::1"),
    ],
)
def test_addresses_of_one_connection_count_together(one, other):
    assert limits.sign_in("ada", one) == limits.sign_in("ada", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:3::1"),
        ("192.0.2.1", "192.0.2.2"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2"),  # how a dual-stack socket writes IPv4
    ],
)
def test_addresses_of_two_connections_count_apart(one, other):
    shared = set(limits.sign_in("ada", one)) & set(limits.sign_in("ada", other))
    assert len(shared) == 1  # the person, from everywhere


@pytest.mark.parametrize(
    "login",
    ["ADA", " ada ", "Ada", "ａｄａ", "𝐚𝐝𝐚", "𝕒𝕕𝕒"],  # the last three sign in as "ada" too
)
def test_one_login_counts_as_one_however_it_is_typed(login):
    assert limits.sign_in(login, "192.0.2.1") == limits.sign_in("ada", "192.0.2.1")


def test_counters_do_not_hold_names_or_addresses():
    for key in limits.sign_in("ada@example.com", "192.0.2.1"):
        assert "ada" not in key
        assert "192" not in key
        assert len(key) == 64


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
    clock.shift(5 * MINUTE - dt.timedelta(seconds=1))
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
