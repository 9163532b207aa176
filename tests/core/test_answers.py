"""What a client that may only write is answered."""

from __future__ import annotations

from core.rest.answers import as_written, without_values


def test_the_answer_says_what_was_sent_and_what_became_of_it() -> None:
    answer = {"id": 7, "version": 3, "name": "王伟芳", "gender": "male", "phones": [{"id": 1}]}
    assert as_written(answer, {"gender": "female"}) == {"id": 7, "version": 3, "gender": "female"}
    # A list that was sent comes back as it was sent, not as it stands.
    assert as_written(answer, {"phones": [{"id": 1, "kind": "work"}]}) == {
        "id": 7,
        "version": 3,
        "phones": [{"id": 1, "kind": "work"}],
    }


def test_of_many_rows_each_says_what_became_of_it() -> None:
    sent = {"rows": [{"event_id": "A", "number": "138"}, {"event_id": "B", "number": "139"}]}
    rows = [
        {"event_id": "A", "outcome": "new", "event": 1, "customer": 5, "match": "known"},
        {"event_id": "C", "outcome": "new", "customer": 6},
    ]
    assert as_written({"new": 2, "rows": rows, "customers": 9}, sent) == {
        "new": 2,
        "rows": [{"event_id": "A", "outcome": "new", "event": 1}, {"outcome": "new"}],
    }


def test_what_is_no_object_says_nothing() -> None:
    assert as_written([1], {"a": 1}) is None
    assert as_written({"id": 1, "steps": []}, ["x"]) == {"id": 1}


def test_an_error_names_the_fields_that_changed_alone() -> None:
    problem = {"status": 412, "changes": [{"field": "name", "old": "x", "new": "y"}]}
    assert without_values(problem) == {"status": 412, "changes": [{"field": "name"}]}
    assert without_values({"status": 404}) == {"status": 404}
