"""Client admin: the counsellor's pages."""

from django.urls import path

from .views import staff

app_name = "client_admin"

urlpatterns = [
    path("", staff.start, name="home"),
    path("appointments/", staff.appointment_list, name="appointments"),
    path("appointments/<uuid:pk>/", staff.appointment, name="appointment"),
    path("appointments/<uuid:pk>/status/", staff.set_status, name="status"),
]
