"""Client admin: the counsellor's pages."""

from django.urls import include, path

from .views import clients, staff

app_name = "client_admin"

urlpatterns = [
    path("", staff.start, name="home"),
    path("appointments/", staff.appointment_list, name="appointments"),
    path("appointments/<uuid:pk>/", staff.appointment, name="appointment"),
    path("appointments/<uuid:pk>/status/", staff.set_status, name="status"),
    path("clients/<uuid:pk>/", clients.client, name="client"),
    path("clients/<uuid:pk>/deactivate/", clients.deactivate, name="client_deactivate"),
    path("clients/<uuid:pk>/reactivate/", clients.reactivate, name="client_reactivate"),
    path("", include("accounts.staff_urls")),
]
