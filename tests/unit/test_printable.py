"""Names and values in messages: one line, no longer than people read, and nothing that a terminal obeys."""

from __future__ import annotations

import pytest

from etl_monitor_orm import ETLMonitor, InvalidInput, NotFoundError, ParameterType
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.printable import listed, named, quoted

HR = ("CORP", "HR_DAILY")
LONG = "x" * 1_000_000
WILD = "a\x1b[31m\nb\u202ec"


@pytest.mark.parametrize(
    ("name", "shown"),
    [("LoadFlüge 😀", "LoadFlüge 😀"), ("x" * 100, "x" * 100), (LONG, "x" * 100 + "…"), (WILD, "a [31m b c"), ("", "")],
)
def test_named_given_any_text_then_it_is_one_short_line(name: str, shown: str) -> None:
    assert named(name) == shown


@pytest.mark.parametrize("value", [LONG, WILD, WILD * 10, "\x1b" * 100, [LONG], {1: WILD}, b"x" * 1_000])
def test_quoted_given_any_value_then_it_is_one_short_line(value: object) -> None:
    assert len(quoted(value)) < 120
    assert quoted(value).isprintable()


def test_quoted_given_ordinary_values_then_they_are_whole() -> None:
    assert [quoted(value) for value in ("it's", 5, None, "x" * 100)] == ['"it\'s"', "5", "None", repr("x" * 100)]


def test_quoted_given_text_of_blanks_then_each_of_them_is_shown() -> None:
    assert [quoted("   "), quoted("a  b"), quoted("\t")] == ["'   '", "'a  b'", "'\\t'"]


def test_listed_given_a_few_names_then_all_are_there_in_their_order() -> None:
    assert listed(["b", "a"], "c") == "b, a"
    assert listed([], "c") == ""


def test_listed_given_many_names_then_the_nearest_are_there_and_how_many_more() -> None:
    names = [f"CORP/LOAD_{number:04}" for number in range(1_000)] + ["CORP/HR_DAILY", "CORP/HR_HOURLY"]

    assert listed(names, "corp/hr_dayly").startswith("CORP/HR_DAILY, ")
    assert listed(names, "corp/hr_dayly").endswith(", CORP/HR_HOURLY, … and 1000 more")
    assert listed(names, "§").startswith("CORP/LOAD_0000, CORP/LOAD_0001, ")


def test_unknown_process_among_many_is_answered_with_the_nearest() -> None:
    monitor = ETLMonitor("duckdb://").setup()
    monitor.register_process(*HR)
    for number in range(30):
        monitor.register_process("SHOP", f"SALES_{number}")

    with pytest.raises(NotFoundError, match=r"Registered processes: CORP/HR_DAILY, .*… and \d+ more"):
        monitor.failures("CORP", "HR_DALY")
    monitor.close()


@pytest.mark.parametrize("name", [LONG[:3_000], WILD])
def test_error_about_any_name_is_one_short_line(name: str) -> None:
    monitor = ETLMonitor("duckdb://").setup().register_process(name, name)
    for number in range(20):
        monitor.register_process("SHOP", f"{number}{name}")
    messages = []
    for call in (
        lambda: monitor.failures("NONE"),
        lambda: monitor.failures(name, "NONE"),
        lambda: monitor.start_run(name, "NONE"),
        lambda: monitor.start_run(name, name),
        lambda: monitor.get_active_watermark(name, name, name),
        lambda: monitor.set_processing_mode(name, name, parameter_name=name, value_int=1),
        lambda: monitor.register_parameter(name, name, name, ParameterType.SYSTEM),
        lambda: monitor.end_task(name[:200], name, name, 1, processing_date="2026-04-09"),
        lambda: monitor.runs(name[:200]),
        lambda: monitor.start_run(*HR, if_running=name),  # type: ignore[arg-type]
        lambda: monitor.start_run(*HR, name),
        lambda: monitor.register_parameter(*HR, "P", name),
        lambda: monitor.get_status(*HR, attempts=name),  # type: ignore[arg-type]
        lambda: monitor.end_task("run", *HR, 1, claim=name),
        lambda: monitor.task("run", *HR, 1, on_not_runnable=name),  # type: ignore[arg-type]
    ):
        with pytest.raises((NotFoundError, InvalidInput, Exception)) as refused:
            call()  # type: ignore[no-untyped-call]
        messages.append(str(refused.value))
    monitor.close()

    for message in messages:
        assert message.isprintable(), message
        assert len(message) < 1_500, message


def test_keys_show_their_names_short_and_keep_them_whole() -> None:
    assert str(ProcessKey(LONG, WILD)) == f"{'x' * 100}…/a [31m b c"
    assert ProcessKey(LONG, WILD).project_code == LONG
