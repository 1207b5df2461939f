"""The demo's deadline: one breach that opens and closes, one message about it, and one when it is over."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import select

from etl_monitor_orm import Breach, BreachKind, ConfigurationError, ETLMonitor, Outcome
from etl_monitor_orm.demo import run_demo
from tests.demo.conftest import Demos
from tests.notify.conftest import WebHook

RULES = """
targets:
  team: {url}
rules:
  - owner: Flight data team
    kinds: [NOT_STARTED, NOT_DONE]
    to: team
"""


@pytest.fixture
def hook() -> Iterator[WebHook]:
    hook = WebHook()
    yield hook
    hook.stop()


def test_given_the_late_file_when_the_demo_runs_then_one_breach_opened_and_closed(demos: Demos) -> None:
    with demos.session() as session:
        (breach,) = session.scalars(select(Breach))

    assert (breach.kind, breach.outcome) == (BreachKind.NOT_DONE, Outcome.RESOLVED)
    assert (breach.process_load, breach.processing_date) == ("FLIGHTS", date(2013, 1, 2))
    assert breach.until is not None
    assert timedelta(minutes=7) <= breach.until - breach.since < timedelta(minutes=15)
    assert [one.breach_id for one in demos.first.late] == [breach.breach_id]
    assert demos.second.late == ()


def test_given_rules_when_the_demo_runs_then_its_owner_is_told_of_the_lateness_and_of_its_end(
    in_folder: Path, hook: WebHook
) -> None:
    rules = in_folder / "notify.yaml"
    rules.write_text(RULES.format(url=hook.url), "utf-8")
    text = io.StringIO()
    run_demo(3, rules=rules, console=Console(file=text, width=120))
    run_demo(1, rules=rules)

    assert [body["title"] for body in hook.bodies] == ["NYC/FLIGHTS: 1 late", "NYC/FLIGHTS: resolved"]
    assert "was due by 00:45 America/New_York on 2013-01-03 and is not done." in str(hook.bodies[0]["message"])
    assert "Resolved after 7 min" in str(hook.bodies[1]["message"])
    assert "Told team: NYC/FLIGHTS: 1 late" in text.getvalue()
    monitor = ETLMonitor("duckdb:///etl_monitor.duckdb")
    with monitor.session() as session:
        late = select(Breach).where(Breach.kind != BreachKind.FAILED)
        assert [breach.outcome for breach in session.scalars(late)] == [Outcome.RESOLVED]
    monitor.close()


def test_given_rules_that_are_not_there_when_the_demo_runs_then_nothing_is_loaded(
    in_folder: Path,
) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.yaml"):
        run_demo(1, rules="nowhere.yaml")

    monitor = ETLMonitor("duckdb:///etl_monitor.duckdb")
    assert monitor.list_runs() == []
    monitor.close()
