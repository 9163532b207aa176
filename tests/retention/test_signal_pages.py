"""The signals' pages: read by everybody, set by head office and administrators."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from retention.models import RiskState, Signal, SignalGroup
from retention.services import signals
from retention.services.signals import draft_of
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import post_part, statements, text_of
from tests.retention.usage_of import use_for_months

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

SignIn = Callable[[StaffUser], Client]


@pytest.fixture
def signal(db: None) -> Signal:
    return Signal.objects.get(code="dormant")


def entered(signal: Signal, **changes: object) -> dict[str, object]:
    """The form as it is filled, with changes."""
    version = signal.versions.get(is_current=True)
    columns = draft_of(version).columns()
    columns["group"] = columns.pop("group_id") or ""
    return {**columns, "seen_number": version.number, **changes}


def page_of(signal: Signal) -> str:
    return reverse("retention:signal_detail", args=[signal.pk])


def test_everybody_reads_and_only_some_are_offered_to_change(
    signal: Signal, signed_in: SignIn, manager: StaffUser, head_office: StaffUser
) -> None:
    for person, offered in ((manager, False), (head_office, True)):
        client = signed_in(person)
        text = text_of(client.get(reverse("retention:signal_list")))
        assert "Hardly uses the number any more" in text
        assert "Days without use in the latest month ≥ 15" in text
        assert ("Add a signal" in text) is offered
        assert ("Save as a new version" in text_of(client.get(page_of(signal)))) is offered


def test_a_change_is_saved_as_a_version_with_who_and_when(
    signal: Signal, signed_in: SignIn, head_office: StaffUser
) -> None:
    client = signed_in(head_office)
    response = client.post(page_of(signal), entered(signal, points=33), follow=True)
    text = text_of(response)
    assert "Version 2 counts from the next scoring on" in text
    assert "郑分析" in text
    assert signal.versions.get(is_current=True).points == 33


def test_who_is_slower_keeps_the_text_and_sees_what_holds(
    signal: Signal, signed_in: SignIn, head_office: StaffUser, administrator: StaffUser
) -> None:
    mine = entered(signal, points=33, reason_en="My words")
    signals.change_signal(
        actor=administrator,
        signal=signal,
        draft=signals.draft_of(signal.versions.get()).__class__(
            **{**draft_of(signal.versions.get()).__dict__, "points": 21}
        ),
        seen_number=1,
    )
    response = signed_in(head_office).post(page_of(signal), mine)
    text = text_of(response)
    assert response.status_code == 422
    assert "Somebody changed it meanwhile" in text
    assert "What holds now is version 2" in text
    assert "My words" in text
    assert signal.versions.count() == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"points": 0}, "greater than or equal to 1"),
        ({"points": 101}, "less than or equal to 100"),
        ({"field": "bill_change_percent", "window_months": 1}, "at least 2 months"),
        ({"reason_zh": ""}, "required"),
        ({"threshold": "NaN"}, "number"),
    ],
)
def test_what_a_form_refuses(
    signal: Signal,
    signed_in: SignIn,
    head_office: StaffUser,
    changes: dict[str, object],
    message: str,
) -> None:
    response = signed_in(head_office).post(page_of(signal), entered(signal, **changes))
    assert response.status_code == 422
    assert message in text_of(response)
    assert signal.versions.count() == 1


def test_the_preview_counts_and_writes_nothing(
    signal: Signal, signed_in: SignIn, head_office: StaffUser, manager: StaffUser
) -> None:
    for days in (0, 20):
        customer = CustomerFactory(manager=manager, last_contact_on=date(2026, 11, 20))
        use_for_months(customer, days_without_use=days)
    client = signed_in(head_office)
    url = f"{reverse('retention:signal_preview')}?signal={signal.pk}"
    text = " ".join(text_of(post_part(client, url, entered(signal, points=40))).split())
    assert "At 40 points or more are 0 of 2 customers." in text
    assert "<strong>1</strong> more would be" in text
    assert "Counted exactly, over all customers." in text
    assert "too few to tell" in text
    refused = post_part(client, url, entered(signal, points=""))
    assert refused.status_code == 422
    assert "Complete the form first" in text_of(refused)
    assert signal.versions.count() == 1
    assert RiskState.objects.filter(scored_at__isnull=False).count() == 0


def test_a_signal_is_switched_off_and_on(
    signal: Signal, signed_in: SignIn, administrator: StaffUser
) -> None:
    client = signed_in(administrator)
    url = reverse("retention:signal_switch", args=[signal.pk])
    off = client.post(url, {"is_active": "no", "seen_number": 1}, follow=True)
    assert "Switch on" in text_of(off)
    late = client.post(url, {"is_active": "yes", "seen_number": 1}, follow=True)
    assert "Somebody changed it meanwhile" in text_of(late)
    client.post(url, {"is_active": "yes", "seen_number": 2})
    assert signal.versions.get(is_current=True).is_active
    nothing = client.post(url, {}, follow=True)
    assert "Choose on or off" in text_of(nothing)


def test_a_signal_is_added(signed_in: SignIn, head_office: StaffUser, signal: Signal) -> None:
    client = signed_in(head_office)
    url = reverse("retention:signal_create")
    given = entered(signal, code="Quiet-Number", seen_number=0, points=7)
    response = client.post(url, given, follow=True)
    assert "The signal counts from the next scoring on." in text_of(response)
    made = Signal.objects.get(code="quiet-number")
    assert made.versions.get().points == 7
    again = client.post(url, given)
    assert again.status_code == 422
    assert "There is a signal with this code already." in text_of(again)


def test_a_groups_cap_is_set(signed_in: SignIn, head_office: StaffUser) -> None:
    group = SignalGroup.objects.get(code="usage")
    client = signed_in(head_office)
    url = reverse("retention:signal_group_edit", args=[group.pk])
    saved = client.post(url, {"cap": 35, "seen_cap": 40}, follow=True)
    assert "The cap holds from the next scoring on." in text_of(saved)
    late = client.post(url, {"cap": 20, "seen_cap": 40})
    assert late.status_code == 422
    assert "Somebody changed it meanwhile" in text_of(late)
    wrong = client.post(url, {"cap": 101, "seen_cap": 35})
    assert wrong.status_code == 422
    group.refresh_from_db()
    assert group.cap == 35


def test_the_pages_cost_the_same_for_many_signals(
    signed_in: SignIn, head_office: StaffUser, signal: Signal
) -> None:
    client = signed_in(head_office)
    pages = (reverse("retention:signal_list"), page_of(signal))
    before = [statements(client, page) for page in pages]
    for n in range(8):
        version = signal.versions.select_related("group").get(is_current=True)
        signals.create_signal(actor=head_office, code=f"more-{n}", draft=draft_of(version))
        signals.switch_signal(
            actor=head_office,
            signal=signal,
            is_active=not version.is_active,
            seen_number=version.number,
        )
    assert [statements(client, page) for page in pages] == before
    assert max(before) <= 15
