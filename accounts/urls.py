"""Sign-in and account pages: allauth's, with our own where they differ."""

from django.urls import include, path

from . import views

urlpatterns = [
    path("login/", views.SignInView.as_view(), name="account_login"),
    path("", include("allauth.account.urls")),
]
