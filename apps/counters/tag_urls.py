"""`/tag/`"""

from django.urls import path

from apps.counters import tag_view

app_name = "tag"
urlpatterns = [
    path("<int:number>.js", tag_view.tag, name="tag"),
    path("<int:number>.<slug:version>.js", tag_view.tag, name="tag_version"),
]
