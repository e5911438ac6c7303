"""Your account: what there is of it about appointments as well."""

from django.urls import path

from .views import personal_data

urlpatterns = [
    path("data/", personal_data.own, name="account_data"),
    path("data/erasure/", personal_data.ask_for_erasure, name="account_erasure"),
    path("data/erasure/withdraw/", personal_data.withdraw_erasure, name="account_erasure_withdraw"),
]
