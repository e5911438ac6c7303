"""What axe-core says of the page that a window shows."""

from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from playwright.sync_api import Page as Window

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What the colour scheme decides; everything else is the same page in the dark.
COLOURS = ["color-contrast", "link-in-text-block"]
# What the window's width decides, beside sideways scrolling.
PLACES = ["target-size", "scrollable-region-focusable"]
RUN = """async (runOnly) => {
  const brief = ({ target, failureSummary }) => ({ target: target.join(" "), failureSummary });
  const options = { runOnly, resultTypes: ["violations"], preload: false, iframes: false };
  const { violations } = await axe.run(options);
  return violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(brief) }));
}"""


@cache
def script() -> str:
    path: Path = settings.NODE_MODULES / "axe-core" / "axe.min.js"
    return path.read_text()


def violations(window: Window, rules: list[str] = TAGS) -> list[str]:
    """Return one line for each rule that is broken, and element that breaks it."""
    found: list[dict[str, Any]] = window.evaluate(RUN, rules)
    return [
        f"{rule['id']}: {node['target']}: {' '.join(node['failureSummary'].split())}"
        for rule in found
        for node in rule["nodes"]
    ]
