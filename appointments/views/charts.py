"""How numbers are drawn: charts of a bar per month, as coordinates for an SVG.

Coordinates are whole numbers, which every language writes alike. A chart is as wide as a small
phone, so that its letters stay legible there; further months make it longer, never wider.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, count
from math import ceil
from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from appointments.numbers import Figures, Month

WIDTH = 640
NAMES = 160  # where names end and bars start
LONGEST = 380  # bar; what is right of it is for the value beside it
HEAD = 50  # the scale, above the bars
THICK, BETWEEN, APART = 34, 4, 20  # a bar, from one to the next of a month, from month to month
BASE = 27  # from the top of a bar to the line that its text stands on
GAP = 10  # from a bar to its value
STEPS = (1, 2, 5, 10)


class Part(NamedTuple):
    """A stretch of a bar, filled as its kind is."""

    kind: str
    x: int
    width: int


class Bar(NamedTuple):
    y: int
    parts: list[Part]
    value: str
    value_x: int
    base: int


class Row(NamedTuple):
    """A month: its name and its bars, one below the other."""

    name: str
    base: int
    bars: list[Bar]


@dataclass(frozen=True)
class Chart:
    """A drawing, with what says the same in words."""

    name: str
    title: str
    gist: str
    key: list[tuple[str, str]]  # kind of a part, and what it stands for
    rows: list[Row]
    top: str  # the value at which the scale ends
    height: int
    width: int = WIDTH
    thick: int = THICK
    left: int = NAMES
    middle: int = NAMES + LONGEST // 2
    right: int = NAMES + LONGEST
    base: int = BASE
    head: int = HEAD - 8


Values = Sequence[tuple[str, float]]
Drawn = Callable[[Month], list[tuple[Values, str]]]  # a month's bars: parts, and the value as text


def all_of(months: list[Month], total: Figures) -> list[Chart]:
    return [_sessions(months, total), _used(months, total), _lost(months, total)]


def percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def short_name(month: Month) -> str:
    return date_format(month.first, "M Y")


def long_name(month: Month) -> str:
    """November 2026; with the days that count when they are not all of it."""
    name = date_format(month.first, "F Y")
    return name if month.is_whole else f"{name} ({month.first.day}–{month.last.day})"


def _sessions(months: list[Month], total: Figures) -> Chart:
    busiest = max(months, key=lambda month: month.attended)
    gist = _(
        "%(attended)d sessions attended, %(missed)d not attended, %(booked)d still booked,"
        " %(late)d cancelled late, %(otherwise)d cancelled otherwise. Most attended: %(month)s."
    ) % {
        **vars(total),
        "otherwise": total.on_time + total.by_practice,
        "month": f"{long_name(busiest)}, {busiest.attended}",
    }
    key = [
        ("solid", _("Attended")),
        ("outline", _("Still booked")),
        ("stripes", _("Did not attend")),
        ("lattice", _("Cancelled late")),
        ("dots", _("Cancelled otherwise")),
    ]

    def drawn(month: Month) -> list[tuple[Values, str]]:
        otherwise = month.on_time + month.by_practice
        counts = [month.attended, month.booked, month.missed, month.late, otherwise]
        kinds = [kind for kind, _label in key]
        return [(list(zip(kinds, counts, strict=True)), str(month.appointments))]

    top = round_up(max(month.appointments for month in months))
    rows, height = _rows(months, drawn, top)
    title = _("Appointments by outcome")
    return Chart("outcomes", title, gist, key, rows, str(top), height)


def _used(months: list[Month], total: Figures) -> Chart:
    gist = _("%(used)d of %(offered)d hours offered were used: %(share)s.") % {
        "used": total.used,
        "offered": total.offered,
        "share": percent(total.used_share),
    }
    top = max(1, *(ceil(month.used_share or 0) for month in months))
    rows, height = _rows(
        months,
        lambda month: [([("solid", month.used_share or 0)], percent(month.used_share))],
        top,
    )
    key = [("solid", _("Hours used, of the hours offered"))]
    return Chart("used", _("Share of hours used"), gist, key, rows, percent(top), height)


def _lost(months: list[Month], total: Figures) -> Chart:
    gist = _("Not attended: %(missed)s. Cancelled late: %(late)s.") % {
        "missed": percent(total.missed_share),
        "late": percent(total.late_share),
    }
    shares = [share or 0 for month in months for share in (month.missed_share, month.late_share)]
    top = min(1, round_up(ceil(max(shares) * 100)) / 100)
    rows, height = _rows(
        months,
        lambda month: [
            ([("stripes", month.missed_share or 0)], percent(month.missed_share)),
            ([("lattice", month.late_share or 0)], percent(month.late_share)),
        ],
        top,
    )
    key = [("stripes", _("Did not attend")), ("lattice", _("Cancelled late"))]
    title = _("Missed and cancelled late")
    return Chart("lost", title, gist, key, rows, percent(top), height)


def round_up(value: int) -> int:
    """Return the round number, 5 or more, that the value just fits below."""
    sizes = (step * 10**power for power in count() for step in STEPS)
    return max(5, next(size for size in sizes if size >= value))


def _rows(months: list[Month], drawn: Drawn, top: float) -> tuple[list[Row], int]:
    """Return a row for each month, below one another, and where the last one ends."""
    rows, y = [], HEAD
    for month in months:
        bars = []
        for values, text in drawn(month):
            bars.append(_bar(y, values, text, top))
            y += THICK + BETWEEN
        middle = (bars[0].base + bars[-1].base) // 2
        rows.append(Row(short_name(month), middle, bars))
        y += APART - BETWEEN
    return rows, y


def _bar(y: int, values: Values, text: str, top: float) -> Bar:
    """Return a bar whose parts stand side by side; what is there can be seen, however little."""
    ends = [NAMES + round(LONGEST * end / top) for end in accumulate(value for _, value in values)]
    parts = [
        Part(kind, start, max(2, end - start))
        for (kind, value), start, end in zip(values, [NAMES, *ends], ends, strict=False)
        if value
    ]
    return Bar(y, parts, text, ends[-1] + GAP, y + BASE)
