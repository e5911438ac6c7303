"""The files of deploy/, app.json and docs/deploy.md: true to the code, taken by their programs."""

import datetime as dt
import json
import os
import re
import runpy
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPResponse, HTTPSConnection
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.production.rehearse import DOCUMENT, blocks
from tests.server import ROOT, free_ports, serving

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("production")]

DEPLOY = ROOT / "deploy"
READ = re.compile(r'env\.(?:read\(env\.\w+, |required\(|listed\(|database\(|mail\()"(\w+)"')
BY_THE_PLATFORM = {"DYNO"}
ELSEWHERE = {"DEBUG", "PORT", "WEB_HOST", "LOG_FORMAT", "DATABASE_URL"}  # not asked for at Heroku
HOST = "www.example.org"


def variables() -> set[str]:
    return set(READ.findall((ROOT / "therapeutics/settings.py").read_text())) - BY_THE_PLATFORM


@pytest.mark.parametrize("path", ["docs/deploy.md", "README.md"])
def test_every_variable_that_is_read_is_explained(path):
    explained = set(re.findall(r"`([A-Z_]+)`", (ROOT / path).read_text()))
    assert variables() - explained == set()


def test_app_json_asks_for_every_variable_but_those_the_platform_sets():
    app = json.loads((ROOT / "app.json").read_text())
    assert set(app["env"]) == variables() - ELSEWHERE
    assert [pack["url"] for pack in app["buildpacks"]] == ["heroku/nodejs", "heroku/python"]
    assert [addon["as"] for addon in app["addons"]] == ["DATABASE"]


def test_guide_has_the_steps_that_a_rehearsal_follows():
    steps = blocks(DOCUMENT.read_text())
    assert len(steps) >= 5
    assert all("sudo" not in step and "systemctl" not in step for step in steps)
    for step in steps:
        subprocess.run(["bash", "-n", "-c", step], check=True)


def test_units_run_programs_that_are_there():
    said = "\n".join(unit.read_text() for unit in DEPLOY.glob("*.service"))
    started = re.findall(r"^ExecStart=/srv/therapeutics/(\S+)", said, re.MULTILINE)
    assert sorted(started) == [".venv/bin/gunicorn", ".venv/bin/python", "deploy/backup"]
    assert os.access(DEPLOY / "backup", os.X_OK)
    assert os.access(DEPLOY / "restore", os.X_OK)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd on this machine")
def test_systemd_understands_the_units(tmp_path):
    for unit in [*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")]:
        text = unit.read_text().replace("/srv/therapeutics", str(ROOT))
        (tmp_path / unit.name).write_text(text.replace("User=therapeutics", "User=root"))
    units = sorted(str(unit) for unit in tmp_path.iterdir())
    done = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_nginx_and_gunicorn_agree():
    nginx = (DEPLOY / "nginx.conf").read_text()
    gunicorn = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    assert f"server {gunicorn['bind']};" in nginx
    assert f"proxy_read_timeout {gunicorn['timeout'] + 5}s;" in nginx
    assert gunicorn["keepalive"] > 60  # nginx's own, which must close first


@pytest.fixture(scope="module")
def port(tmp_path_factory) -> Iterator[int]:
    if not shutil.which("nginx"):
        pytest.skip("no nginx on this machine: Debian's package has it")
    folder = tmp_path_factory.mktemp("nginx")
    with (
        serving(
            {
                "DATABASE_URL": f"sqlite:///{folder}/empty.sqlite3",
                "SITE_URL": f"https://{HOST}",
                "ALLOWED_HOSTS": f"{HOST},127.0.0.1",
                "TRUSTED_PROXY_COUNT": "1",
            }
        ) as site,
        nginx(folder, site.port) as started,
    ):
        yield started


class TestNginx:
    """nginx with the file, in front of gunicorn: its host name, ports and paths exchanged."""

    def test_site_is_reached_over_https_and_the_request_has_nginx_id(self, port):
        answer = asked(port, "GET", "/healthz", {"X-Request-ID": "claimed-by-a-visitor"})
        assert answer.status == 200
        assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])
        assert asked(port, "GET", "/accessibility/", {}).status != 301  # no way round in circles
        assert "Strict-Transport-Security" in asked(port, "GET", "/healthz", {}).headers

    def test_body_that_is_too_large_stays_outside(self, port):
        large = {"Content-Length": str(13 * 2**20)}
        assert asked(port, "POST", "/accounts/login/", large).status == 413


def asked(port: int, method: str, path: str, headers: dict[str, str]) -> HTTPResponse:
    trusting = ssl._create_unverified_context()  # noqa: S323 - its certificate is our own
    with closing(HTTPSConnection("127.0.0.1", port, timeout=30, context=trusting)) as connection:
        connection.request(method, path, headers={"Host": HOST, **headers})
        answer = connection.getresponse()
        answer.read()
        return answer


@contextmanager
def nginx(folder: Path, site: int) -> Iterator[int]:
    """Look at the file with `nginx -t`, run it until the block ends, and yield its TLS port."""
    first = free_ports(2)
    (folder / "nginx.conf").write_text(configuration(folder, site, first))
    certify(folder)
    command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    looked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert looked.returncode == 0, looked.stderr
    process = subprocess.Popen([*command, "-g", "daemon off;"], stderr=subprocess.DEVNULL)
    try:
        wait_for(first + 1)
        yield first + 1
    finally:
        process.terminate()
        process.wait(30)


def configuration(folder: Path, site: int, port: int) -> str:
    """Return a whole configuration with the file in it, for unprivileged ports of this machine."""
    ours = (DEPLOY / "nginx.conf").read_text()
    ours = re.sub(r"^ *listen \[::\].*\n", "", ours, flags=re.MULTILINE)
    put = {
        "127.0.0.1:8000": f"127.0.0.1:{site}",
        "listen 80;": f"listen 127.0.0.1:{port};",
        "listen 443": f"listen 127.0.0.1:{port + 1}",
        f"/etc/letsencrypt/live/{HOST}": str(folder),
        "/var/log/nginx": str(folder),
    }
    for what, instead in put.items():
        assert what in ours
        ours = ours.replace(what, instead)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    return (
        f"pid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
        f"http {{\n{places}{ours}}}\n"
    )


def certify(folder: Path) -> None:
    """Make a certificate for the host that nobody else trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + dt.timedelta(days=1))
    pem, clear = serialization.Encoding.PEM, serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    (folder / "privkey.pem").write_bytes(key.private_bytes(pem, form, clear))
    certificate = builder.sign(key, hashes.SHA256())
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(pem))


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return
