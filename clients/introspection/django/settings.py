"""A Django project whose views are protected by introspection."""

import os

SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]
ALLOWED_HOSTS = ["reports.example.com"]
ROOT_URLCONF = "urls"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "oauth2_provider"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DJANGO_DATABASE"]}}
OAUTH2_PROVIDER = {
    "RESOURCE_SERVER_INTROSPECTION_URL": (
        "https://pharia-access-verifier.pharia-access-system.svc.cluster.local/oauth2/introspect"
    ),
    "RESOURCE_SERVER_INTROSPECTION_CREDENTIALS": ("finance/introspector", os.environ["INTROSPECTOR_TOKEN"]),
    # Else an answer is kept for ten hours. With 0 no token passes.
    "RESOURCE_SERVER_TOKEN_CACHING_SECONDS": 1,
    # Else the database holds each token in clear.
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
}
