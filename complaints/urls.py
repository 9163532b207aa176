"""Routes of the complaints app."""

from django.urls import URLPattern

app_name = "complaints"
urlpatterns: list[URLPattern] = []

api_urlpatterns: list[URLPattern] = []
