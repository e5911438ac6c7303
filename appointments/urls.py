"""Appointments: a client's own pages, and the feeds."""

from django.urls import path

from .views import client, feeds

app_name = "appointments"

urlpatterns = [
    path("", client.appointment_list, name="list"),
    path("book/", client.book, name="book"),
    path("availability.json", feeds.availability, name="availability"),
    path("feed/<str:token>.ics", feeds.calendar, name="feed"),
    path("<uuid:pk>/", client.detail, name="detail"),
    path("<uuid:pk>/appointment.ics", feeds.appointment, name="file"),
    path("<uuid:pk>/move/", client.move, name="move"),
    path("<uuid:pk>/cancel/", client.cancel, name="cancel"),
]
