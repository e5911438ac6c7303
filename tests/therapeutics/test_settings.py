"""A bad environment stops the start with one line that names the variable."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.once

MANAGE = Path(settings.BASE_DIR, "manage.py")
IMPORT = ["-W", "error", "-c", "import therapeutics.settings"]
PRODUCTION = {
    "DEBUG": "off",
    "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-0123456789-abcdefg",
    "ALLOWED_HOSTS": "practice.example",
    "CSRF_TRUSTED_ORIGINS": "https://practice.example",
    "SITE_URL": "https://practice.example",
    "EMAIL_URL": "smtp+tls://user:password@mail.example:587",
    "DATABASE_URL": "postgres://user:password@db.example:5432/practice",
}
BAD = [
    ("DEBUG", "maybe"),
    ("SECRET_KEY", ""),
    ("SECRET_KEY", "too-short"),
    ("SECRET_KEY", "a" * 60),
    ("ALLOWED_HOSTS", ""),
    ("ALLOWED_HOSTS", " , "),
    ("CSRF_TRUSTED_ORIGINS", ""),
    ("CSRF_TRUSTED_ORIGINS", ","),
    ("CSRF_TRUSTED_ORIGINS", "practice.example"),
    ("CSRF_TRUSTED_ORIGINS", "https://practice.example,https://[broken"),
    ("SITE_URL", ""),
    ("SITE_URL", "practice.example"),
    ("SITE_URL", "ftp://practice.example"),
    ("SITE_URL", "https://"),
    ("SITE_URL", "https://[broken"),
    ("SITE_URL", "http://practice.example"),
    ("DATABASE_URL", "practice"),
    ("DATABASE_URL", "mysql://user:password@db.example/practice"),
    ("DATABASE_URL", "postgres://user:password@db.example:port/practice"),
    ("EMAIL_URL", ""),
    ("EMAIL_URL", "mail.example"),
    ("EMAIL_URL", "pigeon://mail.example"),
    ("EMAIL_URL", "smtp://mail.example:port"),
    ("TIME_ZONE", ""),
    ("TIME_ZONE", "Mars/Olympus_Mons"),
    ("TIME_ZONE", "Europe"),
    ("TIME_ZONE", "../etc/passwd"),
    ("TRUSTED_PROXY_COUNT", "one"),
    ("TRUSTED_PROXY_COUNT", "-1"),
    ("CLOUDINARY_URL", "https://cloudinary.example"),
    ("REDIS_URL", "redis.example"),
    ("SITE_URL", "https://practice.example/path"),
    ("SITE_URL", "https://practice.example:99999"),
    ("SITE_URL", "https://elsewhere.example"),
    ("CSRF_TRUSTED_ORIGINS", "https://practice.example/path"),
    ("DATABASE_URL", "postgres://"),
    ("EMAIL_URL", "smtp+tls://"),
    ("DEFAULT_FROM_EMAIL", "no address"),
    ("REDIS_URL", "redis://redis.example:port"),
    ("CLOUDINARY_URL", "cloudinary://"),
    ("CLOUDINARY_URL", "cloudinary://cloud"),
    ("CLOUDINARY_URL", "cloudinary://key@cloud"),
    ("CLOUDINARY_URL", "cloudinary://:secret@cloud"),
    ("CLOUDINARY_URL", "cloudinary://key:secret@"),
    ("LOG_FORMAT", "xml"),
    ("WEB_CONCURRENCY", "two"),
    ("WEB_CONCURRENCY", "0"),
    ("PORT", "http"),
    ("PORT", "0"),
    ("WEB_HOST", "practice.example"),
]
ON_HEROKU = {"DYNO": "web.1"}


def start(arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    path = {"PATH": os.environ["PATH"], "PYTHONPATH": str(settings.BASE_DIR)}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env=path | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(("name", "value"), BAD)
def test_bad_variable_stops_the_start_with_one_line(name, value):
    ended = start(IMPORT, PRODUCTION | {name: value})
    assert ended.returncode != 0
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    assert name in ended.stderr
    assert "Traceback" not in ended.stderr


def test_command_says_the_same_line():
    ended = start([str(MANAGE), "migrate"], PRODUCTION | {"TIME_ZONE": "Mars/Olympus_Mons"})
    assert ended.returncode != 0
    assert ended.stderr.startswith("Configuration: TIME_ZONE is not a known time zone")
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL", "EMAIL_URL", "CLOUDINARY_URL"])
def test_secret_is_not_repeated_in_the_message(name):
    ended = start(IMPORT, PRODUCTION | {name: "hunter2"})
    assert "hunter2" not in ended.stderr


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("DEBUG", "on", "must be off on Heroku"), ("DATABASE_URL", "sqlite:////app/db", "PostgreSQL")],
)
def test_what_heroku_would_forget_or_show_stops_the_start(name, value, said):
    ended = start(IMPORT, PRODUCTION | ON_HEROKU | {name: value})
    assert ended.returncode != 0
    assert len(ended.stderr.splitlines()) == 1
    assert ended.stderr.startswith(f"Configuration: {name} ")
    assert said in ended.stderr


@pytest.mark.parametrize(
    ("given", "bind"),
    [
        ({}, "127.0.0.1:8000"),
        ({"PORT": "5000"}, "0.0.0.0:5000"),
        ({"PORT": "5000", "WEB_HOST": "127.0.0.1"}, "127.0.0.1:5000"),
        ({"WEB_HOST": "::1"}, "[::1]:8000"),
    ],
)
def test_port_is_open_to_others_only_where_a_platform_gives_it(given, bind):
    code = f"import runpy; assert runpy.run_path('gunicorn.conf.py')['bind'] == {bind!r}"
    ended = start(["-c", code], PRODUCTION | given)
    assert ended.returncode == 0, ended.stderr


def test_missing_static_files_stop_the_web_server_with_one_line(tmp_path):
    code = (
        "from pathlib import Path; from therapeutics import settings, start;"
        f"settings.STATIC_ROOT = Path({str(tmp_path)!r}); start.check(settings)"
    )
    ended = start(["-c", code], PRODUCTION)
    assert ended.returncode != 0
    assert ended.stderr.startswith("Static files are missing: run")
    assert len(ended.stderr.splitlines()) == 1


def test_redis_that_is_away_is_told_and_does_not_stop_the_start():
    away = PRODUCTION | {"REDIS_URL": "redis://:hunter2@127.0.0.1:1"}
    ended = start(["-c", "import runpy; runpy.run_path('gunicorn.conf.py')"], away)
    assert ended.returncode == 0
    (line,) = ended.stderr.splitlines()
    assert json.loads(line)["message"].startswith("Redis does not answer")
    assert "hunter2" not in line


@pytest.mark.parametrize(
    ("where", "url", "checked"),
    [(ON_HEROKU, "rediss://h:1", False), (ON_HEROKU, "redis://h", True), ({}, "rediss://h", True)],
)
def test_redis_certificate_is_checked_but_on_heroku(where, url, checked):
    code = (
        "from therapeutics.settings import CACHES;"
        f"assert ('ssl_cert_reqs' not in CACHES['default']['OPTIONS']) is {checked}"
    )
    ended = start(["-c", code], PRODUCTION | where | {"REDIS_URL": url})
    assert ended.returncode == 0, ended.stderr


def test_production_environment_starts():
    ended = start(IMPORT, PRODUCTION)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_debug_needs_nothing_else():
    ended = start([str(MANAGE), "check"], {"DEBUG": "on"})
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("variable", ["DATABASE_URL", "CLOUDINARY_URL", "REDIS_URL"])
def test_optional_variable_may_be_unset(variable):
    environment = {name: value for name, value in PRODUCTION.items() if name != variable}
    assert start(IMPORT, environment).returncode == 0


def test_production_is_strict_about_transport():
    code = (
        "from therapeutics import settings as s;"
        "assert not s.DEBUG and s.SECURE_SSL_REDIRECT and s.SECURE_HSTS_SECONDS;"
        "assert s.SESSION_COOKIE_SECURE and s.CSRF_COOKIE_SECURE;"
        "assert s.EMAIL_USE_TLS and s.EMAIL_PORT == 587"
    )
    ended = start(["-c", code], PRODUCTION)
    assert ended.returncode == 0, ended.stderr
