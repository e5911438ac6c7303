"""Site admin: people."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .models import User

admin.site.unregister(Group)  # who may do what hangs on three flags of a person


@admin.register(User)
class PersonAdmin(UserAdmin):
    list_display = ["name", "username", "email", "phone", "is_staff", "is_active", "last_login"]
    list_filter = ["is_staff", "is_superuser", "is_active"]
    search_fields = ["name", "username", "email", "phone"]
    ordering = ["name", "username"]
    date_hierarchy = "date_joined"
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("name", "email", "phone")}),
        (_("May do"), {"fields": ("is_active", "is_staff", "is_superuser")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {"fields": ("username", "name", "email", "usable_password", "password1", "password2")},
        ),
    )
    readonly_fields = ["last_login", "date_joined"]

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """People are deactivated: their appointments and events stay in the practice's record."""
        return False
