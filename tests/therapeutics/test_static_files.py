"""The few files that pages use out of node_modules, and no others."""

from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command

from therapeutics.static_files import NodeModulesFinder

pytestmark = pytest.mark.once

FINDER = NodeModulesFinder()


@pytest.mark.parametrize("name", settings.NODE_FILES)
def test_listed_file_is_found_below_vendor(name):
    found = FINDER.find(f"vendor/{name}")
    assert Path(found).is_file()
    assert FINDER.find(f"vendor/{name}", find_all=True) == [found]


@pytest.mark.parametrize(
    "path",
    [
        "vendor/bootstrap/package.json",
        "vendor/../package.json",
        "vendor/bootstrap/../../package.json",
        "vendor//etc/passwd",
        "vendor/",
        "vendor",
        "",
        "bootstrap/bootstrap.min.css",
        "bootstrap/dist/css/bootstrap.min.css",
    ],
)
def test_any_other_path_is_not_found(path):
    assert FINDER.find(path) == []
    assert FINDER.find(path, find_all=True) == []


def test_exactly_the_listed_files_are_collected():
    assert [name for name, _storage in FINDER.list([])] == list(settings.NODE_FILES)
    assert len(settings.NODE_FILES) < 20


def test_collecting_gives_few_files(settings, tmp_path):
    """Whole packages were 1,700 files; the Django admin's own are 150 of these."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    collected = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(collected) < 250
    vendor = [path for path in collected if "vendor" in path.relative_to(tmp_path).parts[:1]]
    assert len(vendor) == len(settings.NODE_FILES)


def test_missing_package_is_told_by_check(settings):
    settings.NODE_FILES = {"gone/gone.css": "gone/dist/gone.css"}
    (error,) = NodeModulesFinder().check()
    assert "gone/dist/gone.css" in error.msg
    assert "npm ci" in error.hint


def test_django_uses_the_finder():
    name = next(iter(settings.NODE_FILES))
    assert finders.find(f"vendor/{name}") == FINDER.find(f"vendor/{name}")
