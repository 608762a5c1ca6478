from django.apps import AppConfig


class HourlyConfig(AppConfig):
    name = "apps.hourly"
