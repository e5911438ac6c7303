"""Site admin: the practice."""

from django.contrib import admin
from django.http import HttpRequest

from .models import Practice, SingleRow


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
