"""Whatever is public says at once, and in words, that its first argument is of the wrong type."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from enum import Enum
from types import FunctionType
from typing import Any

import pytest
from sqlalchemy.orm import DeclarativeBase

import etl_monitor_orm
from etl_monitor_orm import (
    Claim,
    ConfigurationError,
    EtlLogHandler,
    ETLMonitor,
    EtlMonitorError,
    InvalidInput,
    demo,
    keys,
    migrations,
)

HR = ("CORP", "HR_DAILY")
RESULTS = (
    *("ModeChange", "PendingTask", "LogEntry", "DemoResult", "TableCheck", "TaskFailure", "Comparison"),
    *("TaskHandle", "FailedTask", "Rows", "Termination", "Journal", "JournalLine", "JournalStatus", "AdoptionReport"),
    *("Extraction", "NewToken", "Token", "CatalogueChange", "PurgeReport", "Explanation", "MovedTable", "RunsOfDate"),
    *("PastFailure", "Duration", "Baseline", "ComparedStep", "Finding"),
)
"""Rows that calls return, or whose fields the call that takes them reads; and handles that only calls make."""
WORDS = r"must be|is not a|is not made|must have|takes|is no\b|the demo loads|Pass"


class Wrong:
    """Of no type that anything expects; it cannot even be referred to weakly."""

    __slots__ = ()


def callables() -> Iterator[tuple[str, Callable[..., object]]]:
    for module in (etl_monitor_orm, migrations, demo):
        for name in module.__all__:
            one = getattr(module, name)
            plain = inspect.isclass(one) and issubclass(one, Exception | Enum | DeclarativeBase)
            if not callable(one) or plain or name in RESULTS or hasattr(one, "__mapper__"):
                continue
            if inspect.signature(one).parameters:
                yield f"{module.__name__}.{name}", one


def methods(of: object) -> Iterator[tuple[str, Callable[..., object]]]:
    for name in dir(of):
        one = inspect.getattr_static(of, name)
        if name.startswith("_") or not isinstance(one, FunctionType | staticmethod):
            continue
        bound: Callable[..., object] = getattr(of, name)
        if any(argument.kind is not argument.KEYWORD_ONLY for argument in inspect.signature(bound).parameters.values()):
            yield name, bound


def with_wrong_first(one: Callable[..., object], wrong: object) -> object:
    arguments = inspect.signature(one).parameters.values()
    needed = [argument for argument in arguments if argument.default is argument.empty]
    rest = [argument for argument in needed if argument.kind is argument.POSITIONAL_OR_KEYWORD][1:]
    return one(wrong, *("etl" for _ in rest))


PUBLIC = dict(callables())


@pytest.mark.parametrize("wrong", [5.5, Wrong(), b"etl"], ids=["number", "object", "bytes"])
@pytest.mark.parametrize("name", PUBLIC)
def test_public_callable_given_a_wrong_first_argument_says_so(name: str, wrong: object) -> None:
    with pytest.raises((InvalidInput, ConfigurationError), match=WORDS):
        with_wrong_first(PUBLIC[name], wrong)


@pytest.fixture(scope="module")
def monitor() -> Iterator[ETLMonitor]:
    monitor = ETLMonitor("duckdb://").setup().register_process(*HR).register_task(*HR, 1, 1, 2, "One")
    yield monitor
    monitor.close()


METHODS = sorted(name for name, _ in methods(ETLMonitor("duckdb://")))


@pytest.mark.parametrize("name", METHODS)
def test_call_given_a_wrong_first_argument_says_so(monitor: ETLMonitor, name: str) -> None:
    calls: dict[str, Callable[..., object]] = dict(methods(monitor))
    with pytest.raises(InvalidInput, match=rf"{WORDS}|Pass one new value"):
        with_wrong_first(calls[name], Wrong())


def test_call_of_a_run_given_a_wrong_first_argument_says_so(monitor: ETLMonitor) -> None:
    run = monitor.start_run(*HR, "2026-04-09")
    with pytest.raises(InvalidInput, match="task_id must be a whole number"):
        run.task(Wrong())  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [5, None, "load", object()])
def test_in_task_given_no_function_says_so_at_once(wrong: Any) -> None:
    with pytest.raises(InvalidInput, match="function must be a function, not"):
        etl_monitor_orm.in_task(wrong)


@pytest.mark.parametrize("wrong", ["duckdb://", None, 5])
def test_log_handler_given_no_monitor_says_so(wrong: Any) -> None:
    with pytest.raises(InvalidInput, match=r"monitor must be an ETLMonitor, not .*EtlLogHandler\(ETLMonitor\(url\)\)"):
        EtlLogHandler(wrong)


@pytest.mark.parametrize("level", ["LOUD", 5.5, [], Wrong()])
def test_log_handler_given_no_level_says_so(monitor: ETLMonitor, level: Any) -> None:
    with pytest.raises(InvalidInput, match=r"level is .*logging\.INFO"):
        EtlLogHandler(monitor, level=level)


@pytest.mark.parametrize(("attempts", "started", "words"), [("x", None, "attempts"), (0, "2026-04-09", "started")])
def test_claim_given_wrong_parts_says_so(attempts: Any, started: Any, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        Claim(attempts, started)


def test_keys_of_any_parts_have_a_text() -> None:
    assert str(keys.ProcessKey(5, None)) == "5/None"  # type: ignore[arg-type]
    assert issubclass(InvalidInput, EtlMonitorError)
