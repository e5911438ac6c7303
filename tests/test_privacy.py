"""docs/privacy.md tells the truth about tables, periods and safeguards that tests can ask for."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from appointments.models import RetentionPolicy

pytestmark = [pytest.mark.django_db]
TEXT = (Path(settings.BASE_DIR) / "docs" / "privacy.md").read_text()
LINES = [line for line in TEXT.splitlines() if line.startswith("| `")]
NAMED = [name for line in LINES for name in re.findall(r"`(\w+)`", line.split("|")[1])]


def tables() -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.table_names(cursor))


def test_every_table_is_named_once():
    assert tables() - set(NAMED) == set()
    assert [name for name in NAMED if NAMED.count(name) > 1] == []


def test_no_table_is_named_that_does_not_exist():
    assert set(NAMED) - tables() == set()


def test_every_line_says_what_why_how_long_and_who():
    assert [
        line for line in LINES if len([part for part in line.split("|") if part.strip()]) != 5
    ] == []


def test_periods_are_the_usual_ones():
    usual = RetentionPolicy()
    for said in (f"{usual.client_years} years after", f"{usual.mail_days} days, with"):
        assert said in TEXT
    assert f"{usual.audit_days} days, with the retention policy" in TEXT


@pytest.mark.parametrize("article", ["13", "15", "16", "17", "18", "20", "25", "30", "32", "33"])
def test_article_has_a_line(article):
    heads = [line.split("|")[1] for line in TEXT.splitlines() if line.startswith("| ")]
    assert any(re.search(rf"\b{article}\b", head) for head in heads)


@pytest.mark.parametrize("safeguard", ["(a)(1)", "(a)(2)(iv)", "(b)", "(c)(1)", "(d)", "(e)(1)"])
def test_safeguard_has_a_line(safeguard):
    assert f"| {safeguard}" in TEXT
