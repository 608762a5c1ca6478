"""One settings module; what differs between machines comes from the environment (docs/operations.md)."""

import secrets
from pathlib import Path
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from apps.core import embedded, env, queues
from config import services
from config.schedule import BEAT_SCHEDULE
from config.unfold import UNFOLD as ADMIN_LOOK

UNFOLD = ADMIN_LOOK
BASE_DIR = Path(__file__).resolve().parent.parent
VAR = embedded.home()
PRODUCTION = services.production()
SHORTEST_KEY = 32
services.check_production()


def _secret_key() -> str:
    if key := env.text("SECRET_KEY"):
        if PRODUCTION and len(key) < SHORTEST_KEY:
            raise env.BadSetting(
                f"SECRET_KEY is too short to sign with: write at least {SHORTEST_KEY} letters that nobody can guess."
            )
        return key
    if PRODUCTION:
        raise env.BadSetting("GOALLINE_ENV=production needs SECRET_KEY (or SECRET_KEY_FILE).")
    return embedded.kept_secret(VAR, "secret_key", secrets.token_urlsafe(50))


SECRET_KEY = _secret_key()
SECRET_KEY_FALLBACKS = env.listed("SECRET_KEY_FALLBACKS")
DEBUG = env.flag("DEBUG", default=False)
if PRODUCTION and DEBUG:
    raise env.BadSetting(
        "DEBUG=1 shows settings and source to everybody: unset it where GOALLINE_ENV=production."
    )
HOST, PORT = env.host("HOST", "127.0.0.1"), env.port("PORT", 8000)
"""Where `manage.py up` listens."""
BASE_URL = env.origin("BASE_URL", f"http://{env.site_of(HOST, PORT)}")
"""Where people reach the portal; links in mails begin with it."""
ALLOWED_HOSTS = env.hosts(
    "ALLOWED_HOSTS", "" if PRODUCTION else f"localhost,127.0.0.1,::1,testserver,{urlsplit(BASE_URL).hostname}"
)
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")
if PRODUCTION and not ALLOWED_HOSTS:
    raise env.BadSetting("GOALLINE_ENV=production needs ALLOWED_HOSTS, the host names it answers to.")

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "knox",
    "csp",
    "apps.core",
    "apps.mail",
    "apps.accounts",
    "apps.counters",
    "apps.people",
    "apps.conversations",
    "apps.visits",
    "apps.goals",
    "apps.intake",
    "apps.collect",
    "apps.conversions",
    "apps.reports",
    "apps.hourly",
    "apps.workspace",
    "apps.exports",
    "apps.erasure",
    "apps.api",
    "apps.backoffice",
    "apps.demo",
]
MIDDLEWARE = [
    "apps.hourly.middleware.HealthMiddleware",
    "apps.accounts.origin.OriginMiddleware",
    "apps.api.middleware.NotStored",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.accounts.addresses.AccountAddressMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "apps.backoffice.lockout.LockOutMiddleware",
    "apps.accounts.session_store.SeenMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

OWN_SERVERS = services.own_servers()
DATABASE_URL, REDIS_URL = services.urls()
DATABASES = {"default": services.database(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["apps.accounts.backends.LimitedBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
PASSWORD_RESET_TIMEOUT = 3600  # seconds that the link of such a mail works
PROXIES = env.number("PROXIES", 0, most=20)

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR / "files"},
    },
    "exports": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR / "exports"},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

SESSION_ENGINE = "apps.accounts.session_store"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
HTTPS = PRODUCTION and BASE_URL.startswith("https:")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None
SECURE_SSL_REDIRECT = env.flag("SSL_REDIRECT", default=False)
SECURE_HSTS_SECONDS = env.number("HSTS_SECONDS", 365 * 86400 if HTTPS else 0)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "script-src": ["'self'"],
        "style-src": [
            "'self'",
            "'unsafe-inline'",
        ],  # Unfold writes its colours into the page (docs/decisions/0031)
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.api.auth.BearerToken", "apps.api.auth.Session"],
    "DEFAULT_PERMISSION_CLASSES": ["apps.api.permissions.ByRoleAndScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.api.parsers.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "apps.api.pagination.Cursor",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "apps.api.negotiation.Negotiation",
    "DEFAULT_THROTTLE_CLASSES": [],
    "DEFAULT_THROTTLE_RATES": {"token": env.rate("API_RATE", "6000/min")},
    "EXCEPTION_HANDLER": "apps.api.problems.handler",
    "NUM_PROXIES": PROXIES,
    "PAGE_SIZE": 100,
    "UNAUTHENTICATED_USER": None,
}
API_WRONG_TOKENS = env.number("API_WRONG_TOKENS", 30, least=1)
"""From one address in a minute; then no token from there is looked up until the minute ends."""
REST_KNOX = {
    "TOKEN_TTL": None,
    "TOKEN_PREFIX": "gl_",
    "AUTH_HEADER_PREFIX": "Bearer",
}
KNOX_TOKEN_MODEL = "accounts.Token"  # noqa: S105 - a model, no password
MIGRATION_MODULES = {"knox": None}
"""Its own token table is swapped for ours; left there, its foreign key to users would block TRUNCATE."""
SPECTACULAR_SETTINGS = {
    "TITLE": "Goalline",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {"AttributionEnum": "apps.goals.models.GoalVersion.Attribution"},
    "PATH_CONVERTER_OVERRIDES": {
        "int": {"type": "integer", "format": "int64", "minimum": 0, "maximum": 2**63 - 1},
        "path": {"type": "string", "minLength": 1, "maxLength": 255},
    },
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "goalline",
    }
}

CELERY_BROKER_URL = services.broker(REDIS_URL)
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_DEFAULT_QUEUE = queues.DEFAULT
CELERY_TASK_TIME_LIMIT = 900
CELERY_TASK_SOFT_TIME_LIMIT = 840
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_ENABLE_UTC = True
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000  # KiB
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,  # above the hard time limit: a longer task would run twice
    "socket_keepalive": True,
    "health_check_interval": 30,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 2, "interval_max": 0.5}
CELERY_BEAT_SCHEDULE = BEAT_SCHEDULE
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "beat")

OUTBOX = VAR / "outbox"
EMAIL_HOST = env.host("EMAIL_HOST") or ""
EMAIL_BACKEND = "apps.mail.smtp.Backend" if EMAIL_HOST else "apps.mail.outbox.OutboxBackend"
EMAIL_PORT = env.port("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=False)
EMAIL_USE_SSL = env.flag("EMAIL_USE_SSL", default=False)
EMAIL_TIMEOUT = 20
if EMAIL_USE_TLS and EMAIL_USE_SSL:
    raise env.BadSetting(
        "EMAIL_USE_TLS=1 (STARTTLS, usually port 587) and EMAIL_USE_SSL=1 (TLS at once, usually 465): keep one."
    )
if bool(EMAIL_HOST_USER) != bool(EMAIL_HOST_PASSWORD):
    raise env.BadSetting("EMAIL_HOST_USER and EMAIL_HOST_PASSWORD belong together: set both, or neither.")
DEFAULT_FROM_EMAIL = env.mailbox("DEFAULT_FROM_EMAIL", "Goalline <goalline@localhost>")

HOURLY_SHARES = int(env.choice("HOURLY_SHARES", "2", "1", "2", "4", "8"))
"""Workers that share an account's people in one run."""

COLLECT_SPOOL = env.folder("COLLECT_SPOOL", VAR / "spool")
COLLECT_STRICT = env.flag("COLLECT_STRICT", default=False)
"""Whether the edge answers only after its record is on the disk (slower), not just in the kernel."""
COLLECT_RATE = env.number("COLLECT_RATE", 6000)
"""Requests a minute for one counter from one address; 0 switches the limit off."""
COLLECT_SPOOL_MB = env.number("COLLECT_SPOOL_MB", 10_240, least=1)
"""How much may wait in the spool; beyond it hits are refused with 503, for their senders to keep."""

GEOIP_DATABASE = str(env.file("GEOIP_DATABASE") or "") or None
"""An offline database in the MaxMind format, for country and city of hits; none: neither is known."""

LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"in one line": {"()": "apps.core.logs.WithoutTraceback"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "django.security.DisallowedHost": {"filters": ["in one line"]},  # anybody can cause it
        "celery.beat": {"level": "WARNING"},
    },
}
