"""Calls that number attempts or end steps run one at a time where the backend says so; no other call waits for them."""

from __future__ import annotations

from contextlib import AbstractContextManager

import pytest

from etl_monitor_orm import ETLMonitor
from tests.contract.every_call.calls import CALLS

BACKENDS = ("duckdb",)  # the call's service asks, whatever the backend does about it

ALONE = {
    *("start_run", "join_run", "get_pending_tasks"),
    *("end_task", "fail_task", "fail_stale", "skip_task", "status_reset"),
    *("make_token", "purge"),
}


@pytest.mark.parametrize("name", CALLS)
def test_call_runs_alone_when_it_numbers_attempts_or_ends_steps(
    hr: ETLMonitor, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for step in CALLS[name].before:
        step(hr)
    backend, guarded = hr._runtime.units.backend, []
    guard = backend.alone

    def alone(engine: object) -> AbstractContextManager[object]:
        guarded.append(name)
        return guard(engine)

    monkeypatch.setattr(backend, "alone", alone)
    CALLS[name].make(hr)

    assert set(guarded) == ({name} & set(ALONE))
