"""The practice itself, and the Django admin behind the practice's own sign-in."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class TherapeuticsConfig(AppConfig):
    name = "therapeutics"
    verbose_name = _("Practice")


class SiteAdminConfig(AdminConfig):
    default_site = "therapeutics.site_admin.SiteAdmin"
