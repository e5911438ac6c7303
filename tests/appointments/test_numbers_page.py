"""The page of numbers: charts that say the same in words, and a table with all of it."""

import datetime as dt
import re
from itertools import pairwise

import pytest
from django.utils import translation

from appointments.models import Appointment, CancelledBy, Status
from appointments.numbers import Month, total
from appointments.views import charts
from tests.conftest import NOW, TUESDAY
from tests.rows import unchanged

from .conftest import text
from .test_queries import cost

pytestmark = pytest.mark.django_db

URL = "/client-admin/numbers/"
CSV = f"{URL}appointments.csv"
DAY = dt.timedelta(days=1)
OUTCOMES = (
    "4 sessions attended, 1 not attended, 0 still booked, 1 cancelled late,"
    " 0 cancelled otherwise. Most attended: October 2026, 4."
)


@pytest.fixture
def autumn(ada) -> None:
    """In October four attended, one missed, one cancelled late; in November two are ahead."""
    october = [(dt.date(2026, 10, 6), hour) for hour in range(9, 14)]
    states = [{"status": Status.ATTENDED}] * 4 + [{"status": Status.NO_SHOW}]
    states += [
        {"status": Status.CANCELLED, "cancelled_by": CancelledBy.CLIENT, "cancelled_late": True},
        {"status": Status.CONFIRMED},
        {"status": Status.PENDING},
    ]
    slots = [*october, (dt.date(2026, 10, 6), 9), (TUESDAY, 9), (TUESDAY, 10)]
    Appointment.objects.bulk_create(
        Appointment(client=ada, date=date, hour=hour, created_at=NOW, **state)
        for (date, hour), state in zip(slots, states, strict=True)
    )


def table(page: str) -> dict[str, list[str]]:
    """Return the lines of the table by their heading."""
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', page)
    return {name: re.findall("<td>(.*?)</td>", cells) for name, cells in rows}


def test_table_has_a_line_for_each_of_twelve_months_and_the_totals(as_counsellor, autumn, ada):
    long_ago = {"date": dt.date(2025, 11, 28), "hour": 9, "created_at": NOW}
    Appointment.objects.create(client=ada, status=Status.ATTENDED, **long_ago)
    found = table(text(as_counsellor.get(URL)))
    assert next(iter(found)) == "December 2025"
    assert list(found)[-3:] == ["October 2026", "November 2026", "In all"]
    assert len(found) == 13
    assert found["October 2026"] == ["4", "1", "0", "0", "1", "0", "198", "5", "3%", "20%", "17%"]
    assert found["November 2026"] == ["0", "0", "2", "0", "0", "0", "189", "2", "1%", "–", "0%"]
    assert found["In all"][:6] == ["4", "1", "2", "0", "1", "0"]


def test_charts_say_in_words_what_they_draw(as_counsellor, autumn):
    page = text(as_counsellor.get(URL, {"from": "2026-10-01", "to": "2026-10-31"}))
    assert page.count('role="img"') == 3
    for title, gist in [
        ("Appointments by outcome", OUTCOMES),
        ("Share of hours used", "5 of 198 hours offered were used: 3%."),
        ("Missed and cancelled late", "Not attended: 20%. Cancelled late: 17%."),
    ]:
        assert f">{title}</title>" in page
        assert f">{gist}</desc>" in page
    assert "style=" not in page


def test_cut_month_names_its_days(as_counsellor, autumn):
    page = text(as_counsellor.get(URL, {"from": "2026-10-06", "to": "2026-11-30"}))
    assert list(table(page)) == ["October 2026 (6–31)", "November 2026", "In all"]


def test_time_without_appointments_is_said_to_be_empty(as_counsellor, autumn):
    page = text(as_counsellor.get(URL, {"from": "2020-10-01", "to": "2020-10-31"}))
    assert "Nothing to count" in page
    assert "<table" not in page
    assert '<svg class="chart"' not in page


@pytest.mark.parametrize("url", [URL, CSV])
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"from": "2026-11-02", "to": "2026-11-01"}, "must not be after the last"),
        ({"from": "01/02/2026", "to": "2026-11-01"}, "a date that exists"),
        ({"from": "2026-02-30", "to": "2026-11-01"}, "a date that exists"),
        ({"from": "", "to": ""}, "Please choose a date."),
        ({"from": "2026-11-02"}, "Please choose a date."),
        ({"to": "2026-11-02"}, "Please choose a date."),
        ({"from": "1999-12-31", "to": "2000-01-01"}, "from the year 2000 on"),
        ({"from": "2026-01-01", "to": "9999-12-31"}, "up to the year 2100"),
    ],
    ids=str,
)
def test_span_that_makes_no_sense_answers_422_with_the_page(as_counsellor, url, asked, said):
    answer = as_counsellor.get(url, asked)
    page = text(answer)
    assert answer.status_code == 422
    assert said in page
    assert "<h1>Numbers</h1>" in page
    assert "data-focus" in page


@pytest.mark.parametrize(
    ("start", "end", "status"),
    [("2023-12-15", "2026-11-01", 200), ("2023-11-30", "2026-11-01", 422)],
)
def test_page_shows_36_months_at_most_and_the_download_any(as_counsellor, start, end, status):
    assert as_counsellor.get(URL, {"from": start, "to": end}).status_code == status
    assert as_counsellor.get(CSV, {"from": start, "to": end}).status_code == 200


@pytest.mark.parametrize("url", [URL, CSV])
def test_only_staff_see_it_and_looking_changes_nothing(as_ada, client, counsellor, sign_in, url):
    assert as_ada.get(url).status_code == 403
    assert client.get(url)["Location"] == f"/accounts/login/?next={url}"
    browser = sign_in(counsellor)
    with unchanged():
        assert browser.get(url).status_code == 200
        assert browser.post(url).status_code == 405


def test_page_costs_the_same_at_1_and_at_many_rows(as_counsellor, ada):
    Appointment.objects.create(client=ada, date=TUESDAY, hour=9, created_at=NOW)
    as_counsellor.get(URL)
    at_one = cost(as_counsellor, URL)
    Appointment.objects.bulk_create(
        Appointment(client=ada, date=TUESDAY - n * DAY, hour=10, created_at=NOW) for n in range(300)
    )
    assert cost(as_counsellor, URL) == at_one


def months_of(*figures: dict) -> list[Month]:
    firsts = [dt.date(2026, n, 1) for n in range(1, len(figures) + 1)]
    return [
        Month(first=first, last=first + 27 * DAY, **each)
        for first, each in zip(firsts, figures, strict=True)
    ]


FIGURES = [
    {"attended": 164, "missed": 1, "late": 1, "offered": 100, "booked": 60},
    {"attended": 1, "missed": 9, "late": 9, "offered": 200},
    {"offered": 0},
    {"booked": 1, "offered": 1},
]


@pytest.mark.once
def test_bars_stay_inside_the_drawing_and_stand_side_by_side():
    months = months_of(*FIGURES)
    for chart in charts.all_of(months, total(months)):
        assert len(chart.rows) == len(FIGURES)
        bars = [bar for row in chart.rows for bar in row.bars]
        for bar in bars:
            assert chart.head <= bar.y <= chart.height - chart.thick
            assert bar.value_x <= chart.right + charts.GAP
            ends = [part.x + part.width for part in bar.parts]
            assert all(part.width >= 2 for part in bar.parts)
            assert [part.x for part in bar.parts[:1]] in ([], [chart.left])
            assert all(end - next_.x <= 2 for end, next_ in zip(ends, bar.parts[1:], strict=False))
            assert max(ends, default=0) <= chart.right + 2
        tops = [bar.y for bar in bars]
        assert tops == sorted(tops)
        assert all(later - y > chart.thick for y, later in pairwise(tops))


@pytest.mark.once
def test_coordinates_are_whole_numbers_in_every_language():
    months = months_of(*FIGURES)
    with translation.override("de"):
        for chart in charts.all_of(months, total(months)):
            numbers = [chart.width, chart.height, chart.left, chart.middle, chart.right]
            numbers += [part.x for row in chart.rows for bar in row.bars for part in bar.parts]
            assert {type(number) for number in numbers} == {int}


@pytest.mark.once
@pytest.mark.parametrize(
    ("value", "top"), [(0, 5), (5, 5), (6, 10), (11, 20), (164, 200), (1001, 2000)]
)
def test_scale_ends_at_a_round_number(value, top):
    assert charts.round_up(value) == top
