"""Site admin: what takes more than one table, beside Django's own pages."""

from django.urls import path

from .views import erasure

urlpatterns = [
    path("accounts/user/<uuid:pk>/erase/", erasure.erase, name="erase_person"),
    path("accounts/user/<uuid:pk>/erase/decline/", erasure.decline, name="erase_person_decline"),
]
