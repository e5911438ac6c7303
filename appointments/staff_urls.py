"""Client admin: the counsellor's pages."""

from django.urls import include, path

from .views import clients, hours, leave, staff

app_name = "client_admin"

urlpatterns = [
    path("", staff.coming, name="home"),
    # Appointments
    path("appointments/", staff.appointment_list, name="appointments"),
    path("appointments/new/", staff.coming, name="new"),
    path("appointments/status/", staff.coming, name="statuses"),
    path("appointments/<uuid:pk>/", staff.appointment, name="appointment"),
    path("appointments/<uuid:pk>/status/", staff.set_status, name="status"),
    path("appointments/<uuid:pk>/move/", staff.coming, name="move"),
    path("appointments/<uuid:pk>/waive/", staff.coming, name="waive"),
    # Standing slots
    path("series/new/", staff.coming, name="series_new"),
    path("series/<uuid:pk>/", staff.coming, name="series"),
    path("series/<uuid:pk>/end/", staff.coming, name="series_end"),
    path("appointments/<uuid:pk>/following/", staff.coming, name="following"),
    # Clients
    path("clients/", staff.coming, name="clients"),
    path("clients/search.json", staff.coming, name="client_search"),
    path("clients/<uuid:pk>/", clients.client, name="client"),
    path("clients/<uuid:pk>/notes/", staff.coming, name="client_notes"),
    path("clients/<uuid:pk>/deactivate/", clients.deactivate, name="client_deactivate"),
    path("clients/<uuid:pk>/reactivate/", clients.reactivate, name="client_reactivate"),
    # The calendar
    path("hours/", hours.hours, name="hours"),
    path("leave/", leave.leave, name="leave"),
    path("leave/<int:pk>/remove/", leave.remove, name="leave_remove"),
    # Numbers
    path("numbers/", staff.coming, name="numbers"),
    path("numbers/appointments.csv", staff.coming, name="numbers_csv"),
    path("", include("accounts.staff_urls")),
]
