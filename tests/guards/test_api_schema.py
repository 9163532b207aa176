"""The whole API against its own description, by every role's session and by systems with keys.

Requests are made up from the description, some as it says, some not: no fault of the server, no
status and no shape that is not described, and no row from outside the asker's scope.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, TypeVar, cast

import pytest
import schemathesis
from django.core.files.base import ContentFile
from django.core.wsgi import get_wsgi_application
from django.test import Client
from django.urls import URLPattern, get_resolver
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase
from hypothesis import settings as bounds
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig

from complaints.models import (
    Attachment,
    Category,
    Cause,
    Complaint,
    ComplaintReview,
    ServiceRequest,
    SubTask,
)
from complaints.services.parts import add_sub_task, attach_file
from complaints.services.requests import Promise, make_request
from contacts.models import CadenceFlag, CallEvent, ContactRecord, MissedCall, Outcome
from contacts.services.flags import flag_overdue
from contacts.services.records import Contact, log_contact
from core import clock
from customers.models import Channel, Customer
from exchange.rules.scopes import SCOPES
from exchange.services.api_clients import issue_key
from portfolio.models import ReassignedCustomer, Reassignment
from retention.models import (
    ChurnEvent,
    ChurnGoal,
    ChurnWarning,
    Departure,
    DepartureCause,
    DepartureReview,
    Measure,
    RetentionCase,
    RiskScore,
    Signal,
    UsageSnapshot,
)
from retention.models.usage import Source
from retention.services.events import EventRow, take_events
from retention.services.goals import freeze_base
from retention.services.usage import SnapshotRow, take_snapshots
from staff.models import Role, StaffUser, Unit
from tests.api import system
from tests.complaints.reports import complains, designate, stands_at
from tests.conftest import Company, make_company
from tests.contacts.calls_of import a_call, call_centre, tell
from tests.factories import CoverFactory, CustomerFactory, StaffUserFactory
from tests.portfolio.handovers import hand_over
from tests.retention.cases_of import a_measure, asks_to_leave, warn
from tests.retention.leavers import leave, reviewed
from tests.workplans.inspections_of import one_of_each
from tests.workplans.logs_of import a_submitted_log
from tests.workplans.plans_of import a_plan, an_item
from tests.workplans.signs_of import signs_of_every_kind
from workplans.models import (
    Finding,
    Inspection,
    InspectionPlan,
    Lapse,
    Leave,
    RecordSignal,
    WorkLog,
    WorkPlan,
)
from workplans.services.leave import enter_leave

Test = TypeVar("Test", bound=Callable[..., None])

EXAMPLES = 3
"""Requests made up for each operation and each way of asking, besides those at the limits."""

SOME_MOMENT = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001
    max_value=datetime(2040, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
schemathesis.openapi.format("date-time", SOME_MOMENT.map(datetime.isoformat))


# What is well-formed and still refused: by a rule (422), for a version that is not the present one
# (412), without a version (428).
CONFIG = {
    "checks": {
        "positive_data_acceptance": {
            "expected-statuses": ["2xx", "401", "403", "404", "412", "422"]
        },
        "negative_data_rejection": {
            "expected-statuses": ["400", "401", "403", "404", "406", "412", "415", "422", "428"]
        },
        "missing_required_header": {"expected-statuses": ["401", "403", "404", "428"]},
    },
    "generation": {"allow-x00": False},
}


@dataclass(frozen=True)
class Asker:
    """Somebody who asks: the headers and cookies that say who, and the person behind it."""

    headers: dict[str, str]
    cookies: dict[str, str]
    account: StaffUser | None


@dataclass(frozen=True)
class World:
    """Rows inside and outside of everybody's scope, and who asks."""

    company: Company
    people: dict[str, StaffUser]


@pytest.fixture(scope="module")
def made_world(made_once: Callable[..., Any]) -> World:
    """To make the world for each operation and asker took half of the time."""
    made: World = made_once(make_world)
    return made


@pytest.fixture
def world(made_world: World, db: None) -> World:
    return made_world


def make_world() -> World:
    company = make_company()
    district, far_district = company.district, company.far_district
    manager, colleague = (StaffUserFactory(unit=district) for _ in range(2))
    outsider = StaffUserFactory(unit=far_district)
    supervisor, far_supervisor = (
        StaffUserFactory(unit=unit, role=Role.SUPERVISOR) for unit in (district, far_district)
    )
    centre = call_centre()
    handler = StaffUserFactory(unit=district, role=Role.COMPLAINT_HANDLER)
    designate(handler, district)
    for person in (manager, colleague, outsider):
        complainant = CustomerFactory(manager=person)
        complains(person, complainant)
        make_request(actor=person, customer=complainant, promise=Promise("寄新卡"))
        customer = CustomerFactory(manager=person, profile={"employer": "银行"})
        tell(centre, a_call(customer.phones.get().number, clock.now() - timedelta(minutes=5)))
        log_contact(
            actor=person,
            customer=CustomerFactory(manager=person),
            contact=Contact(channel=Channel.PHONE, outcome=Outcome.BUSY),
        )
        take_snapshots(
            actor=None,
            rows=[SnapshotRow(customer.pk, date(2026, 10, 1))],
            source=Source.IMPORT,
        )
        event = EventRow(customer.pk, ChurnEvent.Kind.SIM_RETURNED, clock.now())
        take_events(actor=None, events=[event], source=Source.IMPORT)
        asks_to_leave(person, customer)
        warn(customer)
        customer.risk_scores.create(scored_on=clock.today(), score=40)
        plan = a_plan(person, day=clock.today())
        an_item(plan, customer, day=plan.starts_on)
        leave(CustomerFactory(manager=person), Departure.Kind.CLOSED, clock.today())
        a_submitted_log(person, clock.today())
        Lapse.objects.create(
            manager=person, subject="week", starts_on=clock.today(), due_at=clock.now()
        )
    CoverFactory(manager=colleague, stand_in=manager)
    freeze_base(year=clock.today().year)
    flag_overdue()
    for boss, to in ((supervisor, colleague), (far_supervisor, outsider)):
        came = CustomerFactory(manager=StaffUserFactory(unit=to.unit))
        hand_over(boss, [came], to, clock.today())
    for boss, of in ((supervisor, manager), (far_supervisor, outsider)):
        one_of_each(of, boss)
        signs_of_every_kind(of)
        after_the_fact(boss, of)
    a_measure()
    people: dict[str, Any] = {
        "manager": manager,
        "supervisor": supervisor,
        "handler": handler,
        "head_office": StaffUserFactory(unit=None, role=Role.HEAD_OFFICE),
        "administrator": StaffUserFactory(unit=None, role=Role.ADMINISTRATOR),
    }
    return World(company, people)


def after_the_fact(boss: StaffUser, manager: StaffUser) -> None:
    """A file and a sub-task of a complaint, one that is closed, a review, and leave."""
    complaint = complains(manager, CustomerFactory(manager=manager))
    later = clock.now() + timedelta(days=1)
    add_sub_task(actor=boss, complaint=complaint, department="网络部", what="查", due_at=later)
    file = ContentFile("说明".encode(), name="说明.txt")
    attach_file(actor=boss, complaint=complaint, file=file)
    stands_at(boss, complains(manager, CustomerFactory(manager=manager), "已结"), "closed")
    reviewed(leave(CustomerFactory(manager=manager), Departure.Kind.CLOSED, clock.today()), boss)
    day = clock.today() + timedelta(days=30)
    enter_leave(actor=boss, manager=manager, starts_on=day, ends_on=day)


def session_of(person: StaffUser) -> Asker:
    client = Client()
    client.force_login(person)
    token = "a" * 32
    cookies = {"sessionid": client.cookies["sessionid"].value, "csrftoken": token}
    return Asker({"X-CSRFToken": token}, cookies, StaffUser.objects.get(pk=person.pk))


def key_of(administrator: StaffUser, unit: Unit, scopes: list[str]) -> Asker:
    client, _asking = system(administrator, unit=unit, scopes=scopes)
    _key, text = issue_key(actor=administrator, client=client)
    account = client.account
    account.scope = client.row_scope
    return Asker({"Authorization": f"Bearer {text}"}, {}, account)


@pytest.fixture
def asker(request: pytest.FixtureRequest, world: World) -> Asker:
    name: str = request.param
    if name == "nobody":
        return Asker({}, {}, None)
    if name in world.people:
        return session_of(world.people[name])
    scopes = [one for one in SCOPES if name == "system" or one.endswith(":read")]
    return key_of(world.people["administrator"], world.company.city, scopes)


def described(*, way: str | None, at_limits: bool) -> Any:
    """The API as it describes itself, asked without a network.

    ``way``: how the askers sign in, None where their session is sent along with every request.
    ``at_limits``: also try what is just inside and just outside of what is described; without it,
    ids and versions are mostly those of rows that are there.
    """
    phases = {"phases": {"coverage": {"enabled": at_limits}}}
    config = SchemathesisConfig.from_dict({**CONFIG, **phases})
    description = json.loads(whole_description())
    schemes = description["components"].pop("securitySchemes")
    description["components"]["securitySchemes"] = {way: schemes[way]} if way else {}
    for operations in description["paths"].values():
        for operation in operations.values():
            operation["security"] = [{way: []}] if way else []
    if not at_limits:
        name_real_rows(description)
    schema = schemathesis.openapi.from_dict(description, config=config)
    schema.app = read_to_its_end(get_wsgi_application())
    return schema


def read_to_its_end(app: Any) -> Any:
    """Return the application as servers use it: what is answered is read, then closed."""

    def served(environ: Any, start_response: Any) -> list[bytes]:
        with closing(app(environ, start_response)) as response:
            return [b"".join(response)]

    return served


@cache
def whole_description() -> str:
    """Return what the API says of itself, as JSON."""
    generator: Any = SchemaGenerator
    return json.dumps(generator().get_schema(public=True), default=str)


def name_real_rows(description: dict[str, Any]) -> None:
    """Narrow ids and versions to the first few, which the rows of a fresh database have."""
    places = description["components"]["schemas"]
    schemas = [
        places["ContactRequest"]["properties"]["customer"],
        places["ContactRequest"]["properties"]["recorded_by"],
    ]
    for name in ("HandoverRequest", "HandoverPreviewRequest"):
        named = places[name]["properties"]
        schemas += [named["customers"]["items"], named["manager"], named["from_manager"]]
    schemas.append(places["NewDepartureRequest"]["properties"]["customer"])
    for operations in description["paths"].values():
        for operation in operations.values():
            for one in operation.get("parameters", ()):
                if one["name"] == "If-Match":
                    one["schema"]["enum"] = ['"1"', '"2"']
                if one["in"] == "path":
                    schemas.append(one["schema"])
    for schema in schemas:
        schema.update(minimum=1, maximum=8)


PEOPLE = described(way=None, at_limits=False)
SYSTEMS = described(way="key", at_limits=False)
AT_LIMITS = described(way="key", at_limits=True)
MODELS: dict[str, Any] = {
    "reassignments/{id}/customers": ReassignedCustomer,
    "reassignments": Reassignment,
    "customers": Customer,
    "contact-records": ContactRecord,
    "cadence-flags": CadenceFlag,
    "call-events": CallEvent,
    "missed-calls": MissedCall,
    "churn-warnings": ChurnWarning,
    "risk-scores": RiskScore,
    "retention-cases": RetentionCase,
    "complaints/{id}/attachments": Attachment,
    "complaints/{id}/sub-tasks": SubTask,
    "complaint-attachments": Attachment,
    "complaint-causes": Cause,
    "complaint-handlers": Unit,
    "complaint-reviews": ComplaintReview,
    "complaint-sub-tasks": SubTask,
    "complaints": Complaint,
    "complaint-categories": Category,
    "service-requests": ServiceRequest,
    "churn-goals": ChurnGoal,
    "work-plans": WorkPlan,
    "departures/{id}/review": DepartureReview,
    "departure-causes": DepartureCause,
    "departure-reviews": DepartureReview,
    "departures": Departure,
    "duty-roster": StaffUser,
    "inspection-plans": InspectionPlan,
    "leaves": Leave,
    "retention-measures": Measure,
    "risk-signals": Signal,
    "inspections": Inspection,
    "findings": Finding,
    "record-signals": RecordSignal,
    "units": Unit,
    "staff": StaffUser,
    "plan-lapses": Lapse,
    "work-logs": WorkLog,
    "usage-snapshots": UsageSnapshot,
    "churn-events": ChurnEvent,
}
BOUNDS = bounds(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def each_operation(schema: Any) -> Callable[[Test], Test]:
    """Run a test for each operation that the schema describes."""
    return cast("Callable[[Test], Test]", schema.parametrize())


def seldom(asker: str) -> Any:
    """Return somebody who asks in `make test-whole` only.

    The tables of routes and of scopes say the same of each of them in a tenth of the time.
    """
    return pytest.param(asker, marks=pytest.mark.whole)


def test_every_route_of_the_api_is_described() -> None:
    routes = {
        "/api/v1/" + re.sub(r"<int:pk>", "{id}", str(route.pattern))
        for route in get_resolver("vipcrm.api_urls").url_patterns
        if isinstance(route, URLPattern) and route.name not in (None, "schema", "api_docs")
    }
    assert len(routes) >= 8
    assert set(PEOPLE.raw_schema["paths"]) == routes


WITHOUT_ROWS = {
    "/api/v1/reassignments/preview/",
    "/api/v1/complaint-attachments/{id}/content/",
    "/api/v1/complaint-figures/",
    "/api/v1/inspection-coverage/",
}
"""Counts, and a file."""

OF_THE_COMPANY = (Category, Cause, ChurnGoal, DepartureCause, Measure, Signal)
"""What is everybody's to read."""


def test_every_resource_has_its_rows_checked() -> None:
    paths = {path for path in PEOPLE.raw_schema["paths"] if path not in WITHOUT_ROWS}
    assert {model_of(path) for path in paths} == set(MODELS.values())


def test_the_world_has_rows_inside_and_outside_of_a_scope(world: World) -> None:
    supervisor = StaffUser.objects.get(pk=world.people["supervisor"].pk)
    for model in MODELS.values():
        inside = model.objects.visible_to(supervisor)
        assert inside.exists(), model
        if model not in OF_THE_COMPANY:
            assert model.objects.exclude(pk__in=inside.values("pk")).exists(), model


def model_of(path: str) -> Any:
    """Return the model of the rows at a path."""
    inner = path.removeprefix("/api/v1/").rstrip("/")
    return MODELS.get(inner) or MODELS[inner.split("/")[0]]


@pytest.mark.parametrize(
    "asker",
    ["supervisor", *map(seldom, ("manager", "handler", "head_office", "administrator"))],
    indirect=True,
)
@each_operation(PEOPLE)
@BOUNDS
def test_every_role_gets_what_is_described_and_in_scope(case: Any, asker: Asker) -> None:
    ask(case, asker)


@pytest.mark.whole
@pytest.mark.parametrize("asker", ["system"], indirect=True)
@each_operation(AT_LIMITS)
@BOUNDS
def test_a_system_gets_what_is_described_and_in_scope(case: Any, asker: Asker) -> None:
    ask(case, asker)


@pytest.mark.whole
@pytest.mark.parametrize("asker", ["system", "reading_system", "nobody"], indirect=True)
@each_operation(SYSTEMS)
@BOUNDS
def test_who_may_less_gets_what_is_described_and_in_scope(case: Any, asker: Asker) -> None:
    ask(case, asker)


def ask(case: Any, asker: Asker) -> None:
    """Send a request and check what comes back."""
    headers = {**asker.headers, "Accept-Encoding": "identity"}
    response = case.call_and_validate(headers=headers, cookies=asker.cookies)
    for row in rows_of(case.path, response):
        model = model_of(case.path)
        assert asker.account is not None
        assert model.objects.visible_to(asker.account).filter(pk=row["id"]).exists()


def rows_of(path: str, response: Any) -> Iterator[dict[str, Any]]:
    """Yield the rows of an answer that has any."""
    if response.status_code >= 300 or path in WITHOUT_ROWS:
        return
    body = response.json()
    # What became of many rows that were sent holds nothing but what was sent.
    yield from [] if "rejected" in body else body.get("results", [body])
