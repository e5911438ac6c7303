"""The database keeps the security log: nothing in it is changed, nothing young is deleted."""

import datetime as dt
from importlib import import_module

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import User
from tests.conftest import EMPTIABLE, person
from therapeutics import audit
from therapeutics.models import AuditEvent, AuditKind

DAY = dt.timedelta(days=1)
TABLE = "therapeutics_auditevent"
AGAIN = {
    "sqlite": import_module("therapeutics.migrations.0006_security_log").SQLITE[-1],
    "postgresql": import_module("therapeutics.migrations.0008_log_is_not_emptied").WHOLE[-1],
}


@pytest.fixture
def kept(db) -> None:
    """The trigger that conftest takes away, for this test."""
    with connection.cursor() as cursor:
        cursor.execute(AGAIN[connection.vendor])


def noted(age: dt.timedelta = dt.timedelta()) -> AuditEvent:
    audit.record(AuditKind.SIGNED_IN, now=timezone.now() - age)
    return AuditEvent.objects.latest("pk")


def refused(act) -> bool:
    try:
        with transaction.atomic():
            act()
    except IntegrityError:
        return True
    return False


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement.format(table=TABLE), values)


@pytest.mark.parametrize("age", [0, 89, 91, 4000])
def test_nothing_is_changed(kept, age):
    event = noted(age * DAY)
    before = list(AuditEvent.objects.values())

    def saved() -> None:
        event.kind = AuditKind.ERASED
        event.save()

    assert refused(saved)
    assert refused(lambda: AuditEvent.objects.update(kind=AuditKind.ERASED))
    assert refused(lambda: AuditEvent.objects.bulk_update([event], ["kind"]))
    assert refused(lambda: sql("UPDATE {table} SET at = at WHERE id = %s", event.pk))
    assert list(AuditEvent.objects.values()) == before


def test_row_is_not_written_over(kept):
    event = noted()
    before = list(AuditEvent.objects.values())
    copy = AuditEvent(pk=event.pk, at=timezone.now(), kind=AuditKind.ERASED)
    write_over = {"update_conflicts": True, "unique_fields": ["id"], "update_fields": ["kind"]}
    assert refused(lambda: AuditEvent.objects.bulk_create([copy], **write_over))
    if connection.vendor == "sqlite":
        replace = "REPLACE INTO {table} SELECT * FROM {table}"
        assert refused(lambda: sql(replace))
    assert list(AuditEvent.objects.values()) == before


@pytest.mark.parametrize("age", [-400, 0, 89])
def test_young_row_is_not_deleted(kept, age):
    event = noted(age * DAY)
    assert refused(event.delete)
    assert refused(AuditEvent.objects.all().delete)
    assert refused(lambda: sql("DELETE FROM {table} WHERE id = %s", event.pk))
    assert AuditEvent.objects.count() == 1


def test_young_row_keeps_the_old_ones_of_the_same_statement(kept):
    noted(91 * DAY)
    noted()
    assert refused(AuditEvent.objects.all().delete)
    assert AuditEvent.objects.count() == 2


def test_table_is_not_emptied(kept):
    noted(91 * DAY)
    noted()
    # SQLite has no TRUNCATE: a DELETE of everything is what empties a table quickly.
    emptying = {"postgresql": "TRUNCATE {table} CASCADE", "sqlite": "DELETE FROM {table}"}
    assert refused(lambda: sql(emptying[connection.vendor]))
    assert AuditEvent.objects.count() == 2


@pytest.mark.parametrize("by_hand", [False, True])
def test_old_row_may_go(kept, by_hand):
    event = noted(91 * DAY)
    if by_hand:
        sql("DELETE FROM {table} WHERE id = %s", event.pk)
    else:
        event.delete()
    assert not AuditEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_migration_goes_back_and_forth_and_carries_site_admins_log_over_without_names():
    call_command("migrate", "therapeutics", "0005", verbosity=0)
    by = person("superuser", is_staff=True, is_superuser=True)
    changed = {"content_type": ContentType.objects.get_for_model(User), "action_flag": CHANGE}
    entry = LogEntry.objects.create(
        user=by, object_id=str(by.pk), object_repr="Ada Example", change_message="[]", **changed
    )
    call_command("migrate", "therapeutics", verbosity=0)
    event = AuditEvent.objects.get()
    assert not LogEntry.objects.exists()
    assert (event.at, event.kind, event.by) == (entry.action_time, "admin_changed", by.pk)
    assert (event.about_model, event.about) == ("accounts.user", str(by.pk))
    assert refused(lambda: AuditEvent.objects.update(kind="erased"))
    assert refused(AuditEvent.objects.all().delete)  # it is new
    sql(EMPTIABLE[connection.vendor])
