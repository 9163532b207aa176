"""Every route of the REST API."""

from django.urls import URLPattern, path, re_path
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularAPIView

from contacts.urls import api_urlpatterns as contacts
from core.rest.access import SignedIn
from customers.urls import api_urlpatterns as customers
from portfolio.urls import api_urlpatterns as portfolio
from retention.urls import api_urlpatterns as retention
from staff.urls import api_urlpatterns as staff
from vipcrm import views
from workplans.urls import api_urlpatterns as workplans

app_name = "api"
urlpatterns: list[URLPattern] = [
    *customers,
    *contacts,
    *portfolio,
    *retention,
    *staff,
    *workplans,
    path(
        "schema/",
        SpectacularAPIView.as_view(
            renderer_classes=[OpenApiJsonRenderer], permission_classes=[SignedIn]
        ),
        name="schema",
    ),
    path("docs/", views.api_docs, name="api_docs"),
    # Anything, a line break too.
    re_path(r"^(?P<path>[\s\S]*)$", views.api_not_found),
]
