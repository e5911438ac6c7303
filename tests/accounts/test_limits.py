"""How often a password may be tried: counted exactly, and never a way to lock somebody out."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from accounts import limits
from accounts.limits import Limit
from accounts.models import Tries
from tests.accounts.conftest import use_cache
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

MINUTE = dt.timedelta(minutes=1)
THREE = {"a": Limit(3, 5 * MINUTE)}
BOTH = {"a": Limit(3, 5 * MINUTE), "b": Limit(5, 60 * MINUTE)}


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
