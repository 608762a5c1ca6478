"""`/healthz/`"""

from django.urls import path

from apps.hourly import views

app_name = "hourly"
urlpatterns = [
    path("live", views.live, name="live"),
    path("ready", views.ready, name="ready"),
]
