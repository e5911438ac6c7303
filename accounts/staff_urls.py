"""Client admin: invitations. Included by the other pages of Client admin."""

from django.urls import path

from .views import staff

urlpatterns = [
    path("invitations/", staff.invitation_list, name="invitations"),
    path("invitations/<uuid:pk>/resend/", staff.resend, name="invitation_resend"),
    path("invitations/<uuid:pk>/revoke/", staff.revoke, name="invitation_revoke"),
]
