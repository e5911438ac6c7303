"""Which part answers which address."""

from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.static import serve

from . import views

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("styleguide/", views.styleguide, name="styleguide"),
    path("", include("accounts.urls")),
    path("appointments/", include("appointments.urls")),
    path("client-admin/", include("appointments.staff_urls")),
    path("account/", include("appointments.account_urls")),
    path("admin/", include("appointments.site_urls")),
    path("admin/", admin.site.urls),
    # Serves uploads in DEBUG only: `static` gives nothing otherwise.
    *static(settings.MEDIA_URL, view=login_not_required(serve), document_root=settings.MEDIA_ROOT),
]

handler400 = views.bad_request
handler500 = views.server_error
