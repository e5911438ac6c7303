"""How settings read the environment: a bad variable stops the start with one line."""

from collections.abc import Callable
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Literal, NoReturn
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from environs import Env, EnvError


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


def is_url(url: str, *schemes: str) -> bool:
    """Tell whether the text is an address with one of the schemes and a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # broken brackets, or a port that is none
        return False


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
