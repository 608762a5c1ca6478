"""`/cookies/`"""

from django.urls import path

from apps.counters import views

app_name = "counters"
urlpatterns = [path("<int:number>/", views.cookies, name="cookies")]
