"""Site admin: the superuser's pages, behind the same sign-in as everyone's."""

from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _


class SiteAdmin(admin.AdminSite):
    site_title = site_header = _("Site admin")
    index_title = _("Practice")

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_superuser

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Refuse whoever is signed in and may not enter; Django would have them sign in again."""
        within = super().admin_view(view, cacheable)

        @wraps(within)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied
            return within(request, *args, **kwargs)

        return guarded

    @login_not_required  # or `next` would lead back here, after signing in
    def login(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Send strangers to the practice's own sign-in; whoever else may not enter is refused."""
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next", request.path))

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> Any:
        """There is one page for one's own password."""
        return redirect("account_change_password")
