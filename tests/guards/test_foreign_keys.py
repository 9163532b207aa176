"""Every column that names a person or a customer, and what a handover and a merge do with it.

A new one fails here until somebody has thought about it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from contacts.services.flags import flag_overdue
from customers.models import Customer
from customers.services.merging import Fate
from portfolio.models import Merge
from portfolio.services.merging import BELONGINGS
from retention.services.goals import freeze_base
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import TODAY
from tests.portfolio.handovers import hand_over
from tests.portfolio.merges import merge, rich_customer

MOVES = "moves with reassignment"
HISTORY = "history, stays"
PERSONAL = "the person's own, stays"
FOLLOWS = "belongs to the customer, follows by itself"

TO_PEOPLE = {
    "complaints.Attachment.added_by": HISTORY,
    "complaints.Complaint.handler": PERSONAL,
    "complaints.Complaint.manager": HISTORY,
    "complaints.Complaint.registered_by": HISTORY,
    "complaints.ComplaintMerge.merged_by": HISTORY,
    "complaints.ComplaintMerge.undone_by": HISTORY,
    "complaints.ComplaintNotice.person": PERSONAL,
    "complaints.ComplaintReview.called_by": HISTORY,
    "complaints.ComplaintReview.judged_by": HISTORY,
    "complaints.ComplaintStep.actor": HISTORY,
    "complaints.ResponseTemplate.changed_by": HISTORY,
    "complaints.ServiceRequest.ended_by": HISTORY,
    "complaints.ServiceRequest.manager": HISTORY,
    "complaints.ServiceRequest.promised_by": HISTORY,
    "complaints.ServiceRequest.responsible": PERSONAL,
    "complaints.SubTask.done_by": HISTORY,
    "complaints.SubTask.made_by": HISTORY,
    "complaints.SubTask.person": HISTORY,
    "contacts.CallEvent.handled_by": HISTORY,
    "contacts.CallEvent.manager": HISTORY,
    "contacts.CallEvent.sent_by": HISTORY,
    "contacts.CallEvent.served_by": HISTORY,
    "contacts.CallEvent.settled_by": HISTORY,
    "contacts.ContactRecord.manager": HISTORY,
    "contacts.ContactRecord.recorded_by": HISTORY,
    "contacts.ContactRecord.voided_by": HISTORY,
    "contacts.Exemption.decided_by": HISTORY,
    "contacts.Exemption.requested_by": HISTORY,
    "contacts.MissedCall.holder": HISTORY,
    "contacts.MissedCall.manager": HISTORY,
    "contacts.MissedCallNotice.person": PERSONAL,
    "contacts.Snooze.snoozed_by": HISTORY,
    "core.AuditEntry.actor": HISTORY,
    "customers.ChannelOptOut.recorded_by": HISTORY,
    "customers.Customer.manager": MOVES,
    "customers.FactConfirmation.confirmed_by": HISTORY,
    "customers.LikePair.dismissed_by": HISTORY,
    "customers.ManagerChange.changed_by": HISTORY,
    "customers.ManagerChange.manager": HISTORY,
    "customers.ManagerChange.old_manager": HISTORY,
    "customers.TierChange.changed_by": HISTORY,
    "exchange.ApiClient.account": PERSONAL,
    "exchange.ApiClient.created_by": HISTORY,
    "exchange.ApiKey.created_by": HISTORY,
    "exchange.Export.requested_by": HISTORY,
    "exchange.DepartureImport.uploaded_by": HISTORY,
    "exchange.RosterImport.uploaded_by": HISTORY,
    "exchange.UsageImport.uploaded_by": HISTORY,
    "portfolio.HandoverNotice.other": HISTORY,
    "portfolio.HandoverNotice.reader": PERSONAL,
    "portfolio.Merge.merged_by": HISTORY,
    "portfolio.Merge.undone_by": HISTORY,
    "portfolio.ReassignedCustomer.old_manager": HISTORY,
    "portfolio.Reassignment.made_by": HISTORY,
    "portfolio.Reassignment.manager": HISTORY,
    "retention.CaseFollowUp.done_by": HISTORY,
    "retention.ChurnBaseCount.manager": HISTORY,
    "retention.ChurnBaseMember.manager": HISTORY,
    "retention.ChurnBaseYear.frozen_by": HISTORY,
    "retention.ChurnEvent.sent_by": HISTORY,
    "retention.ChurnGoal.set_by": HISTORY,
    "retention.ChurnWarning.closed_by": HISTORY,
    "retention.ChurnWarning.contacted_by": HISTORY,
    "retention.ChurnWarning.manager": HISTORY,
    "retention.Departure.cancelled_by": HISTORY,
    "retention.Departure.manager": HISTORY,
    "retention.Departure.reported_by": HISTORY,
    "retention.DepartureReview.reviewed_by": HISTORY,
    "retention.MeasureOffer.chosen_by": HISTORY,
    "retention.MeasureOffer.decided_by": HISTORY,
    "retention.RetentionCase.decided_by": HISTORY,
    "retention.RetentionCase.manager": HISTORY,
    "retention.RetentionCase.opened_by": HISTORY,
    "retention.SignalVersion.changed_by": HISTORY,
    "retention.WarningStep.actor": HISTORY,
    "staff.Cover.arranged_by": HISTORY,
    "staff.Cover.manager": PERSONAL,
    "staff.Cover.stand_in": PERSONAL,
    "staff.DefaultView.person": PERSONAL,
    "staff.OpenSession.account": PERSONAL,
    "staff.SavedView.owner": PERSONAL,
    "staff.Unit.complaint_handler": PERSONAL,
    "workplans.CalendarFeed.manager": PERSONAL,
    "workplans.Finding.closed_by": HISTORY,
    "workplans.Finding.made_by": HISTORY,
    "workplans.InspectedItem.judged_by": HISTORY,
    "workplans.Inspection.inspector": HISTORY,
    "workplans.Inspection.manager": HISTORY,
    "workplans.InspectionPlan.made_by": HISTORY,
    "workplans.InspectionPlanLine.manager": PERSONAL,
    "workplans.Lapse.manager": HISTORY,
    "workplans.Leave.entered_by": HISTORY,
    "workplans.Leave.manager": PERSONAL,
    "workplans.LogRemark.author": HISTORY,
    "workplans.PlanChange.actor": HISTORY,
    "workplans.PlanRemark.author": HISTORY,
    "workplans.PlanStep.actor": HISTORY,
    "workplans.RecordSignal.person": HISTORY,
    "workplans.WorkLog.manager": HISTORY,
    "workplans.WorkLog.read_by": HISTORY,
    "workplans.WorkPlan.decided_by": HISTORY,
    "workplans.WorkPlan.manager": PERSONAL,
    "workplans.WorkingHours.manager": PERSONAL,
}

TO_CUSTOMERS = {
    "complaints.Complaint.customer": FOLLOWS,
    "complaints.ServiceRequest.customer": FOLLOWS,
    "contacts.CadenceFlag.customer": FOLLOWS,
    "contacts.CallEvent.customer": FOLLOWS,
    "contacts.ContactRecord.customer": FOLLOWS,
    "contacts.Exemption.customer": FOLLOWS,
    "contacts.MissedCall.customer": FOLLOWS,
    "contacts.Snooze.customer": FOLLOWS,
    "customers.ChannelOptOut.customer": FOLLOWS,
    "customers.Customer.merged_into": FOLLOWS,
    "customers.CustomerAddress.customer": FOLLOWS,
    "customers.CustomerPhone.customer": FOLLOWS,
    "customers.FactConfirmation.customer": FOLLOWS,
    "customers.FamilyMember.customer": FOLLOWS,
    "customers.JobChange.customer": FOLLOWS,
    "customers.LikePair.first": FOLLOWS,
    "customers.LikePair.second": FOLLOWS,
    "customers.LikenessKey.customer": FOLLOWS,
    "customers.ManagerChange.customer": FOLLOWS,
    "customers.Profile.customer": FOLLOWS,
    "customers.SearchEntry.customer": FOLLOWS,
    "customers.TierChange.customer": FOLLOWS,
    "customers.WatchPeriod.customer": FOLLOWS,
    "portfolio.Merge.absorbed": HISTORY,
    "portfolio.Merge.survivor": HISTORY,
    "portfolio.ReassignedCustomer.customer": HISTORY,
    "retention.ChurnBaseMember.customer": HISTORY,
    "retention.ChurnEvent.customer": FOLLOWS,
    "retention.ChurnWarning.customer": FOLLOWS,
    "retention.Departure.customer": FOLLOWS,
    "retention.RetentionCase.customer": FOLLOWS,
    "retention.RiskScore.customer": FOLLOWS,
    "retention.RiskState.customer": FOLLOWS,
    "retention.UsageSnapshot.customer": FOLLOWS,
    "workplans.PlanItem.customer": FOLLOWS,
}

IN_A_MERGE = {
    "complaints.Complaint.customer": Fate.MOVES,
    "complaints.ServiceRequest.customer": Fate.MOVES,
    "contacts.CadenceFlag.customer": Fate.MOVES,
    "contacts.CallEvent.customer": Fate.MOVES,
    "contacts.ContactRecord.customer": Fate.MOVES,
    "contacts.Exemption.customer": Fate.MOVES,
    "contacts.MissedCall.customer": Fate.MOVES,
    "contacts.Snooze.customer": Fate.MOVES_UNLESS_THERE,
    "customers.ChannelOptOut.customer": Fate.MOVES_UNLESS_THERE,
    "customers.Customer.merged_into": Fate.MOVES,
    "customers.CustomerAddress.customer": Fate.MOVES_UNLESS_THERE,
    "customers.CustomerPhone.customer": Fate.MOVES_UNLESS_THERE,
    "customers.FactConfirmation.customer": Fate.GOES_WITH_VALUE,
    "customers.FamilyMember.customer": Fate.MOVES_UNLESS_THERE,
    "customers.JobChange.customer": Fate.MOVES_UNLESS_THERE,
    "customers.LikePair.first": Fate.DERIVED,
    "customers.LikePair.second": Fate.DERIVED,
    "customers.LikenessKey.customer": Fate.DERIVED,
    "customers.ManagerChange.customer": Fate.SHOWN,
    "customers.Profile.customer": Fate.OWN,
    "customers.SearchEntry.customer": Fate.DERIVED,
    "customers.TierChange.customer": Fate.SHOWN,
    "customers.WatchPeriod.customer": Fate.MOVES,
    "portfolio.Merge.absorbed": Fate.OWN,
    "portfolio.Merge.survivor": Fate.OWN,
    "portfolio.ReassignedCustomer.customer": Fate.MOVES_UNLESS_THERE,
    "retention.ChurnBaseMember.customer": Fate.OWN,
    "retention.ChurnEvent.customer": Fate.MOVES,
    "retention.ChurnWarning.customer": Fate.MOVES,
    "retention.Departure.customer": Fate.MOVES_UNLESS_THERE,
    "retention.RetentionCase.customer": Fate.MOVES,
    "retention.RiskScore.customer": Fate.OWN,
    "retention.RiskState.customer": Fate.OWN,
    "retention.UsageSnapshot.customer": Fate.MOVES_UNLESS_THERE,
    "workplans.PlanItem.customer": Fate.MOVES,
}
"""What a merge does with every column that names a customer; below it is shown to be true."""


def own_models() -> Iterator[type[models.Model]]:
    for config in apps.get_app_configs():
        if Path(config.path).parent == settings.BASE_DIR:
            yield from config.get_models()


def columns_to(target: type[models.Model]) -> set[str]:
    return {
        f"{model._meta.app_label}.{model.__name__}.{field.name}"
        for model in own_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.related_model is target
    }


def test_the_guard_sees_the_columns() -> None:
    assert "customers.Customer.manager" in columns_to(StaffUser)
    assert "contacts.CadenceFlag.customer" in columns_to(Customer)


def test_it_is_said_of_every_column_to_a_person_what_a_handover_does() -> None:
    assert columns_to(StaffUser) == set(TO_PEOPLE)


def test_it_is_said_of_every_column_to_a_customer_what_a_handover_does() -> None:
    assert columns_to(Customer) == set(TO_CUSTOMERS)


def test_only_whose_the_customer_is_moves() -> None:
    moving = {name for name, fate in (TO_PEOPLE | TO_CUSTOMERS).items() if fate == MOVES}
    assert moving == {"customers.Customer.manager"}


def test_it_is_said_of_every_column_to_a_customer_what_a_merge_does() -> None:
    said = {one.name: one.fate for one in BELONGINGS}
    assert len(said) == len(BELONGINGS)
    assert said == IN_A_MERGE
    assert columns_to(Customer) == set(IN_A_MERGE)


def keys(model: type[models.Model], column: str, owner: Customer) -> set[object]:
    """Return the keys of the rows that name ``owner``."""
    return set(model._default_manager.filter(**{column: owner}).values_list("pk", flat=True))


@pytest.mark.usefixtures("frozen")
def test_what_is_said_of_a_merge_is_true(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    survivor = rich_customer(manager, supervisor, name="王芳")
    absorbed = rich_customer(colleague, supervisor, 1, name="王芳")
    gone = CustomerFactory(manager=colleague)
    hand_over(supervisor, [survivor, absorbed], manager)
    hand_over(supervisor, [absorbed], colleague)
    merge(supervisor, absorbed, gone)
    flag_overdue()
    freeze_base(year=TODAY.year)
    shown = [one for one in BELONGINGS if one.fate is not Fate.DERIVED]
    before = {one.name: keys(one.model, one.column, absorbed) for one in shown}
    mine = {one.name: keys(one.model, one.column, survivor) for one in shown}
    merge(supervisor, survivor, absorbed)
    for one in shown:
        now = keys(one.model, one.column, survivor), keys(one.model, one.column, absorbed)
        theirs = before[one.name]
        assert theirs or one.name.startswith("portfolio.Merge."), one.name
        if one.fate is Fate.MOVES:
            assert mine[one.name] | theirs <= now[0], one.name
            assert not now[1], one.name
        elif one.fate is Fate.MOVES_UNLESS_THERE:
            assert now[0] | now[1] == mine[one.name] | theirs, one.name
            assert mine[one.name] < now[0], one.name
            assert now[1] < theirs, one.name
        elif one.fate is Fate.GOES_WITH_VALUE:
            assert now[0] | now[1] == mine[one.name] | theirs, one.name
        elif one.model is not Merge:
            assert now == (mine[one.name], theirs), one.name
