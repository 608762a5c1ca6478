from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "apps.api"

    def ready(self) -> None:
        """Say how the kept answers are erased: they lie above whoever erases."""
        from apps.api.erasing import forget_answers  # models are there only now
        from apps.erasure.registry import PLACES

        PLACES.append(forget_answers)
