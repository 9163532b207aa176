"""Saved views in the pages: kept, opened, shared, fitted to who opens them, changed, deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Tier
from staff import services
from staff.models import SavedView, StaffUser
from tests.conftest import Company
from tests.factories import CustomerFactory
from tests.pages import HTMX, get_part, post_part, text_of

SignIn = Callable[[StaffUser], Client]

LIST = reverse("customers:customer_list")
CREATE = reverse("portfolio:view_create")

pytestmark = pytest.mark.usefixtures("frozen")


def saved(owner: StaffUser, query: str = "tier=diamond", **fields: Any) -> SavedView:
    return services.save_view(
        actor=owner,
        **{
            "list_name": "customers",
            "name": "钻卡",
            "query": query,
            "columns": ["name", "tier"],
            "shared": True,
            **fields,
        },
    )


def opened(client: Client, address: str) -> Any:
    response = client.get(address, follow=True)
    assert response.status_code == 200
    return response


def names(response: Any) -> set[str]:
    return {row.name for row in response.context["page"].rows}


# --- Keeping ------------------------------------------------------------------------------------


def test_what_is_shown_is_kept_without_what_the_list_does_not_take(
    manager: StaffUser, signed_in: SignIn
) -> None:
    client = signed_in(manager)
    query = (
        "tier=gold&tier=&due=never&status=active&sort=name&cursor=abc&spy=1&columns=tier&columns=no"
    )
    sent = {"list": "customers", "query": query, "name": " 我的金卡 ", "is_default": "1"}
    for _twice in range(2):
        response = client.post(CREATE, sent)
        assert response.status_code == 302
    view = SavedView.objects.get()
    assert (view.name, view.query, view.columns) == (
        "我的金卡",
        "tier=gold&sort=name",
        ["name", "tier"],
    )
    assert view.unit is None
    assert opened(client, LIST).redirect_chain == [
        (f"{LIST}?tier=gold&sort=name&columns=name&columns=tier&view={view.pk}", 302)
    ]


def test_in_the_side_panel_the_browser_goes_to_the_list(
    manager: StaffUser, signed_in: SignIn
) -> None:
    client = signed_in(manager)
    assert 'name="name"' in text_of(get_part(client, f"{CREATE}?list=contacts&query=late=1"))
    response = post_part(client, CREATE, {"list": "contacts", "query": "late=1", "name": "迟"})
    assert response.headers["HX-Redirect"].startswith(reverse("contacts:contact_list"))


def test_a_name_that_is_taken_is_said_and_nothing_typed_is_lost(
    manager: StaffUser, signed_in: SignIn
) -> None:
    saved(manager)
    client = signed_in(manager)
    sent = {"list": "customers", "query": "tier=gold", "name": "钻卡"}
    response = client.post(CREATE, sent)
    assert response.status_code == 422
    assert "You have a view of this name already." in text_of(response)
    assert 'value="钻卡"' in text_of(response)


# --- Opening ------------------------------------------------------------------------------------


def test_a_shared_view_shows_each_only_their_own(
    supervisor: StaffUser, manager: StaffUser, colleague: StaffUser, signed_in: SignIn
) -> None:
    CustomerFactory(name="王的钻卡", manager=manager, tier=Tier.DIAMOND)
    CustomerFactory(name="王的金卡", manager=manager, tier=Tier.GOLD)
    CustomerFactory(name="李的钻卡", manager=colleague, tier=Tier.DIAMOND)
    address = f"{LIST}?view={saved(supervisor).pk}"
    assert names(opened(signed_in(supervisor), address)) == {"王的钻卡", "李的钻卡"}
    assert names(opened(signed_in(manager), address)) == {"王的钻卡"}
    assert names(opened(signed_in(colleague), address)) == {"李的钻卡"}


def test_what_no_longer_fits_is_left_out_and_said(
    supervisor: StaffUser, manager: StaffUser, company: Company, signed_in: SignIn
) -> None:
    CustomerFactory(name="王的钻卡", manager=manager, tier=Tier.DIAMOND)
    query = f"tier=diamond&unit={company.district.pk}&due=never&gone=1"
    view = saved(supervisor, query, columns=["name", "tier", "was_there_once"])
    response = opened(signed_in(manager), f"{LIST}?view={view.pk}")
    assert names(response) == {"王的钻卡"}
    page = text_of(response)
    for part in ("Unit", "gone", "Due", "was_there_once"):
        assert part in page[page.index("no longer fits") :][:200]
    assert response.context["filter"].shown == ["name", "tier"]


def test_a_unit_and_a_manager_out_of_sight_are_left_out_not_missed(
    city_supervisor: StaffUser, supervisor: StaffUser, other_manager: StaffUser, signed_in: SignIn
) -> None:
    view = saved(city_supervisor, f"manager={other_manager.pk}&unit={other_manager.unit_id}")
    page = text_of(opened(signed_in(supervisor), f"{LIST}?view={view.pk}"))
    assert "no longer fits" in page


@pytest.mark.parametrize("view", ["0", "999999", "x", "9" * 30])
def test_a_view_that_is_not_there_opens_everything_and_says_so(
    manager: StaffUser, signed_in: SignIn, view: str
) -> None:
    CustomerFactory(name="王芳", manager=manager)
    response = opened(signed_in(manager), f"{LIST}?view={view}")
    assert names(response) == {"王芳"}
    assert "That view is no longer there." in text_of(response)


def test_somebody_elses_private_view_is_as_if_it_were_not_there(
    manager: StaffUser, colleague: StaffUser, signed_in: SignIn
) -> None:
    view = saved(manager, shared=False)
    client = signed_in(colleague)
    assert "no longer there" in text_of(opened(client, f"{LIST}?view={view.pk}"))
    for page in ("view_edit", "view_remove", "view_name"):
        assert client.get(reverse(f"portfolio:{page}", args=[view.pk])).status_code == 404
    assert "钻卡" not in text_of(client.get(reverse("portfolio:view_list")))


def test_a_default_opens_the_list_and_everything_is_one_link_away(
    manager: StaffUser, signed_in: SignIn
) -> None:
    CustomerFactory(name="钻", manager=manager, tier=Tier.DIAMOND)
    CustomerFactory(name="金", manager=manager, tier=Tier.GOLD)
    view = saved(manager)
    services.choose_default_view(actor=manager, list_name="customers", view=view)
    client = signed_in(manager)
    assert names(opened(client, LIST)) == {"钻"}
    assert names(opened(client, f"{LIST}?tier=gold")) == {"金"}
    assert names(opened(client, f"{LIST}?view=all")) == {"钻", "金"}
    assert f"{LIST}?view=all" in text_of(client.get(reverse("portfolio:view_list")))
    assert not opened(client, reverse("contacts:contact_list")).redirect_chain


def test_a_default_that_is_no_longer_shared_opens_nothing(
    manager: StaffUser, colleague: StaffUser, signed_in: SignIn
) -> None:
    view = saved(manager)
    services.choose_default_view(actor=colleague, list_name="customers", view=view)
    assert opened(signed_in(colleague), LIST).redirect_chain
    services.change_view(actor=manager, view=view, shared=False)
    assert not opened(signed_in(colleague), LIST).redirect_chain


# --- Changing -----------------------------------------------------------------------------------


def test_the_name_says_whether_the_list_was_narrowed_otherwise_since(
    manager: StaffUser, signed_in: SignIn
) -> None:
    client, view = signed_in(manager), saved(manager)
    name = reverse("portfolio:view_name", args=[view.pk])
    same = {"query": "tier=diamond&columns=name&columns=tier&view=1"}
    assert text_of(client.get(name, same)) == "钻卡"
    assert text_of(client.get(name, {"query": "tier=gold"})) == "钻卡 (changed)"


def test_only_the_owner_refits_a_view_to_what_is_shown(
    manager: StaffUser, colleague: StaffUser, signed_in: SignIn
) -> None:
    view = saved(manager)
    refit = reverse("portfolio:view_refit", args=[view.pk])
    sent = {"query": "tier=silver&columns=name&columns=last"}
    assert signed_in(colleague).post(refit, sent).status_code == 404
    assert signed_in(manager).post(refit, sent).status_code == 302
    view.refresh_from_db()
    assert (view.query, view.columns) == ("tier=silver", ["name", "last"])


def test_a_reader_of_a_shared_view_chooses_it_and_changes_nothing_of_it(
    manager: StaffUser, colleague: StaffUser, signed_in: SignIn
) -> None:
    client, view = signed_in(colleague), saved(manager)
    edit = reverse("portfolio:view_edit", args=[view.pk])
    assert 'name="name"' not in text_of(client.get(edit))
    client.post(edit, {"name": "改名", "is_default": "1"})
    view.refresh_from_db()
    assert (view.name, view.unit) == ("钻卡", manager.unit)
    assert opened(client, LIST).redirect_chain
    client.post(edit, {})
    assert not opened(client, LIST).redirect_chain


def test_the_owner_renames_and_ends_the_sharing(manager: StaffUser, signed_in: SignIn) -> None:
    client, view = signed_in(manager), saved(manager)
    response = client.post(reverse("portfolio:view_edit", args=[view.pk]), {"name": "我的"})
    assert response.status_code == 302
    view.refresh_from_db()
    assert (view.name, view.unit) == ("我的", None)


def test_a_view_is_deleted_after_a_question(
    manager: StaffUser, supervisor: StaffUser, colleague: StaffUser, signed_in: SignIn
) -> None:
    view = saved(manager)
    remove = reverse("portfolio:view_remove", args=[view.pk])
    assert signed_in(colleague).post(remove).status_code == 404
    assert "钻卡" in text_of(signed_in(supervisor).get(remove))
    assert SavedView.objects.exists()
    signed_in(supervisor).post(remove)
    assert not SavedView.objects.exists()


# --- Columns ------------------------------------------------------------------------------------


def test_columns_are_offered_in_the_order_in_which_they_stand(
    manager: StaffUser, signed_in: SignIn
) -> None:
    response = signed_in(manager).get(
        reverse("portfolio:column_choice"),
        {"query": "tier=gold&columns=last&columns=name&cursor=x&view=3"},
        headers=HTMX,
    )
    assert [column.key for column, chosen in response.context["columns"] if chosen] == [
        "last",
        "name",
    ]
    page = text_of(response)
    assert '<input type="hidden" name="tier" value="gold">' in page
    assert '<input type="hidden" name="view" value="3">' in page
    assert "cursor" not in page


@pytest.mark.parametrize("page", ["view_list", "view_create", "column_choice"])
def test_there_is_no_other_list(manager: StaffUser, signed_in: SignIn, page: str) -> None:
    address = reverse(f"portfolio:{page}")
    assert signed_in(manager).get(address, {"list": "contacts"}).status_code == 200
    assert signed_in(manager).get(address, {"list": "staff"}).status_code == 404
