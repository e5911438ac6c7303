"""Finds an installed Chromium, or installs one: `python -m tests.browser.chromium`."""

import os
import shutil
import subprocess
import sys

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
APT = [["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]]
DOWNLOAD = [[sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"]]


def find() -> str | None:
    """Return the path of a Chromium on this machine: `CHROMIUM`, on the PATH, or Playwright's."""
    named = os.environ.get("CHROMIUM", "")
    on_path = (shutil.which(name) for name in (named, *NAMES) if name)
    return next((path for path in on_path if path), None) or _downloaded()


def _downloaded() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if os.path.exists(path) else None


def install() -> None:
    """Try the system's packages where that is allowed, then Playwright's own download."""
    may_apt = shutil.which("apt-get") and os.geteuid() == 0
    for commands in ([APT] if may_apt else []) + [DOWNLOAD]:
        if all(subprocess.run(command, check=False).returncode == 0 for command in commands):
            return


if __name__ == "__main__":
    if find() is None:
        install()
    path = find()
    print(f"Chromium: {path or 'not found; browser tests cannot run'}")  # noqa: T201 - a command
    sys.exit(path is None and os.environ.get("CI") == "true")
