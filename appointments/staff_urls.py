"""Client admin: the counsellor's pages."""

from django.urls import include, path

from .views import clients, diary, hours, leave, mail, numbers, series, staff, staff_book

app_name = "client_admin"

urlpatterns = [
    path("", diary.week, name="home"),
    # Appointments
    path("appointments/", staff.appointment_list, name="appointments"),
    path("appointments/new/", staff_book.book, name="new"),
    path("appointments/status/", staff.set_statuses, name="statuses"),
    path("appointments/<uuid:pk>/", staff.appointment, name="appointment"),
    path("appointments/<uuid:pk>/status/", staff.set_status, name="status"),
    path("appointments/<uuid:pk>/move/", staff_book.move, name="move"),
    path("appointments/<uuid:pk>/waive/", staff.waive, name="waive"),
    # Standing slots
    path("series/new/", series.create, name="series_new"),
    path("series/<uuid:pk>/", series.detail, name="series"),
    path("series/<uuid:pk>/end/", series.end, name="series_end"),
    path("appointments/<uuid:pk>/following/", series.following, name="following"),
    # Clients
    path("clients/", clients.client_list, name="clients"),
    path("clients/search.json", clients.search, name="client_search"),
    path("clients/<uuid:pk>/", clients.client, name="client"),
    path("clients/<uuid:pk>/notes/", clients.add_note, name="client_notes"),
    path(
        "clients/<uuid:pk>/notes/<int:note>/remove/",
        clients.remove_note,
        name="client_note_remove",
    ),
    path("clients/<uuid:pk>/deactivate/", clients.deactivate, name="client_deactivate"),
    path("clients/<uuid:pk>/reactivate/", clients.reactivate, name="client_reactivate"),
    # The calendar
    path("hours/", hours.hours, name="hours"),
    path("leave/", leave.leave, name="leave"),
    path("leave/<int:pk>/remove/", leave.remove, name="leave_remove"),
    # Numbers
    path("numbers/", numbers.page, name="numbers"),
    path("numbers/appointments.csv", numbers.download, name="numbers_csv"),
    # Mail
    path("mail/", mail.mail_list, name="mail"),
    path("mail/<uuid:pk>/again/", mail.send_again, name="mail_again"),
    path("mail/<uuid:pk>/aside/", mail.put_aside, name="mail_aside"),
    path("", include("accounts.staff_urls")),
]
