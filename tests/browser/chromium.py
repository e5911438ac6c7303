"""Finds an installed Chromium, or installs one: `python -m tests.browser.chromium`.

Debian's headless shell is the same engine without a window, at less than half the work.
"""

import os
import shutil
import subprocess
import sys

SHELL = "chromium-headless-shell"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# As root Chromium needs --no-sandbox; the rest keeps it from calling its maker.
FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",
]
UPDATE, INSTALL = ["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq"]
DOWNLOAD = [[sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"]]


def find(*, whole: bool = False) -> str | None:
    """Return the path of a Chromium on this machine: `CHROMIUM`, on the PATH, or Playwright's.

    The headless shell comes first, unless a `whole` browser is wanted.
    """
    shell = "" if whole else SHELL
    on_path = (shutil.which(name) for name in (_named(), shell, *NAMES) if name)
    return next((path for path in on_path if path), None) or _downloaded()


def _named() -> str:
    return os.environ.get("CHROMIUM", "")


def _downloaded() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if os.path.exists(path) else None


def install() -> None:
    """Try the system's packages where that is allowed, then Playwright's own download."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        for package in (SHELL, NAMES[0]):
            if _all_run([UPDATE, [*INSTALL, package]]):
                return
    if find() is None:
        _all_run(DOWNLOAD)


def _all_run(commands: list[list[str]]) -> bool:
    return all(subprocess.run(command, check=False).returncode == 0 for command in commands)


if __name__ == "__main__":
    if not (_named() or shutil.which(SHELL)):
        install()
    path = find()
    print(f"Chromium: {path or 'not found; browser tests cannot run'}")  # noqa: T201 - a command
    sys.exit(path is None and os.environ.get("CI") == "true")
