"""A batch of log records is written although some of them cannot be."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from etl_monitor_orm import ConflictError, DatabaseError, LogEntry, SchemaMissing
from etl_monitor_orm.log_batches import Outcome, write


class Table:
    """A table that refuses some messages, and counts the tries."""

    def __init__(self, *refused: str, trouble: BaseException | None = None) -> None:
        self.refused = refused
        self.trouble = trouble or ValueError("refused")
        self.rows: list[str] = []
        self.tries = 0

    def append(self, entries: Sequence[LogEntry]) -> None:
        self.tries += 1
        if any(entry.message in self.refused for entry in entries):
            raise self.trouble
        self.rows += [entry.message for entry in entries]


def written(messages: Sequence[str], table: Table) -> Outcome:
    return write([LogEntry(message) for message in messages], table.append)


NUMBERS = [str(number) for number in range(500)]


def test_write_good_batch_takes_one_try() -> None:
    table = Table()

    assert (written(NUMBERS, table), table.rows, table.tries) == (Outcome(), NUMBERS, 1)


@pytest.mark.parametrize(
    "refused", [["0"], ["250"], ["499"], NUMBERS[::7], NUMBERS[:60], NUMBERS[:-1]], ids=lambda some: f"{len(some)}"
)
def test_write_records_that_are_refused_are_left_out_and_the_others_written(refused: list[str]) -> None:
    table = Table(*refused)
    outcome = written(NUMBERS, table)

    assert sorted(entry.message for entry, _ in outcome.refused) == sorted(refused)
    assert sorted(table.rows) == sorted(set(NUMBERS) - set(refused))
    assert (outcome.waiting, outcome.trouble) == ([], None)


def test_write_one_refused_record_keeps_the_order_of_the_others() -> None:
    table = Table("b")
    written(["a", "b", "c", "d"], table)

    assert table.rows == ["a", "c", "d"]


@pytest.mark.parametrize("messages", [["a"], ["a", "b"], NUMBERS], ids=["one", "two", "many"])
def test_write_refuses_nothing_where_nothing_can_be_written(messages: list[str]) -> None:
    table = Table(*messages, trouble=DatabaseError("the disk is full"))
    outcome = written(messages, table)

    assert [entry.message for entry in outcome.waiting] == messages
    assert (outcome.refused, str(outcome.trouble)) == ([], "the disk is full")
    assert table.tries <= 30


@pytest.mark.parametrize(
    "trouble", [OSError("gone"), ConflictError("busy"), SchemaMissing("none"), KeyboardInterrupt()]
)
def test_write_database_that_is_away_is_asked_once(trouble: BaseException) -> None:
    table = Table("b", trouble=trouble)
    outcome = written(["a", "b", "c"], table)

    assert [entry.message for entry in outcome.waiting] == ["a", "b", "c"]
    assert (outcome.refused, outcome.trouble, table.tries) == ([], trouble, 1)


def test_write_database_that_goes_away_in_between_leaves_only_the_unwritten() -> None:
    table = Table("b")

    def append(entries: Sequence[LogEntry]) -> None:
        if table.rows:
            raise OSError("gone")
        table.append(entries)

    outcome = write([LogEntry(message) for message in ("a", "b", "c", "d")], append)

    assert table.rows == ["a"]
    assert [entry.message for entry in outcome.waiting] == ["b", "c", "d"]
