"""`python -m benchmarks [postgresql] [sqlite] [pages] [mixed]`: measure, print, write, judge."""

import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from .measure import Figure, figures
from .mixed import mixed
from .pages import pages
from .report import broken, write, write_mixed, write_pages
from .sites import DATABASES

PAGES, MIXED = "pages", "mixed"


def main(names: list[str]) -> int:
    if unknown := {*names} - {*DATABASES, PAGES, MIXED}:
        raise SystemExit(f"Unknown: {', '.join(unknown)}")
    with tempfile.TemporaryDirectory(prefix="therapeutics-bench-") as created:
        folder = Path(created)
        asked = [name for name in DATABASES if name in names]
        databases = {name: list(said(name, figures(DATABASES[name](folder)))) for name in asked}
        shown = pages(folder) if PAGES in names else ()
        by_page = {name: list(said(name, page)) for name, page in shown}
        loaded = mixed(folder) if MIXED in names else ()
        at_once = {name: list(said(name, found)) for name, found in loaded}
    for found, written in ((databases, write), (by_page, write_pages), (at_once, write_mixed)):
        if found:
            print(f"\n{written(found)}")
    failures = broken(databases) + broken(by_page) + broken(at_once)
    print("\n".join(failures) or "Every promise is kept.")
    return 1 if failures else 0


def said(name: str, found: Iterable[Figure]) -> Iterator[Figure]:
    for figure in found:
        print(f"{name}: {figure.what}: {figure.value:.4g}", flush=True)
        yield figure


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or [*DATABASES, PAGES, MIXED]))
