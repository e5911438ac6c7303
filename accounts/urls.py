"""Sign-in and account pages: allauth's, and our own where a closed practice differs."""

from django.urls import include, path, re_path

from .views import invited, own

urlpatterns = [
    path("invitations/<slug:key>/", invited.invitation, name="invitation"),
    path("account/", own.profile, name="account"),
    path("account/mail/", own.mailing, name="account_mail"),
    path("account/feed/", own.renew_feed, name="account_feed"),
    path("accounts/signup/", invited.sign_up, name="account_signup"),  # instead of allauth's
    path("accounts/sessions/", own.session_list, name="account_sessions"),
    path("accounts/stay/", own.stay, name="account_stay"),
    re_path(
        r"^accounts/confirm-email/(?P<key>[-:\w]+)/$",
        own.ConfirmEmailView.as_view(),
        name="account_confirm_email",
    ),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
]
