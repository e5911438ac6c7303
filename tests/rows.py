"""Every row of our tables, to show that a refusal changed nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps

OURS = ("therapeutics", "accounts", "appointments", "post_office")
TRAFFIC = {
    "accounts.Session",
    "accounts.Tries",
    "therapeutics.AuditEvent",
}  # who came by, not what was decided
Rows = dict[str, list[tuple[object, ...]]]


def all_rows() -> Rows:
    """Return all rows of our tables and of the mail queue, by table."""
    models = [
        model
        for label in OURS
        for model in apps.get_app_config(label).get_models()
        if model._meta.label not in TRAFFIC
    ]
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values_list())
        for model in models
    }


@contextmanager
def unchanged() -> Iterator[None]:
    """Fail when the block changes, adds or removes a row."""
    before = all_rows()
    yield
    assert all_rows() == before
