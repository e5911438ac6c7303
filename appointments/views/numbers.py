"""The client admin: the practice in numbers, and appointments as a file."""

import datetime as dt
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.permissions import SignedInRequest, counsellor_required
from appointments import numbers
from appointments.forms import DownloadForm, NumbersForm
from appointments.models import Appointment
from appointments.numbers import Figures
from therapeutics import audit
from therapeutics.models import AuditKind

from . import charts, sheet
from .answers import UNPROCESSABLE
from .feeds import PRIVATE

ROWS_AT_ONCE = 2000


@require_safe
@counsellor_required
def page(request: SignedInRequest) -> HttpResponse:
    form = _form(request, NumbersForm)
    return _page(request, form, 200 if form.is_valid() else UNPROCESSABLE)


@require_safe
@counsellor_required
def download(request: SignedInRequest) -> HttpResponseBase:
    form = _form(request, DownloadForm)
    if not form.is_valid():
        return _page(request, form, UNPROCESSABLE)
    start, end = form.cleaned_data["start"], form.cleaned_data["end"]
    found = Appointment.objects.between(start, end).select_related("client").only(*sheet.FIELDS)
    audit.record(AuditKind.EXPORTED, now=timezone.now(), by=request.user.pk)
    pieces = sheet.lines(found.iterator(ROWS_AT_ONCE))
    answer = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8", headers=PRIVATE)
    name = f"appointments-{start}-{end}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _form(request: SignedInRequest, form_class: type[DownloadForm]) -> DownloadForm:
    """Return the form as it was sent, or with the usual twelve months if no day was named."""
    if {"from", "to"} & request.GET.keys():
        return form_class(request.GET)
    start, end = numbers.usual_span(now=timezone.now())
    return form_class({"from": start.isoformat(), "to": end.isoformat()})


def _page(request: SignedInRequest, form: forms.Form, status: int) -> HttpResponse:
    context = {"form": form, **(_figures(**form.cleaned_data) if form.is_valid() else {})}
    return render(request, "appointments/staff/numbers.html", context, status=status)


def _figures(start: dt.date, end: dt.date) -> dict[str, Any]:
    months = numbers.months(start=start, end=end)
    total = numbers.total(months)
    return {
        "start": start,
        "end": end,
        "total": total,
        "charts": charts.all_of(months, total),
        "rows": [(charts.long_name(month), _cells(month)) for month in months],
        "totals": _cells(total),
    }


def _cells(figures: Figures) -> list[str]:
    """Return a line of the table, after its heading."""
    counts = [
        figures.attended,
        figures.missed,
        figures.booked,
        figures.on_time,
        figures.late,
        figures.by_practice,
        figures.offered,
        figures.used,
    ]
    shares = [figures.used_share, figures.missed_share, figures.late_share]
    return [*map(str, counts), *map(charts.percent, shares)]
