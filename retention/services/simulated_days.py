"""Living invented histories day by day, through the services that write real ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from random import Random

from core import audit, bulk, clock
from customers.models import Customer
from customers.rules import add_months
from retention.models import (
    ChurnBaseYear,
    ChurnEvent,
    ChurnWarning,
    Departure,
    DepartureCause,
    DepartureReview,
    RiskRun,
)
from retention.models.usage import Source
from retention.rules.churn import COUNTED_KINDS
from retention.rules.courses import COURSES, WITHOUT_SIGNS
from retention.rules.departures import was_warned
from retention.rules.simulation import Leaving, Life, month_number
from retention.services import scoring, warnings
from retention.services.departures import (
    DepartureRow,
    ReviewRow,
    report_departure,
    review_departure,
)
from retention.services.goals import freeze_base
from staff.models import Role, StaffUser

SCORED_ON = 3
"""The day of the month on which everybody is scored."""
COURSE_OF = {course.cause: course for course in COURSES}
ALL_IS_WELL = (
    "客户说一切正常，最近出差较多。",
    "客户换了双卡手机，主号仍在用。",
    "客户休假，用得少。",
)
NEXT_STEPS = ("三天内给出续约方案并回电。", "请网络部门上门测试后回访。", "下月账单出来后再联系。")


@dataclass(frozen=True)
class Days:
    """Which days are lived. ``scored_from``: from when on customers are scored; None: never."""

    seed: int
    first: date
    last: date
    scored_from: date | None


@dataclass(frozen=True)
class Person:
    """A customer in whose life something happens."""

    customer: int
    number: str
    zone: str
    unit_path: str
    life: Life


@dataclass
class Lived:
    """What happened: how many of each."""

    events: int = 0
    departures: int = 0
    reviews: int = 0
    warnings: int = 0
    followed_up: int = 0
    closed: int = 0
    bases: int = 0


def live(*, days: Days, people: Sequence[Person], events: Sequence[ChurnEvent]) -> Lived:
    """Let everything happen in its order: events, scoring, follow-ups, departures, reviews.

    The caller has a transaction open, and sees that it runs once.
    """
    return _Agenda(days, people, events).live()


@dataclass
class _Agenda:
    """What is to be done and when; what is done can lead to more."""

    days: Days
    people: Sequence[Person]
    events: Sequence[ChurnEvent]
    lived: Lived = field(default_factory=Lived)
    _due: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _order: count[int] = field(default_factory=count)

    def live(self) -> Lived:
        self._by_customer: Mapping[int, Person] = {
            person.customer: person for person in self.people
        }
        self._causes = {cause.code: cause for cause in DepartureCause.objects.all()}
        self._reviewers = list(
            StaffUser.objects.filter(role=Role.SUPERVISOR, is_active=True, unit__isnull=False)
            .select_related("unit")
            .order_by("pk")
        )
        self._write_events()
        self._plan_departures()
        if self.days.scored_from is not None:
            self._plan_bases()
            self._plan_scoring(self.days.scored_from)
        end = min(clock.end_of_day(self.days.last), clock.now())
        while self._due:
            moment, _number, do = heappop(self._due)
            if moment < end:
                with clock.lived_at(moment):
                    do()
        return self.lived

    def _at(self, day: date, hour: int, do: Callable[[], None], zone: str | None = None) -> None:
        moment = clock.start_of_day(day, zone) + timedelta(hours=hour)
        heappush(self._due, (moment, next(self._order), do))

    def _random(self, *what: object) -> Random:
        return Random(f"{self.days.seed}:{what}")  # noqa: S311 - invented data, not a secret

    # --- Events and departures ---

    def _write_events(self) -> None:
        """Events before the scored days are over and done with; the others are judged then."""
        scored_from = self.days.scored_from
        waiting = []
        for event in self.events:
            if scored_from is None or event.happened_at < clock.start_of_day(scored_from):
                event.judged_at = event.happened_at
            else:
                waiting.append(event)
        bulk.insert_new(self.events, set_keys=True)
        audit.record_many(
            actor=None,
            verb="churn_event.received",
            model=ChurnEvent,
            rows=[(e.pk, e.customer_id, {"kind": [None, e.kind]}) for e in self.events],
        )
        self.lived.events = len(self.events)
        for event in waiting:
            heappush(self._due, (event.happened_at, next(self._order), self._judging(event.pk)))

    def _judging(self, event: int) -> Callable[[], None]:
        def judge() -> None:
            warnings.judge_events(event_ids=[event])

        return judge

    def _plan_departures(self) -> None:
        for person in self.people:
            leaving = person.life.leaving
            if leaving is not None and leaving.left_on <= self.days.last:
                self._at(leaving.left_on, 17, self._departing(person, leaving), person.zone)

    def _departing(self, person: Person, leaving: Leaving) -> Callable[[], None]:
        def depart() -> None:
            departure = report_departure(
                actor=None,
                customer=Customer.objects.get(pk=person.customer),
                departure=DepartureRow(
                    kind=Departure.Kind(leaving.kind),
                    left_on=leaving.left_on,
                    is_voluntary=leaving.is_voluntary,
                    competitor=leaving.competitor,
                ),
                source=Source.SIMULATED,
            )
            self.lived.departures += 1
            self._plan_review(person, leaving, departure)

        return depart

    def _plan_review(self, person: Person, leaving: Leaving, departure: Departure) -> None:
        random = self._random(person.number, "review")
        if leaving.kind not in COUNTED_KINDS or random.random() < 0.12:
            return
        reviewer = self._reviewer_of(person.unit_path)
        if reviewer is None:
            return
        course = COURSE_OF[leaving.cause]
        will_try = random.random() < 0.3

        def review() -> None:
            review_departure(
                actor=reviewer,
                departure=departure,
                review=ReviewRow(
                    cause=self._causes[leaving.cause],
                    foreseeable=self._foreseeable(person, leaving),
                    lesson=course.lesson,
                    competitor=leaving.competitor,
                    win_back_on=add_months(leaving.left_on, 6) if will_try else None,
                ),
            )
            self.lived.reviews += 1

        self._at(leaving.left_on + timedelta(days=random.randint(2, 13)), 16, review, person.zone)

    def _reviewer_of(self, path: str) -> StaffUser | None:
        """Return the supervisor of the unit, or of the nearest one above."""
        above = [user for user in self._reviewers if user.unit and path.startswith(user.unit.path)]
        return max(above, key=lambda user: len(user.unit.path if user.unit else ""), default=None)

    def _foreseeable(self, person: Person, leaving: Leaving) -> DepartureReview.Foreseeable:
        opened = ChurnWarning.objects.filter(customer=person.customer).values_list(
            "opened_at", flat=True
        )
        days = (clock.local_date(moment, person.zone) for moment in opened)
        if any(was_warned(day, leaving.left_on) for day in days):
            return DepartureReview.Foreseeable.YES
        if leaving.cause == WITHOUT_SIGNS:
            return DepartureReview.Foreseeable.NO
        return DepartureReview.Foreseeable.MISSED

    # --- The product's own jobs, and what managers do ---

    def _plan_bases(self) -> None:
        for year in range(self.days.first.year + 1, self.days.last.year + 1):
            if not ChurnBaseYear.objects.filter(pk=year).exists():
                self._at(date(year, 1, 1), 12, self._freezing(year))

    def _freezing(self, year: int) -> Callable[[], None]:
        def freeze() -> None:
            freeze_base(year=year)
            self.lived.bases += 1

        return freeze

    def _plan_scoring(self, scored_from: date) -> None:
        latest = RiskRun.objects.order_by("-as_of").values_list("as_of", flat=True).first()
        month = scored_from.replace(day=1)
        # This month's scores are of yesterday: what they warn of is still to be followed up.
        while (day := month.replace(day=SCORED_ON)) < self.days.last.replace(day=1):
            if day >= scored_from and (latest is None or day >= latest):
                self._at(day, 3, self._scoring(day))
                self._at(day + timedelta(days=1), 10, self._follow_up)
                self._at(day + timedelta(days=4), 10, self._escalate)
            month = add_months(month, 1)
        if latest is None or self.days.last >= latest:
            self._at(self.days.last, 3, self._scoring(self.days.last))

    def _scoring(self, day: date) -> Callable[[], None]:
        def score() -> None:
            self.lived.warnings += scoring.flag_churn_risk(as_of=day).opened

        return score

    def _escalate(self) -> None:
        warnings.escalate_overdue()

    def _follow_up(self) -> None:
        """Managers ask most of those they were warned of; some warnings close a week later."""
        waiting = ChurnWarning.objects.open().filter(
            contacted_at=None, is_simulated=True, manager__isnull=False
        )
        for warning in waiting.select_related("manager", "customer").order_by("pk"):
            manager, today = warning.manager, clock.today()
            random = self._random(warning.customer.number, today, "asked")
            if manager is None or random.random() < 0.15:
                continue
            person = self._by_customer.get(warning.customer_id)
            goes_on = person is not None and _is_in_trouble(person.life, today)
            warnings.follow_up(
                actor=manager,
                warning=warning,
                found=_found(person, random) if goes_on else random.choice(ALL_IS_WELL),
                next_step=random.choice(NEXT_STEPS) if goes_on else "",
            )
            self.lived.followed_up += 1
            leaves = person is not None and person.life.leaving is not None
            if random.random() < (0.2 if leaves else 0.6 if goes_on else 0.85):
                result = ChurnWarning.Result.STAYS if goes_on else ChurnWarning.Result.UNFOUNDED
                self._at(today + timedelta(days=8), 15, self._closing(warning, manager, result))

    def _closing(
        self, warning: ChurnWarning, manager: StaffUser, result: ChurnWarning.Result
    ) -> Callable[[], None]:
        def close() -> None:
            warning.refresh_from_db()
            if warning.is_open and warning.contacted_at is not None:
                warnings.close(actor=manager, warning=warning, result=result)
                self.lived.closed += 1

        return close


def _is_in_trouble(life: Life, day: date) -> bool:
    return life.trouble is not None and life.trouble.level(month_number(day) - 1) > 0


def _found(person: Person | None, random: Random) -> str:
    trouble = person.life.trouble if person is not None else None
    text = trouble.course.found if trouble is not None else ""
    return text or random.choice(ALL_IS_WELL)
