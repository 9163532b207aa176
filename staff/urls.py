"""Routes of the staff app, and those of the sign-in library that the product uses."""

from __future__ import annotations

from allauth.account import views as account
from django.urls import URLPattern, URLResolver, include, path, re_path

from staff import api, views

app_name = "staff"
urlpatterns: list[URLPattern] = [
    path("profile/", views.staff_profile, name="staff_profile"),
    path("sessions/", views.session_list, name="session_list"),
    path("sessions/end-others/", views.session_end_others, name="session_end_others"),
    path("sessions/<str:reference>/end/", views.session_end, name="session_end"),
    path("search/", views.staff_search, name="staff_search"),
    path("covers/", views.cover_list, name="cover_list"),
    path("covers/new/", views.cover_create, name="cover_create"),
    path("covers/<int:pk>/end/", views.cover_end, name="cover_end"),
]

# Under accounts/, without a namespace: the library looks its routes up by these names. Signing
# up, e-mail addresses and sign-in codes are left out: staff have none of them.
account_urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", account.login, name="account_login"),
    path("logout/", views.sign_out, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("2fa/", include("allauth.mfa.urls")),
]

api_urlpatterns: list[URLPattern] = [
    path("units/", api.UnitList.as_view(), name="unit_list"),
    path("staff/", api.StaffList.as_view(), name="staff_list"),
]
