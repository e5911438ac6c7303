"""The site's addresses, and two that fail: in our code, and because the database is away."""

from django.contrib.auth.decorators import login_not_required
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path

from therapeutics import urls


@login_not_required
def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("broken on purpose")


@login_not_required
def away(request: HttpRequest) -> HttpResponse:
    raise OperationalError("away on purpose")


urlpatterns = [*urls.urlpatterns, path("broken/", broken), path("away/", away)]
handler400, handler500 = urls.handler400, urls.handler500
