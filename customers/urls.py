"""Routes of the customers app."""

from django.urls import URLPattern, path

from customers import api, views

app_name = "customers"
urlpatterns: list[URLPattern] = [
    path("", views.customer_list, name="customer_list"),
    path("search/", views.customer_search, name="customer_search"),
    path("new/", views.customer_create, name="customer_create"),
    path("<int:pk>/", views.customer_detail, name="customer_detail"),
    path("<int:pk>/edit/", views.customer_edit, name="customer_edit"),
    path("<int:pk>/standing/", views.customer_standing_edit, name="customer_standing_edit"),
    path("<int:pk>/phones/<int:phone_pk>/reveal/", views.phone_reveal, name="phone_reveal"),
    path("<int:pk>/facts/<str:fact>/confirm/", views.fact_confirm, name="fact_confirm"),
]

api_urlpatterns: list[URLPattern] = [
    path("customers/", api.CustomerList.as_view(), name="customer_list"),
    path("customers/<int:pk>/", api.CustomerDetail.as_view(), name="customer_detail"),
]
