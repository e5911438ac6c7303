"""Client admin: the counsellor's pages."""

from django.urls import path
from django.views.generic import RedirectView

from accounts.permissions import counsellor_required

from .views import staff

app_name = "client_admin"

start = RedirectView.as_view(pattern_name="client_admin:appointments")

urlpatterns = [
    path("", counsellor_required(start), name="home"),
    path("appointments/", staff.appointment_list, name="appointments"),
    path("appointments/<uuid:pk>/", staff.appointment, name="appointment"),
    path("appointments/<uuid:pk>/status/", staff.set_status, name="status"),
]
