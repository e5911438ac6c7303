"""Sign-in and account pages: allauth's, and our own where a closed practice differs."""

from django.urls import include, path

from .views import invited, own

urlpatterns = [
    path("invitations/<slug:key>/", invited.invitation, name="invitation"),
    path("account/", own.profile, name="account"),
    path("accounts/signup/", invited.sign_up, name="account_signup"),  # instead of allauth's
    path("accounts/sessions/", own.session_list, name="account_sessions"),
    path("accounts/stay/", own.stay, name="account_stay"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
]
