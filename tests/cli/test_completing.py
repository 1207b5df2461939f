"""Completion in a shell: names of projects, processes and tasks; without a database, none, at once and silently."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from etl_monitor_orm import ETLMonitor
from etl_monitor_orm.cli import completing

from .conftest import Command, Outcome

Complete = Callable[..., list[str]]


@pytest.fixture
def asked(shell: Command) -> Callable[..., Outcome]:
    """Ask the installed command, as bash does, what may follow the words so far; the last one is incomplete."""

    def ask(words: str, **environment: str) -> Outcome:
        line = f"etl-monitor {words}"
        number = str(line.count(" "))
        return shell(COMP_WORDS=line, COMP_CWORD=number, _ETL_MONITOR_COMPLETE="complete_bash", **environment)

    return ask


@pytest.fixture
def offered(asked: Callable[..., Outcome], url: str) -> Complete:
    return lambda words, **more: asked(words, **{"ETL_MONITOR_URL": url, **more}).out.split()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("status ", ["CORP"]),
        ("why CO", ["CORP"]),
        ("why X", []),
        ("why CORP ", ["HR_DAILY", "PAYROLL"]),
        ("why CORP HR", ["HR_DAILY"]),
        ("why OTHER ", []),
        ("task start ", ["CORP"]),
        ("task start CORP P", ["PAYROLL"]),
        ("task start CORP HR_DAILY ", ["0.0", "1.1", "1.2", "1.3", "Initiation"]),
        ("history CORP HR_DAILY 1", ["1.1", "1.2", "1.3"]),
        ("durations CORP HR_DAILY I", ["Initiation"]),
        ("exec CORP HR_DAILY 0", ["0.0"]),
        ("run pending CORP HR_DAILY ", []),
        ("history CORP HR_DAILY 1 ", []),
        ("dur", ["durations"]),
    ],
)
def test_names_that_may_follow_are_offered(offered: Complete, words: str, expected: list[str]) -> None:
    assert offered(words) == expected


def test_tasks_of_the_process_that_the_environment_names_are_offered_first(offered: Complete) -> None:
    here = {"ETL_MONITOR_PROJECT": "CORP", "ETL_MONITOR_PROCESS": "HR_DAILY"}

    assert offered("history ", **here)[:2] == ["CORP", "0.0"]


def test_database_that_the_line_names_is_asked(asked: Callable[..., Outcome], url: str) -> None:
    assert asked(f"why --url {url} C").out.split() == ["CORP"]


@pytest.mark.parametrize(
    "name", ["$(touch here)", "a;b", "a b", "-rf", "`x`", "x\x1b[2J", "x\ny", "x:y", "*", "'", "~", "\u202ex"]
)
def test_name_that_a_shell_would_not_take_as_it_is_is_not_offered(
    offered: Complete, monitor: ETLMonitor, name: str
) -> None:
    monitor.register_process(name, "LOAD").register_process("CORP", name)
    monitor.close()

    assert offered("why ") == ["CORP"]
    assert offered("why CORP ") == ["HR_DAILY", "PAYROLL"]


def test_wildcards_in_what_was_typed_are_plain_letters(offered: Complete) -> None:
    assert offered("why %") == offered("why _") == []


@pytest.mark.parametrize(
    "url",
    [
        "duckdb:///nothing.duckdb",
        "duckdb:////nowhere/at/all.duckdb",
        "sqlite:///x.db",
        "no url",
        "postgresql://127.0.0.1:1/x",
        "databricks://token:x@127.0.0.1:1?http_path=/x",
    ],
)
def test_without_a_database_nothing_is_offered_printed_or_created(
    asked: Callable[..., Outcome], tmp_path: Path, url: str
) -> None:
    told = asked("why ", ETL_MONITOR_URL=url)

    assert (told.out.strip(), told.err, list(tmp_path.iterdir())) == ("", "", [])


def test_without_any_setting_nothing_is_created(asked: Callable[..., Outcome], tmp_path: Path) -> None:
    told = asked("why ")

    assert (told.out.strip(), told.err, list(tmp_path.iterdir())) == ("", "", [])


def test_file_without_tables_is_no_database(asked: Callable[..., Outcome], tmp_path: Path) -> None:
    (tmp_path / "other.duckdb").write_bytes(b"not a database")
    told = asked("why ", ETL_MONITOR_URL="duckdb:///other.duckdb")

    assert (told.out.strip(), told.err) == ("", "")


def test_file_that_another_process_holds_is_not_waited_for(asked: Callable[..., Outcome], url: str) -> None:
    with ETLMonitor(url, exclusive=True) as busy:
        busy.register_process("CORP", "NEW")
        told = asked("why ", ETL_MONITOR_URL=url)

    assert (told.out.strip(), told.err) == ("", "")


def test_server_that_never_answers_is_not_waited_for(asked: Callable[..., Outcome]) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        told = asked("why ", ETL_MONITOR_URL=f"postgresql://u@127.0.0.1:{silent.getsockname()[1]}/x")

    assert (told.code, told.out.strip(), told.err) == (0, "", "")


def test_file_of_a_monitor_is_only_read(asked: Callable[..., Outcome], file: Path) -> None:
    before = file.read_bytes()
    asked("why ", ETL_MONITOR_URL=f"duckdb:///{file}")

    assert (file.read_bytes(), list(file.parent.iterdir())) == (before, [file])


def test_completion_that_breaks_offers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(completing, "_answer", broken)

    class Context:
        params: dict[str, object] = {}  # noqa: RUF012

    assert completing.project(Context(), "") == []  # type: ignore[arg-type]
