"""A change of the calendar: carried out, or first the sessions that it falls on, to decide on."""

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.permissions import SignedInRequest
from appointments import calendar, errors
from appointments.forms import ForAll, PlanForm
from appointments.models import Appointment, Slot

from .answers import OK, UNPROCESSABLE, refusals, refuse


class Change(NamedTuple):
    """What the calendar offers for a change, and how its pages speak of it."""

    carry_out: Callable[..., calendar.Done]
    plan: Callable[..., list[calendar.Affected]]
    back: str  # the name of the page that it began on
    title: str | Promise
    saved: str | Promise


class Session(NamedTuple):
    """A session on the plan: what it may become, and what is chosen."""

    appointment: Appointment
    name: str
    slots: list[tuple[str, Slot]]
    chosen: str
    clashes: bool


def goes_back(request: SignedInRequest) -> bool:
    """Whether the plan was left to change what it is a plan of."""
    return "again" in request.POST


def carried_out(request: SignedInRequest, form: forms.Form, change: Change) -> HttpResponse:
    """Carry the change out with the answers that were sent; else show the plan to answer.

    The first look is no refusal and answers 200, as does one answer for all; later ones mean that
    something has changed. Other refusals of the change are the caller's.
    """
    answered, now = PlanForm(request.POST), timezone.now()
    planned = bool(request.POST.get("planned"))
    status = OK if answered.is_valid() else UNPROCESSABLE
    wish = answered.cleaned_data
    if status == OK and not wish["for_all"]:
        try:
            done = change.carry_out(
                answers=wish["answers"],
                seen=wish["seen"],
                by=request.user,
                now=now,
                notify=wish["notify"],
            )
        except (errors.PlanChanged, errors.OneRefused) as error:
            status = refuse(answered, error) if planned else OK
        else:
            messages.success(request, _said(change, done))
            return redirect(change.back)
    return _page(request, form, change, answered if planned else PlanForm(), status, now)


def _said(change: Change, done: calendar.Done) -> str:
    if not any(done):
        return str(change.saved)
    counts = _("Sessions moved: %(moved)d, cancelled: %(cancelled)d, kept: %(kept)d.")
    return f"{change.saved} {counts % done._asdict()}"


def _page(
    request: SignedInRequest, form: forms.Form, change: Change, answered: PlanForm, status: int,
    now: dt.datetime,
) -> HttpResponse:  # fmt: skip
    affected = change.plan(now=now, wanted=answered.wanted)
    context = {
        "form": answered,
        "kept": [(name, value) for name in form.fields for value in request.POST.getlist(name)],
        "sessions": [_session(one, answered) for one in affected],
        "for_all": ForAll,
        "title": change.title,
        "back": change.back,
        "refusals": refusals(answered) if status != OK else [],
    }
    return render(request, "appointments/staff/plan.html", context, status=status)


def _session(one: calendar.Affected, answered: PlanForm) -> Session:
    """Let the session have the answer it had, or that is for all, if that can be had."""
    pk = one.appointment.pk
    for_all = answered.cleaned_data.get("for_all") if answered.is_bound else ""
    answer = for_all or answered.wanted.get(pk)
    slots = [(PlanForm.written(slot), slot) for slot in one.suggestions]
    if answer in (calendar.CANCEL, calendar.KEEP):
        chosen = str(answer)
    else:
        chosen = slots[0][0] if slots else calendar.KEEP
    return Session(one.appointment, PlanForm.name_of(pk), slots, chosen, pk in answered.clashing)
