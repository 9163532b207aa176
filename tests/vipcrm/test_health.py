"""The answers for load balancers."""

import pytest
from django.db import DatabaseError, connection
from django.test import Client


def test_the_process_answers_without_asking_the_database(client: Client) -> None:
    # Without the django_db mark any query would fail the test.
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_it_is_ready_while_the_database_answers(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"database": "ok"})


@pytest.mark.django_db
def test_it_is_not_ready_while_the_database_is_down(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise DatabaseError("the server closed the connection: password=hidden")

    monkeypatch.setattr(connection, "cursor", refuse)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"database": "down"})
    assert answer["Retry-After"] == "5"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_nothing_can_be_sent_to_them(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
