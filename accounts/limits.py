"""How often a password may be tried: counted in the database, or in Redis where there is one.

allauth's own limit counts wrong passwords per account, so that a stranger can keep its owner
out, and costs dozens of queries for each try when the cache is a table. This one counts per
account and address, and takes one statement, shared by all processes.

Where the counters are out of reach nothing is counted, so nobody may try: `take` raises. To give a
count back or forget it is no condition of anything, and only logged when it fails.
"""

import datetime as dt
import hashlib
import ipaddress
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from redis.exceptions import RedisError

from .models import Tries, User

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limit:
    most: int
    within: dt.timedelta


# One address that guesses one person's password; one that guesses everyone's; a crowd of
# addresses that guess one person's. The last is wide, and a password reset lifts it: strangers
# must not keep the owner out.
PERSON_FROM_ADDRESS = Limit(5, dt.timedelta(minutes=5))
ADDRESS = Limit(50, dt.timedelta(minutes=5))
PERSON = Limit(100, dt.timedelta(hours=1))

Counters = dict[str, Limit]


def sign_in(login: str, address: str) -> Counters:
    """Return what a try to sign in as `login` from an IP address counts against."""
    return {_key("address", network(address)): ADDRESS, **person(login, address)}


def person(login: str, address: str) -> Counters:
    """Return the counters that name a person, however the login is typed."""
    who = User.normalize_username(login.strip()).casefold()
    return {
        _key("person from address", who, network(address)): PERSON_FROM_ADDRESS,
        _key("person", who): PERSON,
    }


def network(address: str) -> str:
    """Return the address; of an IPv6 address the /64 that one connection usually has."""
    if ":" not in address:
        return address
    ip = ipaddress.IPv6Address(address)
    return str(ip.ipv4_mapped or ipaddress.IPv6Network((ip, 64), strict=False))


def take(counters: Counters, *, now: dt.datetime) -> bool:
    """Count one try against each counter; tell whether it is within every limit.

    Raises what the store raises when it is out of reach: who cannot be counted is not let in.
    """
    counted = _in_cache(counters) if settings.REDIS_URL else _in_database(counters, now)
    return all(counted[key] <= limit.most for key, limit in counters.items())


def give_back(counters: Counters) -> None:
    """Uncount one try: it was the right password."""
    if settings.REDIS_URL:
        with _if_it_answers():
            for key in counters:
                if cache.get(key):
                    cache.decr(key)
        return
    with connection.cursor() as cursor:
        cursor.execute(f"{UNCOUNT} ({_marks(counters)})", sorted(counters))


def forget(counters: Counters) -> None:
    """Begin to count anew: the owner has proved to be who they are."""
    if settings.REDIS_URL:
        with _if_it_answers():
            cache.delete_many(list(counters))
    Tries.objects.filter(key__in=counters).delete()


def clear_expired(*, now: dt.datetime) -> int:
    """Delete what counts no longer; return how many rows there were."""
    return Tries.objects.filter(until__lte=now).delete()[0]


@contextmanager
def _if_it_answers() -> Iterator[None]:
    """Go on when Redis is away: what it still counts ends by itself."""
    try:
        yield
    except RedisError:
        logger.warning("Redis is away: a limit stays as it is until its time is over")


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _in_cache(counters: Counters) -> dict[str, int]:
    """Count with Redis' own atomic increment; the key's life is the limit's span."""
    counted = {}
    for key, limit in counters.items():
        span = int(limit.within.total_seconds())
        cache.add(key, 0, span)
        try:
            counted[key] = cache.incr(key)
        except ValueError:  # its life ended in between: a new one begins
            cache.set(key, 1, span)
            counted[key] = 1
    return counted


COUNT = """
INSERT INTO accounts_tries (key, count, until) VALUES {rows}
ON CONFLICT (key) DO UPDATE SET
    count = CASE WHEN accounts_tries.until <= %s THEN 1 ELSE accounts_tries.count + 1 END,
    until = CASE WHEN accounts_tries.until <= %s THEN excluded.until ELSE accounts_tries.until END
RETURNING key, count
"""
UNCOUNT = "UPDATE accounts_tries SET count = count - 1 WHERE count > 0 AND key IN"


def _marks(counters: Counters) -> str:
    return ", ".join("%s" for _ in counters)


def _in_database(counters: Counters, now: dt.datetime) -> dict[str, int]:
    """Count in one statement, in the order of the keys: two of them never wait crosswise."""
    moment = connection.ops.adapt_datetimefield_value
    rows = [(key, 1, moment(now + counters[key].within)) for key in sorted(counters)]
    statement = COUNT.format(rows=", ".join(["(%s, %s, %s)"] * len(rows)))
    values = [value for row in rows for value in row]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, moment(now), moment(now)])
        return dict(cursor.fetchall())
