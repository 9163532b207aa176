"""Invented plans, logs, inspections and promises of the demonstration, made by the services."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date, datetime, time, timedelta
from random import Random

from django.core.exceptions import ValidationError

from complaints.services.requests import Promise, do_request, make_request, remind_and_escalate
from core import clock
from customers.models import Customer
from staff.models import StaffUser
from workplans.models import InspectedItem, WorkPlan
from workplans.models.plans import PlanKind
from workplans.rules.calendar import days_between
from workplans.services.calendar import load_calendar
from workplans.services.drafting import draft_plan, suggest_targets
from workplans.services.findings import add_finding
from workplans.services.inspection_plans import make_inspection_plan
from workplans.services.inspections import close_inspection, judge_item, open_inspection
from workplans.services.lapses import flag_lapses
from workplans.services.logs import LogTexts, answer_log, open_log, submit_log
from workplans.services.plans import (
    approve_plan,
    open_plan,
    return_plan,
    set_targets,
    submit_plan,
)
from workplans.services.signals import find_signals

LOG_DAYS = 7
"""So many days back there are logs."""
LEARNT = (
    "客户关注家庭套餐的流量共享，下周再报价。",
    "两位客户提到竞争对手的宽带优惠，需要准备对比资料。",
    "客户对贵宾厅服务满意，希望提前预约。",
    "客户换了单位，已更新档案。",
)
PROBLEMS = ("", "", "部分客户上午联系不上，改为下班后拨打。", "营业厅补卡排队时间长。")
TOMORROW = ("拜访到期的重要客户。", "跟进承诺事项，联系逾期客户。", "完成本周计划剩余事项。")
USED_FOR = timedelta(days=730)
"""The company of the demonstration has worked with the product for so long."""


def add_invented_work(
    *, random: Random, today: date, supervisor: StaffUser, manager: StaffUser, away: StaffUser
) -> None:
    """Add plans and logs of the ``supervisor``'s unit, inspections of it, and promises.

    ``manager`` is the login that a visitor sees most of; ``away`` is covered and makes no plan.
    Made through the services, at the hours at which people make them.
    """
    StaffUser.objects.managers().update(created_at=clock.now() - USED_FOR)
    people = StaffUser.objects.managers().active().filter(unit=supervisor.unit)
    team = list(people.exclude(pk=away.pk).select_related("unit").order_by("staff_number"))
    monday = today - timedelta(days=today.isoweekday() - 1)
    _plan_week(team, supervisor, monday - timedelta(days=7), returned=())
    _plan_week(team, supervisor, monday, returned=[one for one in team if one != manager][:1])
    _aim(manager, supervisor, today)
    with clock.lived_at(_at(today - timedelta(days=LOG_DAYS), 12, supervisor)):
        flag_lapses()
    _write_logs(random, team, supervisor, today)
    flag_lapses()
    _inspect(supervisor, manager, team, today)
    _promise(manager, today)
    find_signals()


def _at(day: date, hour: int, person: StaffUser) -> datetime:
    return datetime.combine(day, time(hour, 20), tzinfo=clock.zone_info(person.time_zone))


def _then(moment: datetime) -> AbstractContextManager[None]:
    """Live at ``moment``, or now where that is still to come."""
    return clock.lived_at(moment) if moment < clock.now() else nullcontext()


def _plan_week(
    team: Sequence[StaffUser], supervisor: StaffUser, monday: date, *, returned: Sequence[StaffUser]
) -> None:
    """Everybody plans but the last; of this week one plan is returned and one waits."""
    for place, person in enumerate(team[:-1]):
        with _then(_at(monday, 8, person)):
            plan = open_plan(actor=person, kind=PlanKind.WEEK, day=monday)
            draft_plan(actor=person, plan=plan)
            try:
                plan = submit_plan(actor=person, plan=plan)
            except ValidationError:  # Nothing was due, and so nothing was drafted.
                continue
        with _then(_at(monday, 11, supervisor)):
            if person in returned:
                _return(supervisor, plan)
            elif not returned or place != len(team) - 2:
                approve_plan(actor=supervisor, plan=plan)


def _return(supervisor: StaffUser, plan: WorkPlan) -> None:
    item = plan.items.filter(customer__isnull=False).first()
    remarks = {item.pk: "这位客户建议上门拜访。"} if item is not None else {}
    return_plan(actor=supervisor, plan=plan, note="请把逾期客户安排在周二之前。", remarks=remarks)


def _aim(manager: StaffUser, supervisor: StaffUser, today: date) -> None:
    """The manager has a year's and a month's plan with targets."""
    for kind in (PlanKind.YEAR, PlanKind.MONTH):
        plan = open_plan(actor=manager, kind=kind, day=today)
        values = suggest_targets(plan)
        if any(values.values()):
            set_targets(actor=manager, plan=plan, values=values)
            plan = submit_plan(actor=manager, plan=plan)
            approve_plan(actor=supervisor, plan=plan)


def _write_logs(
    random: Random, team: Sequence[StaffUser], supervisor: StaffUser, today: date
) -> None:
    """Most logs of the last days are there, some are late or missing, one is answered."""
    first, last = today - timedelta(days=LOG_DAYS), today - timedelta(days=1)
    calendar = load_calendar(first, last)
    for day in days_between(first, last):
        for person in team if calendar.is_workday(day) else ():
            if random.random() < 0.08:
                continue
            late = random.random() < 0.1
            with _then(_at(day + timedelta(days=1), 14, person) if late else _at(day, 18, person)):
                log = open_log(actor=person, day=day)
                texts = LogTexts(
                    learnt=random.choice(LEARNT),
                    problems=random.choice(PROBLEMS),
                    tomorrow=random.choice(TOMORROW),
                )
                log = submit_log(actor=person, log=log, texts=texts, version=log.version)
            if person == team[0] and day == last:
                answer_log(actor=supervisor, log=log, text="好的，报价先发我看一下。")


def _inspect(
    supervisor: StaffUser, manager: StaffUser, team: Sequence[StaffUser], today: date
) -> None:
    """One inspection with a finding that waits for its answer, one that is half done."""
    first, last = today - timedelta(days=14), today - timedelta(days=1)
    if supervisor.unit is not None:
        make_inspection_plan(actor=supervisor, unit=supervisor.unit, day=today)
    done = open_inspection(
        actor=supervisor, manager=manager, starts_on=first, ends_on=last, seed="demonstration"
    )
    items = list(done.items.all())
    for item in items:
        odd = item is items[-1]
        judge_item(
            actor=supervisor,
            item=item,
            verdict=InspectedItem.Verdict.UNVERIFIED if odd else InspectedItem.Verdict.GENUINE,
            quality=3 if odd else 4,
        )
    add_finding(
        actor=supervisor, inspection=done, item=items[-1], text="沟通内容过于简略，请补充要点。"
    )
    close_inspection(actor=supervisor, inspection=done, conclusion="总体真实，个别记录偏简单。")
    other = next(person for person in team if person != manager)
    running = open_inspection(
        actor=supervisor, manager=other, starts_on=first, ends_on=last, seed="demonstration"
    )
    for item in running.items.all()[:2]:
        judge_item(actor=supervisor, item=item, verdict=InspectedItem.Verdict.GENUINE, quality=5)


PROMISES = (
    ("把新套餐的资费单发到邮箱", timedelta(days=3), timedelta(days=1), False),
    ("安排师傅上门检测宽带", timedelta(days=1), timedelta(hours=2), False),
    ("补办副卡并送到单位", timedelta(days=2), timedelta(days=1), True),
    ("打印近半年账单", timedelta(hours=3), timedelta(days=2), False),
)
"""What, so long ago, for so long after that, and whether it is done and the customer not told."""


def _promise(manager: StaffUser, today: date) -> None:
    customers = Customer.objects.active().filter(manager=manager).order_by("pk")
    for customer, (what, ago, after, is_done) in zip(customers[20:], PROMISES, strict=False):
        made_at = clock.now() - ago
        with clock.lived_at(made_at):
            request = make_request(
                actor=manager,
                customer=customer,
                promise=Promise(what=what, due_at=made_at + after),
            )
        if is_done:
            do_request(actor=manager, request=request)
    remind_and_escalate()
