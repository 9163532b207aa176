"""Every route of the product."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from staff.urls import account_urlpatterns
from vipcrm import views

# The admin's own sign-in form is not throttled and knows no second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", views.health, name="health"),
    path("readyz", views.readiness, name="readiness"),
    path("i18n/setlang/", login_not_required(set_language), name="set_language"),
    path("accounts/", include(account_urlpatterns)),
    # One way to change a password: the one that is audited and tells the person.
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
    path("staff/", include("staff.urls")),
    path("customers/", include("customers.urls")),
    path("contacts/", include("contacts.urls")),
    path("retention/", include("retention.urls")),
    path("workplans/", include("workplans.urls")),
    path("exchange/", include("exchange.urls")),
    path("api/v1/", include("vipcrm.api_urls")),
    path("", include("portfolio.urls")),
]

handler500 = "core.views.server_error"
