"""The client admin: what became of each mail."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import SignedInRequest, counsellor_required
from appointments.forms import MailFilterForm
from therapeutics import mail
from therapeutics.models import MailRecord

from .answers import CONFLICT, UNPROCESSABLE

PER_PAGE = 50


@require_safe
@counsellor_required
def mail_list(request: SignedInRequest) -> HttpResponse:
    return _list(request)


@require_http_methods(["GET", "HEAD", "POST"])
@counsellor_required
def send_again(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    record = get_object_or_404(MailRecord.objects.select_related("mail"), pk=pk)
    if request.method == "POST":
        try:
            mail.send_again(record=record, now=timezone.now())
        except mail.MailRefused as error:
            return _list(request, [str(error)], CONFLICT)
        messages.success(request, _("The mail is in the queue again."))
    return redirect("client_admin:mail")


@require_http_methods(["GET", "HEAD", "POST"])
@counsellor_required
def put_aside(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    record = get_object_or_404(MailRecord, pk=pk)
    if request.method == "POST":
        try:
            mail.put_aside(record=record)
        except mail.MailRefused as error:
            return _list(request, [str(error)], CONFLICT)
        messages.success(request, _("The mail is put aside."))
    return redirect("client_admin:mail")


def _list(
    request: SignedInRequest, refused: list[str] | None = None, answer: int = 200
) -> HttpResponse:
    form = MailFilterForm(request.GET)
    found = MailRecord.objects.with_attempts().select_related("mail")
    if form.is_valid():
        found = found.matching(**form.cleaned_data)
    else:
        answer = UNPROCESSABLE
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "refusals": refused,
        "health": mail.health(now=timezone.now()),
        **form.cleaned_data,
    }
    return render(request, "appointments/staff/mail.html", context, status=answer)
