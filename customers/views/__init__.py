"""The customer pages, one module a concept."""

from customers.views.change import customer_create, customer_edit, customer_standing_edit
from customers.views.detail import customer_detail, fact_confirm, phone_reveal
from customers.views.find import customer_list, customer_search

__all__ = [
    "customer_create",
    "customer_detail",
    "customer_edit",
    "customer_list",
    "customer_search",
    "customer_standing_edit",
    "fact_confirm",
    "phone_reveal",
]
