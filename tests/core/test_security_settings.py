"""What production protects by itself, from the environment alone."""

import runpy

import pytest

PRODUCTION = {
    "GOALLINE_ENV": "production",
    "SECRET_KEY": "k" * 50,
    "ALLOWED_HOSTS": "portal.example",
    "BASE_URL": "https://portal.example",
    "DATABASE_URL": "postgresql://portal@db.example/portal",
    "REDIS_URL": "redis://broker.example/0",
}
YEAR = 31_536_000


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [
        ({}, YEAR),
        ({"HSTS_SECONDS": "0"}, 0),
        ({"HSTS_SECONDS": "600"}, 600),
        ({"BASE_URL": "http://portal.example"}, 0),
        ({"GOALLINE_ENV": "local"}, 0),
    ],
)
def test_browsers_stay_with_https_where_production_is_reached_by_it(monkeypatch, changes, seconds):
    for name in ("HSTS_SECONDS", "SSL_REDIRECT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**PRODUCTION, **changes}.items():
        monkeypatch.setenv(name, value)
    made = runpy.run_path("config/settings.py")
    assert made["SECURE_HSTS_SECONDS"] == seconds
    assert made["SESSION_COOKIE_SECURE"] is (seconds > 0 or "HSTS_SECONDS" in changes)


@pytest.mark.django_db
def test_the_header_goes_with_answers_over_https(client, settings):
    settings.SECURE_HSTS_SECONDS = YEAR
    assert client.get("/admin/login/", secure=True)["Strict-Transport-Security"] == f"max-age={YEAR}"
    assert "Strict-Transport-Security" not in client.get("/admin/login/")
