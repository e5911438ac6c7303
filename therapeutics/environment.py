"""How settings read the environment: a bad variable stops the start with one line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NoReturn
from urllib.parse import urlsplit

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
        return urlsplit(url).scheme in schemes and bool(urlsplit(url).hostname)
    except ValueError:
        return False
