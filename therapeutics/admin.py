"""Site admin: the practice, and what other pages of Site admin share."""

from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from .models import Practice, SingleRow

# Queued mail has keys and private words in it: nobody reads it here.
for table in ("email", "log", "emailtemplate", "attachment"):
    admin.site.unregister(apps.get_model("post_office", table))


class ReadOnly:
    """No form writes this table: whatever changes it goes through its domain module."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class SingleRowAdmin(admin.ModelAdmin):
    """One row: it is made once, changed, and never deleted."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not self.model.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: SingleRow | None = None) -> bool:
        return False


@admin.register(Practice)
class PracticeAdmin(SingleRowAdmin):
    list_display = ["name", "phone", "email"]
    exclude = ["hero"]  # until uploads are kept where every server process finds them
