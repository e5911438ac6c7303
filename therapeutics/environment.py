"""How settings read the environment: a bad variable stops the start with one line."""

from collections.abc import Callable
from email.utils import parseaddr
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal, NoReturn
from urllib.parse import parse_qsl, urlsplit

import dj_database_url
import dj_email_url
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from environs import Env, EnvError

# Writers queue for the lock instead of failing when they upgrade a read
# (https://docs.djangoproject.com/en/5.2/ref/databases/#sqlite-notes).
SQLITE = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
    " PRAGMA secure_delete=ON;",  # what is erased is overwritten, not only let go
}
# A server that a network has swallowed is given up while the visitor still waits: by default
# the system tries for minutes, and each try keeps a thread.
POSTGRESQL = {"connect_timeout": 5}
SMTP = "django.core.mail.backends.smtp.EmailBackend"
OUR_SMTP = "therapeutics.mail.smtp.PunctualBackend"


class Environment(Env):
    """The process's variables, and those of a `.env` file that are not set otherwise."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.read_env(file, recurse=False)

    def stop(self, name: str, problem: str) -> NoReturn:
        """End the start with one line that names the variable; no traceback hides it."""
        raise SystemExit(f"Configuration: {name} {problem}")

    def read(self, reader: Callable[..., Any], name: str, default: object) -> Any:
        """Read one variable with a reader such as `env.int`."""
        try:
            return reader(name, default)
        except EnvError as error:
            self.stop(name, f"cannot be used: {error}")

    def required(self, name: str, default: str | Literal[False]) -> str:
        """Return a text; without a default it must be set."""
        value: str = self.read(self.str, name, default or "").strip()
        return value or self.stop(name, "must be set when DEBUG is off; .env.example shows how")

    def listed(self, name: str, default: str | Literal[False]) -> list[str]:
        """Return a comma separated text as a list without empty entries."""
        parts = [part.strip() for part in self.required(name, default).split(",")]
        return [part for part in parts if part] or self.stop(name, "lists nothing")

    def database(self, name: str, default: str) -> dict[str, Any]:
        """Return Django's settings of the PostgreSQL or SQLite database at an address."""
        url = self.read(self.str, name, default)
        try:
            database: Any = dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True)
        except (ValueError, KeyError) as error:
            self.stop(name, f"cannot be used: {error}")
        if database["ENGINE"] == "django.db.backends.sqlite3":
            database["OPTIONS"] = SQLITE
        elif database["ENGINE"] != "django.db.backends.postgresql":
            self.stop(name, "must name a PostgreSQL or SQLite database")
        else:
            database["OPTIONS"] = POSTGRESQL | database.get("OPTIONS", {})
        if not database["NAME"]:
            self.stop(name, "names no database")
        return dict(database)

    def mail(self, name: str, default: str | Literal[False]) -> dict[str, Any]:
        """Return Django's mail settings for the address of a mail server."""
        url = self.required(name, default)
        try:
            # dj-email-url's name for SMTP that turns to TLS at once on port 587 is "submission".
            mail: dict[str, Any] = dj_email_url.parse(
                url.replace("smtp+tls://", "submission://", 1)
            )
            if mail["EMAIL_BACKEND"] == SMTP:
                if not is_url(url, "smtp", "smtp+tls", "submission"):
                    raise ValueError("it names no server")
                mail["EMAIL_BACKEND"] = OUR_SMTP
        except (ValueError, KeyError):
            self.stop(name, "cannot be used; smtp+tls://user:password@host:587 is one")
        return mail


def cache(redis_url: str, *, own_certificate: bool) -> dict[str, Any]:
    """Return Django's settings of a cache that all processes share: Redis, or a table.

    Heroku signs the certificates of its Redis itself (`own_certificate`): they cannot be checked,
    and the line is encrypted all the same.
    """
    if not redis_url:
        # By default 300 entries push out what is counted against a limit.
        backend = "django.core.cache.backends.db.DatabaseCache"
        return {"BACKEND": backend, "LOCATION": "cache", "OPTIONS": {"MAX_ENTRIES": 50_000}}
    # One that is away must not hold a thread.
    options: dict[str, Any] = {"socket_connect_timeout": 2, "socket_timeout": 2}
    if own_certificate and redis_url.startswith("rediss:"):
        options["ssl_cert_reqs"] = None
    backend = "django.core.cache.backends.redis.RedisCache"
    return {"BACKEND": backend, "LOCATION": redis_url, "OPTIONS": options}


def is_url(url: str, *schemes: str) -> bool:
    """Tell whether the text is an address with one of the schemes and a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # broken brackets, or a port that is none
        return False


def is_account(url: str, *schemes: str) -> bool:
    """Tell whether the text is such an address with a name and a password before the host."""
    if not is_url(url, *schemes):
        return False
    return bool(urlsplit(url).username and urlsplit(url).password)


def is_origin(url: str) -> bool:
    """Tell whether the text is a web address without path or query."""
    return is_url(url, "http", "https") and urlsplit(url)[2:] == ("", "", "")


def is_sender(text: str) -> bool:
    """Tell whether the text is an e-mail address, with or without a name before it."""
    try:
        validate_email(parseaddr(text)[1])
    except ValidationError:
        return False
    return True


def account(address: str) -> dict[str, Any]:
    """Return the options of the `cloudinary` package that a CLOUDINARY_URL says.

    The package would read the address by itself, but only from the process's environment.
    """
    url = urlsplit(address)
    options: dict[str, Any] = {
        "cloud_name": url.hostname,
        "api_key": url.username,
        "api_secret": url.password,
    }
    if distribution := url.path.strip("/"):
        options |= {"private_cdn": True, "secure_distribution": distribution}
    return options | dict(parse_qsl(url.query))


def is_address(text: str) -> bool:
    """Tell whether the text is an IP address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
