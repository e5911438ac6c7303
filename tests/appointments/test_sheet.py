"""The download: read back as it was, and nothing in it that a spreadsheet would run."""

import csv
import datetime as dt
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from appointments import booking
from appointments.models import Appointment, Rhythm, Series, Status
from appointments.views import sheet
from tests.conftest import NOW, TUESDAY

pytestmark = pytest.mark.django_db

URL = "/client-admin/numbers/appointments.csv"
NOVEMBER = {"from": "2026-11-01", "to": "2026-11-30"}
DAY = dt.timedelta(days=1)
HEADING = [
    *("Date", "Hour", "Client", "E-mail", "Status"),
    *("Cancelled by", "Cancelled late", "Booked at", "Series"),
]


def read(answer) -> list[list[str]]:
    """Return the lines of the file, as a program that knows CSV reads it."""
    data = b"".join(answer.streaming_content)
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_every_kind_of_appointment_has_its_line(as_counsellor, ada, counsellor, book):
    series = Series.objects.create(
        client=ada, first_date=TUESDAY, hour=9, rhythm=Rhythm.WEEKLY, decided_until=TUESDAY,
        created_at=NOW, by=counsellor,
    )  # fmt: skip
    Appointment.objects.filter(pk=book(ada, TUESDAY, 9).pk).update(series=series)
    Appointment.objects.filter(pk=book(ada, TUESDAY, 10).pk).update(
        status=Status.NO_SHOW, note="secret note", reason="secret reason"
    )
    in_time = book(ada, TUESDAY, 11)
    booking.cancel(appointment=in_time, by=ada, now=NOW, notify=False)
    late = book(ada, NOW.date() + DAY, 9, by=counsellor)
    booking.cancel(appointment=late, by=ada, now=NOW, notify=False)
    ours = book(ada, TUESDAY, 12)
    booking.cancel(appointment=ours, by=counsellor, now=NOW, notify=False)
    summer = dt.datetime(2026, 10, 20, 22, 59, 59, 999, dt.UTC)
    Appointment.objects.filter(pk=late.pk).update(created_at=summer)
    book(ada, dt.date(2026, 12, 1), 9)  # after the span

    who, winter = ["Ada", "ada@example.com"], "2026-11-02T10:30+00:00"
    assert read(as_counsellor.get(URL, NOVEMBER)) == [
        HEADING,
        ["2026-11-03", "09:00", *who, "Cancelled", "client", "yes", "2026-10-20T23:59+01:00", "no"],
        ["2026-11-10", "09:00", *who, "Pending confirmation", "", "no", winter, "yes"],
        ["2026-11-10", "10:00", *who, "Did not attend", "", "no", winter, "no"],
        ["2026-11-10", "11:00", *who, "Cancelled", "client", "no", winter, "no"],
        ["2026-11-10", "12:00", *who, "Cancelled", "practice", "no", winter, "no"],
    ]


def test_neither_notes_nor_reasons_are_even_read(as_counsellor, ada, book):
    book(ada)
    with CaptureQueriesContext(connection) as queries:
        read(as_counsellor.get(URL, NOVEMBER))
    (asked,) = [each["sql"] for each in queries if "appointments_appointment" in each["sql"]]
    assert "note" not in asked
    assert "reason" not in asked


def test_answer_is_a_file_that_nobody_keeps(as_counsellor):
    answer = as_counsellor.get(URL, {"from": "2026-01-01", "to": "2026-03-31"})
    assert answer.status_code == 200
    assert answer.streaming
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Cache-Control"] == "no-store, private"
    assert answer["Content-Disposition"] == (
        'attachment; filename="appointments-2026-01-01-2026-03-31.csv"'
    )
    assert read(answer) == [HEADING]


def test_without_dates_it_has_the_months_that_the_page_shows(as_counsellor):
    assert "appointments-2025-12-01-2026-11-30.csv" in as_counsellor.get(URL)["Content-Disposition"]


def test_costs_the_same_at_1_and_at_many_lines_in_pieces(as_counsellor, ada):
    def download(count: int) -> tuple[int, int]:
        Appointment.objects.bulk_create(
            Appointment(client=ada, date=TUESDAY - n * DAY, hour=9, created_at=NOW)
            for n in range(Appointment.objects.count(), count)
        )
        with CaptureQueriesContext(connection) as queries:
            answer = as_counsellor.get(URL, {"from": "2020-01-01", "to": "2026-11-30"})
            pieces = list(answer.streaming_content)
        assert b"".join(pieces).count(b"\r\n") == count + 1
        return len(queries), len(pieces)

    download(1)
    assert download(1)[0] == download(1200)[0]
    assert download(1200)[1] == 3


HOSTILE = [
    ("=1+1", "'=1+1"),
    ("+44 20 7946", "'+44 20 7946"),
    ("-2+3", "'-2+3"),
    ("@SUM(A1)", "'@SUM(A1)"),
    ("\t=1", "'\t'=1"),
    ("\r=1", "'\r'=1"),
    ("\n=1", "'\n'=1"),
    ("＝1+1", "'＝1+1"),
    ("＋1", "'＋1"),
    ("－1", "'－1"),
    ("＠x", "'＠x"),
    ("  =1", "'  =1"),
    ('"=1"', '\'"=1"'),
    ("a;=1", "a;'=1"),
    ('a,"=1', "a,'\"=1"),
    ("a\t+1", "a\t'+1"),
    ("a\n@x", "a\n'@x"),
    ('=HYPERLINK("http://x";"y")', '\'=HYPERLINK("http://x";"y")'),
    ("=cmd|'/C calc'!A0", "'=cmd|'/C calc'!A0"),
]
HARMLESS = [
    *("", "Ada", "O'Hara", "'quoted'", "Anne-Marie + Bo", "a=b", "x@example.com"),
    *('The "Boss", 2nd', "semi;colon", "two\nlines", "Zoë 李", "2026-11-10", "1,5"),
]


@pytest.mark.once
@pytest.mark.parametrize(
    ("text", "cell"), [*HOSTILE, *((text, text) for text in HARMLESS)], ids=repr
)
def test_formula_gets_an_apostrophe_and_other_text_stays(text, cell):
    assert sheet.harmless(text) == cell
    assert sheet.harmless(cell) == cell  # and only once


def test_hostile_names_come_back_in_one_harmless_cell(as_counsellor, practice):
    texts = [text for text, _cell in HOSTILE] + [text for text in HARMLESS if text]
    for n, name in enumerate(texts):
        person = User.objects.create(username=f"client{n}", name=name, email=f"={n}@example.com")
        date = TUESDAY + n * DAY
        Appointment.objects.create(client=person, date=date, hour=9, created_at=NOW)
    lines = read(as_counsellor.get(URL, {"from": "2026-11-01", "to": "2027-11-30"}))[1:]
    assert {len(line) for line in lines} == {len(HEADING)}
    expected = [cell for _text, cell in HOSTILE] + [text for text in HARMLESS if text]
    assert [line[2] for line in lines] == expected
    assert [line[3] for line in lines] == [f"'={n}@example.com" for n in range(len(texts))]
    assert not [cell for line in lines for cell in line if cell[:1] in set("=+-@\t\r\n＝＋－＠")]
