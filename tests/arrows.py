"""Which rooms there are, and which of them each may import: the drawing in ARCHITECTURE."""

LOGGED = " therapeutics.audit therapeutics.mail therapeutics.models"

# Each room and the rooms that it may import. A new room is drawn in ARCHITECTURE, then here.
ARROWS = {
    "therapeutics": "",
    "therapeutics.environment": "",
    "therapeutics.settings": (
        "therapeutics.environment therapeutics.headers therapeutics.logs therapeutics.node_files"
    ),
    "therapeutics.serving": "",
    "therapeutics.node_files": "",
    "therapeutics.tracing": "",
    "therapeutics.audit": "therapeutics.models therapeutics.tracing",
    "therapeutics.wsgi": "",
    "therapeutics.start": "",
    "therapeutics.databases": "",
    "therapeutics.backups": "therapeutics.databases",
    "therapeutics.apps": "",
    "therapeutics.static_files": "",
    "therapeutics.logs": "therapeutics.tracing",
    "therapeutics.headers": "therapeutics.environment",
    "therapeutics.messages": "",
    "therapeutics.middleware": "therapeutics.headers therapeutics.tracing",
    "therapeutics.templatetags": "",
    "therapeutics.site_admin": "",
    "therapeutics.models": "therapeutics.media",
    "therapeutics.media": "therapeutics.environment therapeutics.uploads",
    "therapeutics.uploads": "",
    "therapeutics.mail": "therapeutics.models",
    "therapeutics.mail_files": "",
    "therapeutics.security_log": "therapeutics.models",
    "therapeutics.admin": (
        "therapeutics.audit therapeutics.models therapeutics.media therapeutics.security_log"
        " therapeutics.uploads"
    ),
    "therapeutics.context_processors": "therapeutics.models",
    "therapeutics.views": "therapeutics.mail",
    "therapeutics.urls": "therapeutics.views",
    "accounts": "",
    "accounts.apps": "accounts.people accounts.trail",
    "accounts.trail": "accounts.models therapeutics.audit therapeutics.models",
    "accounts.validators": "",
    "accounts.models": "accounts.validators accounts.sessions",
    "accounts.permissions": "accounts.models",
    "accounts.sessions": "accounts.models",
    "accounts.limits": "accounts.models",
    "accounts.people": (
        "accounts.models accounts.sessions therapeutics.audit therapeutics.mail therapeutics.models"
    ),
    "accounts.invitations": (
        "accounts.models therapeutics.audit therapeutics.mail therapeutics.models"
    ),
    "accounts.erasure": "accounts.models accounts.limits accounts.sessions" + LOGGED,
    "accounts.backends": "accounts.models",
    "accounts.adapters": (
        "accounts.models accounts.invitations accounts.limits accounts.people"
        " accounts.validators therapeutics.audit therapeutics.mail therapeutics.models"
    ),
    "accounts.middleware": (
        "accounts.models accounts.sessions therapeutics.audit therapeutics.models"
    ),
    "accounts.forms": (
        "accounts.models accounts.validators therapeutics.audit therapeutics.models"
    ),
    "accounts.views": (
        "accounts.models accounts.forms accounts.invitations accounts.people"
        " accounts.sessions accounts.permissions"
    ),
    "accounts.urls": "accounts.views",
    "accounts.staff_urls": "accounts.views",
    "accounts.admin": (
        "accounts.models accounts.invitations accounts.people accounts.sessions"
        " therapeutics.admin therapeutics.audit therapeutics.models"
    ),
    "appointments": "",
    "appointments.apps": "",
    "appointments.models": "accounts.models therapeutics.models",
    "appointments.errors": "appointments.models",
    "appointments.slots": "appointments.models appointments.errors",
    "appointments.ical": "appointments.models accounts.models therapeutics.models",
    "appointments.notifications": (
        "appointments.models appointments.ical accounts.models"
        " therapeutics.mail therapeutics.models"
    ),
    "appointments.reminders": (
        "appointments.models appointments.notifications accounts.models therapeutics.mail"
    ),
    "appointments.booking": (
        "appointments.models appointments.errors appointments.slots appointments.notifications"
        " accounts.models"
    ),
    "appointments.series": (
        "appointments.models appointments.errors appointments.slots appointments.booking"
        " appointments.notifications accounts.models"
    ),
    "appointments.calendar": (
        "appointments.models appointments.errors appointments.slots appointments.booking"
        " accounts.models therapeutics.models"
    ),
    "appointments.erasure": (
        "appointments.models appointments.errors appointments.booking appointments.series"
        " accounts.models accounts.erasure" + LOGGED
    ),
    "appointments.retention": "appointments.models appointments.erasure accounts.models" + LOGGED,
    "appointments.personal_data": "appointments.models accounts.models" + LOGGED,
    "appointments.diary": "appointments.models appointments.slots",
    "appointments.numbers": "appointments.models appointments.slots",
    "appointments.forms": (
        "appointments.models appointments.slots appointments.series accounts.models"
        " therapeutics.models"
    ),
    "appointments.views": (
        "appointments.models appointments.errors appointments.slots appointments.forms"
        " appointments.booking appointments.series appointments.calendar appointments.diary"
        " appointments.numbers appointments.ical appointments.personal_data"
        " appointments.erasure"
        " accounts.models accounts.people accounts.permissions accounts.erasure"
        " therapeutics.audit therapeutics.mail therapeutics.models"
    ),
    "appointments.urls": "appointments.views",
    "appointments.account_urls": "appointments.views",
    "appointments.site_urls": "appointments.views",
    "appointments.staff_urls": "appointments.views accounts.permissions",
    "appointments.admin": (
        "appointments.models appointments.errors appointments.booking"
        " accounts.permissions therapeutics.admin"
    ),
}
