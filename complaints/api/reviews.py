"""Call-backs and judgements of closed complaints in the REST API (article 21)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from complaints.api.shared import SeesComplaints, by_field, caller_of, path_of, person_of, writer_of
from complaints.models import Cause, ComplaintReview
from complaints.querysets import CauseQuerySet, ComplaintReviewQuerySet
from complaints.serializers.reviews import (
    CallBackSerializer,
    ComplaintCauseSerializer,
    ComplaintReviewQuery,
    ComplaintReviewSerializer,
    JudgementSerializer,
)
from complaints.services import aftermath
from contacts.models import ContactRecord, Source
from core import clock
from core.rest.access import ScopePermission, access_of
from core.rest.etags import answer_of, etag_of, wanted_version
from core.rest.lists import ListEndpoint, ListQuery
from core.rest.problems import RuleError, VersionChangedError, refused
from core.rest.schema import page_of
from core.rest.views import Endpoint
from staff.models import StaffUser

FILTERS = {
    "complaint": "complaint",
    "customer": "complaint__customer",
    "manager": "complaint__manager",
    "cause": "cause__code",
    "responsibility": "responsibility",
    "is_appeal": "complaint__is_appeal",
    "updated_since": "updated_at__gte",
}
"""Lookups by parameter."""


class ReviewEndpoint(Endpoint):
    """What the endpoints of call-backs and judgements share."""

    resource = "complaint-reviews"
    permission_classes = (ScopePermission, SeesComplaints)


class ComplaintReviewList(ReviewEndpoint, ListEndpoint):
    """What followed the closings of the complaints that the asker may see."""

    query_class = ComplaintReviewQuery
    serializer_class = ComplaintReviewSerializer
    order = ("updated_at", "pk")

    def get_queryset(self) -> ComplaintReviewQuerySet:
        """Return the reviews in scope, with their complaints and causes."""
        return _whole(ComplaintReview.objects.visible_to(person_of(self.request)))

    def narrow(
        self, rows: ComplaintReviewQuerySet, given: dict[str, Any]
    ) -> ComplaintReviewQuerySet:
        """Apply the filters; a unit that the asker may not see is not found."""
        rows = rows.filter(**{FILTERS[name]: given[name] for name in FILTERS if name in given})
        if "clumsy" in given:
            rows = rows.filter(clumsy_contact__isnull=not given["clumsy"])
        if "unit" in given:
            path = path_of(self.request, given["unit"])
            rows = rows.filter(complaint__unit__path__startswith=path)
        return _of_state(rows, given.get("state"), person_of(self.request))

    @extend_schema(
        operation_id="complaint_review_list",
        parameters=[ComplaintReviewQuery],
        responses={200: page_of(ComplaintReviewSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of call-backs and judgements (article 21), the longest unchanged first.

        A complaint has one for each time that it was closed.
        """
        return super().get(request)


def _of_state(
    rows: ComplaintReviewQuerySet, state: str | None, person: StaffUser
) -> ComplaintReviewQuerySet:
    by_state = {
        None: lambda: rows,
        "to_call": rows.to_call,
        "call_overdue": lambda: rows.call_overdue(clock.today(person.time_zone)),
        "called": lambda: rows.filter(called_at__isnull=False),
        "to_judge": rows.to_judge,
        "judged": lambda: rows.current().filter(judged_at__isnull=False),
        "justified": rows.justified,
    }
    return by_state[state]()


class ComplaintReviewDetail(ReviewEndpoint):
    """What followed one closing."""

    has_versions = True

    @extend_schema(
        operation_id="complaint_review_detail", responses={200: ComplaintReviewSerializer}
    )
    def get(self, request: Request, pk: int) -> Response:
        """Answer the call-back and the judgement of one closing; the ETag names the version.

        What belongs to the complaint (`is_appeal`, `customer`, `unit`, `manager`) makes no new
        version: the complaint's own ETag tells of it.
        """
        return _answer(request, pk)

    @extend_schema(
        operation_id="complaint_review_judge",
        request=JudgementSerializer,
        responses={200: ComplaintReviewSerializer},
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Judge a closed complaint: justified or not, by whom, why, and what prevents it.

        A justified one wants `responsibility` and `cause`. `clumsy_contact` names the contact
        that caused the complaint. Fields that are left out stay. If-Match names the version that
        the judgement is based on; sent again, what stands already stays. Whether the complaint is
        an appeal to the regulator is changed with the complaint.
        """
        person = writer_of(request)
        rows = _whole(ComplaintReview.objects.editable_by(person))
        review = get_object_or_404(rows, pk=pk)
        sent = JudgementSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        version = wanted_version(request, review.version)
        given = sent.validated_data
        if review.is_justified is None and "is_justified" not in given:
            raise RuleError({"is_justified": [_("Say whether it was justified.")]})
        judgement = sent.judgement(
            review, _cause(person, review, given), _contact(person, review, given)
        )
        try:
            aftermath.judge(actor=person, review=review, judgement=judgement, version=version)
        except aftermath.ReviewChangedError as meanwhile:
            now = meanwhile.review
            causes = {"cause": Cause.objects.visible_to(person)}
            changes = by_field(aftermath.changes_since(now, version), causes)
            raise VersionChangedError(etag_of(now.version), changes) from meanwhile
        except ValidationError as refusal:
            raise refused(refusal) from refusal
        return _answer(request, pk)


class ComplaintCallBack(ReviewEndpoint):
    """Calling back after a closing."""

    @extend_schema(
        operation_id="complaint_review_call_back",
        request=CallBackSerializer,
        responses={200: ComplaintReviewSerializer},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Note the result of the call-back, with its contact record; reopen where that is wanted.

        Who was not reached is still to be called. Sent again with the same `submission_key`, or
        once the customer was called back, nothing changes.
        """
        person = writer_of(request)
        rows = ComplaintReview.objects.editable_by(person).select_related("complaint__customer")
        review = get_object_or_404(rows, pk=pk)
        sent = CallBackSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        caller = caller_of(request, sent.validated_data.get("called_by"))
        try:
            aftermath.call_back(
                actor=person,
                review=review,
                called_by=caller,
                source=Source.MANUAL if access_of(request) is None else Source.API,
                **sent.arguments(),
            )
        except ValidationError as refusal:
            raise refused(refusal) from refusal
        return _answer(request, pk)


class ComplaintCauseList(ReviewEndpoint, ListEndpoint):
    """The root causes that a judgement can name."""

    query_class = ListQuery
    serializer_class = ComplaintCauseSerializer

    def get_queryset(self) -> CauseQuerySet:
        """Return them all; those out of use stand in old judgements."""
        return Cause.objects.visible_to(person_of(self.request))

    @extend_schema(
        operation_id="complaint_cause_list",
        parameters=[ListQuery],
        responses={200: page_of(ComplaintCauseSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of the root causes of complaints (article 21)."""
        return super().get(request)


def _whole(rows: ComplaintReviewQuerySet) -> ComplaintReviewQuerySet:
    return rows.select_related("complaint", "cause")


def _answer(request: Request, pk: int) -> Response:
    rows = _whole(ComplaintReview.objects.visible_to(person_of(request)))
    review = get_object_or_404(rows, pk=pk)
    return answer_of(request, review.version, lambda: ComplaintReviewSerializer(review).data)


def _cause(person: StaffUser, review: ComplaintReview, given: dict[str, Any]) -> Cause | None:
    """Return the root cause that is named, one in use or the one that stands."""
    if "cause" not in given:
        return review.cause
    code, standing = given["cause"], review.cause
    if code is None:
        return None
    if standing is not None and standing.code == code:
        return standing
    found = Cause.objects.visible_to(person).in_use().filter(code=code).first()
    if found is None:
        raise RuleError({"cause": [_("There is no such cause in use.")]})
    return found


def _contact(
    person: StaffUser, review: ComplaintReview, given: dict[str, Any]
) -> ContactRecord | None:
    """Return the contact that is named, one that the asker sees or the one that stands."""
    wanted = given.get("clumsy_contact", review.clumsy_contact_id)
    if wanted is None:
        return None
    if wanted == review.clumsy_contact_id:
        return review.clumsy_contact
    seen = ContactRecord.objects.visible_to(person).filter(pk=wanted)
    found = seen.filter(customer=review.complaint.customer_id).first()
    if found is None:
        raise RuleError({"clumsy_contact": [_("Choose a contact of this customer.")]})
    return found
