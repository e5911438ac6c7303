"""How the security log is read: by id, newest first, and quickly however long it has become."""

import datetime as dt
import ipaddress
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_user_model
from django.core.paginator import Paginator
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Cast, Coalesce, NullIf
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from .models import AuditEvent

MOST = 10_000  # events that can be paged through; filters lead to what is further back
DAY = dt.timedelta(days=1)
# Beyond them a day has no midnight in some time zone or other.
YEARS = [MinValueValidator(dt.date(1900, 1, 1)), MaxValueValidator(dt.date(2999, 12, 31))]

Names = dict[tuple[str, str], str]


class ShortPaginator(Paginator):
    """Pages of the newest events. Counting all of them would read the whole table."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return rows.order_by()[:MOST].count()


class LogList(ChangeList):
    """A page of the log: in its order, with the names of the people and things it tells of."""

    def get_ordering(self, request: HttpRequest, queryset: models.QuerySet) -> list[Any]:
        """The newest first, whatever the address says: any other order sorts the whole table."""
        return ["-at", "-pk"]

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        names = names_of(self.result_list)
        for event in self.result_list:
            event.names = names


def names_of(events: Iterable[AuditEvent]) -> Names:
    """Return what is still there of what the events tell of, by model and id, in one query.

    People have a name; of everything else it is only told that it is there.
    """
    person = get_user_model()._meta.label_lower
    wanted: dict[str, set[str]] = {person: set()}
    for event in events:
        if event.by:
            wanted[person].add(str(event.by))
        wanted.setdefault(event.about_model, set()).add(event.about)
    rows = [
        _rows(model, ids, named=label == person)
        for label, ids in sorted(wanted.items())
        if (model := registered(label))
    ]
    first, *others = rows
    found = first.union(*others, all=True)
    return {(label, _plain(key)): name for label, key, name in found}


def registered(label: str) -> type[models.Model] | None:
    """Return the model of a label such as `accounts.user`, if Site admin has pages for it."""
    known = {model._meta.label_lower: model for model in admin.site._registry}
    return known.get(label)


def _rows(model: type[models.Model], ids: Iterable[str], *, named: bool) -> models.QuerySet:
    """Ask for those of the ids that are there: label, id and name; skip ids of another form."""
    name = Coalesce(NullIf("name", models.Value("")), "username") if named else models.Value("")
    return (
        model._base_manager.order_by()
        .filter(pk__in=list(_keys(model, ids)))
        .values_list(
            models.Value(model._meta.label_lower, output_field=models.CharField()),
            Cast("pk", models.CharField()),
            Cast(name, models.CharField()),
        )
    )


def _keys(model: type[models.Model], ids: Iterable[str]) -> Iterator[Any]:
    for given in ids:
        try:
            yield model._meta.pk.to_python(given)
        except forms.ValidationError:
            continue


def _plain(key: str) -> str:
    """Return an id without the dashes that one database writes into it and another does not."""
    return key.replace("-", "")


def who(event: AuditEvent) -> str:
    """Return who did it: a link with their name, or their id when they are no more."""
    return _shown(event, get_user_model()._meta.label_lower, str(event.by)) if event.by else ""


def what(event: AuditEvent) -> str:
    """Return what it happened to, or the page that was denied: linked, or its kind and id."""
    return _shown(event, event.about_model, event.about)


def _shown(event: AuditEvent, label: str, key: str) -> str:
    model = registered(label)
    kind = str(model._meta.verbose_name) if model else label
    name = getattr(event, "names", {}).get((label, _plain(key)))
    if model is None or name is None:
        return f"{kind} {key}".strip()
    meta = model._meta
    address = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[key])
    return format_html('<a href="{}">{}</a>', address, name or f"{kind} {key}")


def search(events: models.QuerySet[AuditEvent], text: str) -> models.QuerySet[AuditEvent]:
    """Return the events of a request, an address, or by or about an id: `text` is all of it."""
    asked = models.Q(request_id=text) | models.Q(about=text)
    if (person := _parsed(uuid.UUID, text)) is not None:
        asked |= models.Q(by=person) | models.Q(about=str(person))
    if (address := _parsed(ipaddress.ip_address, text)) is not None:
        asked |= models.Q(address=str(address))
    return events.filter(asked)


def _parsed(kind: Any, text: str) -> Any:
    try:
        return kind(text)
    except ValueError:
        return None


class NarrowForm(forms.Form):
    since = forms.DateField(label=_("from day"), required=False, validators=YEARS)
    until = forms.DateField(label=_("to day"), required=False, validators=YEARS)
    by = forms.UUIDField(label=_("by person id"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("since", "until"):
            self.fields[name].widget.input_type = "date"


class Narrow(admin.ListFilter):
    """Fields to type a period and a person's id into; what is none finds nothing."""

    title = _("period and person")
    template = "admin/security_log_filter.html"

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any
    ) -> None:
        super().__init__(request, params, model, model_admin)
        given = {
            name: params.pop(name)[-1] for name in self.expected_parameters() if name in params
        }
        self.form = NarrowForm(given if given else None, auto_id="narrow-%s")

    def expected_parameters(self) -> list[str | None]:
        return list(NarrowForm.base_fields)

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Give the template the form, and what the list is narrowed by besides."""
        mine = self.expected_parameters()
        others = {name: text for name, text in changelist.params.items() if name not in mine}
        yield {"form": self.form, "others": others}

    def queryset(
        self, request: HttpRequest, events: models.QuerySet[AuditEvent]
    ) -> models.QuerySet[AuditEvent]:
        if self.form.is_bound and not self.form.is_valid():
            return events.none()
        chosen = self.form.cleaned_data if self.form.is_bound else {}
        if chosen.get("by"):
            events = events.filter(by=chosen["by"])
        if chosen.get("since"):
            events = events.filter(at__gte=_midnight(chosen["since"]))
        if chosen.get("until"):
            events = events.filter(at__lt=_midnight(chosen["until"] + DAY))
        return events


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))
