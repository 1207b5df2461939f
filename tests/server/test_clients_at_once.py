"""Many clients at once: no step is won twice, and nothing that was answered is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from time import perf_counter

import httpx2
import pytest

from .conftest import DAY, OF_RUN
from .serving import Served

CLIENTS = 64


@pytest.fixture
def tasks(backend: str) -> int:
    """As many as there are clients; on the warehouse, where a statement takes a third of a second, few for all."""
    return 8 if backend == "databricks" else CLIENTS


def test_given_clients_at_once_when_they_claim_the_same_steps_then_each_is_won_once_and_none_is_lost(
    server: Served,
    token: str,
    tasks: int,
    stored: Callable[..., object],
    at_once: Callable[[Sequence[Callable[[], object]]], list],
) -> None:
    spent: list[float] = []
    limits = httpx2.Limits(max_connections=CLIENTS)
    with server.client(token, limits=limits) as client:

        def post(call: str, body: dict[str, object]) -> httpx2.Response:
            began = perf_counter()
            told = client.post(f"/v1/{call}", json=body)
            while told.status_code == 503:  # busy: it says so, and nothing was written
                told = client.post(f"/v1/{call}", json=body)
            spent.append(perf_counter() - began)
            return told

        def work(number: int) -> list[int]:
            won = []
            for task_id in {number % tasks + 1, (number + 1) % tasks + 1}:  # each task has two or more who want it
                step = {**OF_RUN, "task_id": task_id, "processing_date": DAY}
                claim = post("start_task", step)
                if claim.status_code == 200:
                    won.append(task_id)
                    assert post("end_task", {**step, "claim": claim.json()["claim"]}).status_code == 200
                else:
                    assert claim.status_code == 409
            assert post("log", {"entries": [f"worker {number}"]}).status_code == 200
            return won

        results = at_once([lambda number=number: work(number) for number in range(CLIENTS)])
    assert server.end() is not None

    assert not [one for one in results if isinstance(one, Exception)]
    assert Counter(task for won in results for task in won) == dict.fromkeys(range(1, tasks + 1), 1)
    steps, messages = stored()
    assert {step.status for step in steps} == {"DONE"}
    assert sorted(messages) == sorted(f"worker {number}" for number in range(CLIENTS))
    ordered = sorted(spent)
    print(f"{len(ordered)} requests of {CLIENTS} clients, p95 {ordered[len(ordered) * 95 // 100] * 1000:.0f} ms")  # noqa: T201 - for people, with -s
