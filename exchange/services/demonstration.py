"""The demonstration: a real roster with invented contacts around it, dated relative to today."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ImproperlyConfigured
from django.core.files import File
from django.db import transaction
from django.db.models import Q

from complaints.models import Category
from complaints.rules.states import Move
from complaints.services.moving import move, respond
from complaints.services.registering import Report, register
from contacts.models import Cadence, CadenceFlag, Direction, Exemption, Outcome, Snooze
from contacts.services.exemptions import decide_exemption, request_exemption
from contacts.services.flags import flag_overdue
from contacts.services.records import Contact
from contacts.services.snoozes import snooze_row
from core import audit, clock, locks
from customers.models import Channel, ChannelOptOut, Customer, FactConfirmation, FamilyMember
from customers.querysets import CustomerQuerySet
from customers.rules import Cadence as CadenceCode
from customers.services.clocks import refresh_clocks
from exchange.models import RosterImport
from exchange.rules.headings import Cell, RosterField
from exchange.rules.reasons import CellRejectedError
from exchange.rules.values import read_date
from exchange.services.demonstration_calls import add_invented_calls
from exchange.services.demonstration_contacts import add_invented_contacts
from exchange.services.demonstration_work import add_invented_work
from exchange.services.files import open_roster
from exchange.services.roster_commit import commit_roster, confirm_import
from exchange.services.roster_import import read_roster, receive_roster
from retention.models import ChurnWarning
from retention.models.cases import LeavingReason
from retention.rules.simulation import Leavers
from retention.services.cases import CaseRequest, open_case
from retention.services.simulation import Population, simulate_history
from staff.models import Role, StaffUser, Unit
from staff.services import arrange_cover, create_staff, save_unit

ROSTER = Path(__file__).parent.parent / "demonstration" / "roster-binjiang.xlsx"
ROSTER_DAY = date(2026, 11, 23)
"""The day on which the roster was drawn up; it becomes today."""
PASSWORD = "vip-demonstration"  # noqa: S105 - known to everybody, refused outside demonstration
SEED = 20261123
CITY = "滨江市分公司"


@dataclass(frozen=True)
class Login:
    """Somebody whom a visitor can be."""

    label: str
    staff_number: str
    name: str = ""
    role: Role = Role.MANAGER
    unit: str = ""


LOGINS = (
    Login("Administrator", "A0001", "管理员", Role.ADMINISTRATOR),
    Login("City supervisor", "S1000", "周卫东", Role.SUPERVISOR, CITY),
    Login("District supervisor", "S1001", "陈丽萍", Role.SUPERVISOR, f"{CITY}/城东区分公司"),
    Login("Manager, covering M1003", "M1006"),
    Login("Manager, other district", "M2006"),
    Login("Complaint handler", "C1001", "吴晓燕", Role.COMPLAINT_HANDLER, CITY),
    Login("Head office", "H0001", "郑国强", Role.HEAD_OFFICE),
)
MORE_STAFF = (
    Login("", "S1002", "孙志刚", Role.SUPERVISOR, f"{CITY}/城西区分公司"),
    Login("", "S1003", "钱雪梅", Role.SUPERVISOR, f"{CITY}/临湖县分公司"),
)
YEARS, SCORED_MONTHS = 2, 6
FORMER_CUSTOMERS = 90
"""So many of some 1,300 make an ordinary loss within two years."""
CLOSED_WAY = (Move.ACCEPT, Move.START, Move.RESOLVE, Move.CLOSE)
AWAY, STAND_IN = "M1003", "M1006"
ASKED = ("M1006", "M2006")
"""Managers of whose customers one asks to leave."""
FAMILY = (
    ("妻子", "李梅"),
    ("丈夫", "张强"),
    ("女儿", "小雨"),
    ("儿子", "小宇"),
    ("母亲", "王秀英"),
)


def demonstration_logins() -> list[tuple[str, str, str]]:
    """Return who can sign in: what they are, staff number, password."""
    return [(login.label, login.staff_number, PASSWORD) for login in LOGINS]


def load_demonstration(*, with_history: bool = True) -> bool:
    """Fill the database with the demonstration; return False where it is there already.

    ``with_history``: with two simulated years of usage, warnings and departures, which take most
    of the time.
    One transaction: all of it or nothing. Safe to run twice and side by side. The same every
    time but for the dates, which follow today. Raises ImproperlyConfigured outside demonstration
    mode, for everybody knows its passwords.
    """
    if not settings.DEMONSTRATION:
        raise ImproperlyConfigured("Demonstration data is loaded in demonstration mode only.")
    with transaction.atomic():
        locks.hold("exchange.demonstration")
        if StaffUser.objects.filter(staff_number=LOGINS[0].staff_number).exists():
            return False
        _load(with_history=with_history)
    return True


def _load(*, with_history: bool) -> None:
    today, random = clock.today(), Random(SEED)  # noqa: S311 - invented data, not a secret
    administrator = _make_person(None, LOGINS[0])
    _import_roster(administrator, today)
    for login in (*LOGINS[1:], *MORE_STAFF):
        if login.name:
            _make_person(administrator, login)
    _open_doors()
    _appoint_handler(administrator)
    _date_key_customers_back(random)
    add_invented_contacts(random=random, today=today)
    _invent_profiles(random, today)
    if with_history:
        _live_through_history(administrator)
        _ask_to_leave()
    _complain()
    _arrange_cover(today)
    flag_overdue()
    _age_flags(today)
    _excuse_and_snooze(today)
    flag_overdue()
    managers = [one.staff_number for one in (*LOGINS, *MORE_STAFF) if one.role == Role.MANAGER]
    add_invented_calls(administrator=administrator, random=random, logins=managers)
    add_invented_work(
        random=random,
        today=today,
        supervisor=_person("S1001"),
        manager=_person(STAND_IN),
        away=_person(AWAY),
    )
    audit.record(
        actor=administrator,
        verb="demonstration.loaded",
        obj=administrator,
        changes={"customers": [None, Customer.objects.count()]},
    )


# --- Roster and people ------------------------------------------------------------------------


def _make_person(actor: StaffUser | None, login: Login) -> StaffUser:
    return create_staff(
        actor=actor,
        staff_number=login.staff_number,
        name=login.name,
        role=login.role,
        unit=Unit.objects.get(full_name=login.unit) if login.unit else None,
    )


def _import_roster(administrator: StaffUser, today: date) -> RosterImport:
    with _dated_from(today) as path, path.open("rb") as stream:
        received = receive_roster(actor=administrator, file=File(stream), name=ROSTER.name)
    read_roster(roster_import_id=received.pk, ask_for_columns=False, make=True)
    confirm_import(actor=administrator, roster_import=received)
    commit_roster(roster_import_id=received.pk)
    return received


@contextmanager
def _dated_from(today: date) -> Iterator[Path]:
    """Write the roster anew with the day it was drawn up moved to ``today``."""
    shift = today - ROSTER_DAY
    with open_roster(ROSTER) as table, tempfile.TemporaryDirectory() as folder:
        moved = [table.header.mapping[RosterField.LAST_CONTACT]]
        if shift < timedelta(0):
            fields = (RosterField.JOINED_ON, RosterField.VIP_SINCE)
            moved += [table.header.mapping[field] for field in fields]
        path = Path(folder) / "roster.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerows([[]] * (table.header.row_number - 1))
            writer.writerow([column.heading for column in table.header.columns])
            for _, cells in table.rows:
                for place in moved:
                    if place < len(cells):
                        cells[place] = _moved(cells[place], shift)
                writer.writerow(cells)
        yield path


def _moved(cell: Cell, shift: timedelta) -> Cell:
    try:
        return (read_date(cell) + shift).isoformat()
    except CellRejectedError:
        return cell


def _open_doors() -> None:
    """Let everybody of the demonstration sign in, with one password that is worked out once."""
    StaffUser.objects.update(is_demonstration=True, password=make_password(PASSWORD))


def _appoint_handler(administrator: StaffUser) -> None:
    handler = StaffUser.objects.get(role=Role.COMPLAINT_HANDLER)
    for unit in Unit.objects.order_by("path"):
        unit.complaint_handler = handler
        save_unit(actor=administrator, unit=unit)


# --- Customers --------------------------------------------------------------------------------


def _date_key_customers_back(random: Random) -> None:
    """A company that has kept key customers for years, not only since the import."""
    customers = list(Customer.objects.key().order_by("pk"))
    for customer in customers:
        customer.key_since = customer.vip_since + timedelta(days=random.randint(0, 60))
    Customer.objects.bulk_update(customers, ["key_since"], batch_size=200)
    refresh_clocks(customer_ids=[customer.pk for customer in customers])


def _invent_profiles(random: Random, today: date) -> None:
    customers = list(Customer.objects.select_related("manager").order_by("pk"))
    asked = [customer for customer in customers if customer.manager and random.random() < 0.4]
    FactConfirmation.objects.bulk_create(
        FactConfirmation(
            customer=customer,
            fact=fact,
            confirmed_on=today - timedelta(days=random.randint(1, 500)),
            confirmed_by=customer.manager,
        )
        for customer in asked
        for fact in random.sample(("phone", "address", "birthday", "character", "employer"), 2)
    )
    FamilyMember.objects.bulk_create(
        FamilyMember(customer=customer, relation=relation, name=name)
        for customer in random.sample(customers, 200)
        for relation, name in random.sample(FAMILY, random.choice((1, 2)))
    )
    ChannelOptOut.objects.bulk_create(
        ChannelOptOut(
            customer=customer,
            channel=random.choice(("sms", "mms")),
            since=today - timedelta(days=random.randint(10, 400)),
            recorded_by=customer.manager,
        )
        for customer in random.sample(customers, 60)
    )


def _live_through_history(administrator: StaffUser) -> None:
    """Who is on today's roster has stayed; others, unknown to it, have left within two years."""
    simulate_history(
        actor=administrator,
        years=YEARS,
        seed=SEED,
        populations=[
            Population(leavers=Leavers.LATER),
            Population(new_customers=FORMER_CUSTOMERS, leavers=Leavers.EVERYBODY),
        ],
        scored_months=SCORED_MONTHS,
    )


def _ask_to_leave() -> None:
    """One customer of each manager of the logins wants to leave: of those warned of, if any."""
    for number in ASKED:
        manager = _person(number)
        own = Customer.objects.active().filter(manager=manager)
        warned = own.filter(churn_warnings__in=ChurnWarning.objects.open())
        customer = warned.order_by("pk").first() or own.order_by("pk").first()
        if customer is not None:
            open_case(
                actor=manager,
                customer=customer,
                request=CaseRequest(
                    reason=LeavingReason.COMPETITOR,
                    reason_note="对方送手机，说每月便宜一百元。",
                    competitor="乙公司",
                    competitor_offer="12 个月合约，每月 99 元",
                    deadline_at=clock.now() + timedelta(days=2),
                ),
            )


# --- Complaints ------------------------------------------------------------------------------

COMPLAINTS = (
    ("M1006", "billing-dispute", "上月话费多扣 58 元", 20, 1, (Move.ACCEPT, Move.START)),
    ("M1006", "service-refused", "夜间来电被拒接", 1, None, ()),
    ("M1006", "network-coverage", "办公室信号差", 40, 3, (Move.ACCEPT, Move.START, Move.WAIT)),
    ("M2006", "service-promise", "答应送卡上门未送", 30, None, (Move.ACCEPT,)),
    ("M2006", "privacy-messages", "营销短信太多", 90, 1, CLOSED_WAY),
    ("M1006", "billing-unasked", "未经同意开通彩铃", 140, 2, CLOSED_WAY),
)
"""Whose customer, of what, the subject, so many hours ago, answered after so many, how far."""


def _complain() -> None:
    """Complaints of every kind: new, in work, waiting, overdue, closed."""
    handler = _person("C1001")
    for number, (login, code, subject, hours, answered, moves) in enumerate(COMPLAINTS):
        manager = _person(login)
        customer = Customer.objects.active().filter(manager=manager).order_by("-pk")[number]
        complaint = register(
            actor=manager,
            customer=customer,
            report=Report(
                subject=subject,
                category=Category.objects.get(code=code),
                description="客户来电反映，情绪比较激动，希望尽快处理。",
                wish="核实并给出说明",
                received_at=clock.now() - timedelta(hours=hours),
            ),
        )
        if answered is not None:
            respond(
                actor=handler,
                complaint=complaint,
                contact=Contact(
                    channel=Channel.PHONE,
                    direction=Direction.OUTGOING,
                    outcome=Outcome.REACHED,
                    happened_at=complaint.received_at + timedelta(hours=answered),
                    summary="已致歉，说明处理步骤。",
                ),
            )
        for one in moves:
            move(
                actor=handler,
                complaint=complaint,
                move=one,
                reason="等客户提供材料" if one is Move.WAIT else "",
                resolution="已核实并向客户说明，客户认可。",
            )


# --- What is going on today -------------------------------------------------------------------


def _arrange_cover(today: date) -> None:
    arrange_cover(
        actor=_person("S1001"),
        manager=_person(AWAY),
        stand_in=_person(STAND_IN),
        starts_on=today,
        ends_on=today + timedelta(days=4),
        reason="年休假",
    )


def _age_flags(today: date) -> None:
    """Flags are opened in the night after the due day; older ones have gone to the supervisor."""
    flags = list(CadenceFlag.objects.open())
    for flag in flags:
        flag.opened_on = min(today, flag.due_on + timedelta(days=1))
        flag.opened_at = clock.start_of_day(flag.opened_on) + timedelta(minutes=70)
    CadenceFlag.objects.bulk_update(flags, ["opened_on", "opened_at"], batch_size=200)


def _excuse_and_snooze(today: date) -> None:
    """For each login's manager: an exemption that holds, one that waits, two snoozed rows."""
    for number, decider in (("M1006", "S1001"), ("M2006", "S1002")):
        manager = _person(number)
        overdue = Customer.objects.filter(manager=manager).overdue(CadenceCode.CONTACT, today)
        first, second, *others = list(_plain(overdue)[:4])
        granted = _ask(manager, first, Exemption.Reason.ABROAD, "出国探亲，回国后联系", today)
        decide_exemption(actor=_person(decider), exemption=granted, approve=True, note="同意")
        _ask(manager, second, Exemption.Reason.BEREAVEMENT, "家中有丧事", today)
        for customer in others:
            snooze_row(
                actor=manager,
                customer=customer,
                subject=Snooze.Subject.CONTACT,
                until=today + timedelta(days=2),
                reason="客户出差，约好后天联系",
            )


def _plain(customers: CustomerQuerySet) -> CustomerQuerySet:
    """The least urgent first, so that the most urgent rows stay to be looked at."""
    return customers.filter(~Q(tier="diamond")).order_by("-contact_due_on", "pk")


def _ask(
    manager: StaffUser, customer: Customer, reason: Exemption.Reason, note: str, today: date
) -> Exemption:
    return request_exemption(
        actor=manager,
        customer=customer,
        cadence=Cadence.CONTACT,
        reason=reason,
        ends_on=today + timedelta(days=20),
        note=note,
    )


def _person(staff_number: str) -> StaffUser:
    return StaffUser.objects.select_related("unit").get(staff_number=staff_number)
