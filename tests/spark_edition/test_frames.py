"""Lists of rows answer like a data frame of Spark."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pytest

from etl_monitor_orm import InvalidInput
from etl_monitor_orm.spark_edition import Frame, Row


@dataclass(frozen=True)
class Load(Row):
    TaskName: str | None
    Attempts: int
    StartTime: datetime | None


ROWS = [Load("Load employees of all regions", 0, datetime(2026, 1, 1, 6)), Load(None, 1, None)]
FRAME = Frame(Load, ROWS)


def test_row_is_read_by_name_by_attribute_by_place_and_whole() -> None:
    row = ROWS[0]

    assert (row["Attempts"], row.Attempts, row[1], row[-1]) == (0, 0, 0, datetime(2026, 1, 1, 6))
    assert row.asDict() == {"TaskName": row.TaskName, "Attempts": 0, "StartTime": row.StartTime}
    assert (list(row), len(row), "Attempts" in row, "Status" in row) == (list(row.asDict().values()), 3, True, False)


def test_row_without_a_column_says_which_there_are() -> None:
    with pytest.raises(KeyError, match=r"no column 'Status'\. There are TaskName, Attempts, StartTime"):
        ROWS[0]["Status"]


def test_frame_is_collected_counted_and_iterated() -> None:
    assert FRAME.collect() == ROWS == list(FRAME)
    assert (FRAME.first(), FRAME.count(), FRAME.count(ROWS[1]), len(FRAME)) == (ROWS[0], 2, 1, 2)
    assert (Frame(Load).first(), Frame(Load).count(), Frame(Load).columns) == (None, 0, FRAME.columns)


@pytest.mark.parametrize("columns", [("Attempts", "TaskName"), (["Attempts", "TaskName"],)], ids=["names", "list"])
def test_selected_columns_come_in_the_order_asked_for(columns: tuple[str, ...]) -> None:
    chosen = FRAME.select(*columns)

    assert chosen.columns == ["Attempts", "TaskName"]
    assert [row.asDict() for row in chosen] == [
        {"Attempts": 0, "TaskName": ROWS[0].TaskName},
        {"Attempts": 1, "TaskName": None},
    ]
    assert chosen.select("TaskName").first()[0] == ROWS[0].TaskName


def test_selecting_an_unknown_column_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"no column 'Status'\. There are TaskName, Attempts, StartTime"):
        FRAME.select("Status")


def test_shown_rows_are_a_table_with_long_values_cut(capsys: pytest.CaptureFixture[str]) -> None:
    FRAME.show()
    assert capsys.readouterr().out == (
        "+--------------------+--------+-------------------+\n"
        "|TaskName            |Attempts|StartTime          |\n"
        "+--------------------+--------+-------------------+\n"
        "|Load employees of...|0       |2026-01-01 06:00:00|\n"
        "|NULL                |1       |NULL               |\n"
        "+--------------------+--------+-------------------+\n"
    )


def test_shown_rows_can_be_fewer_whole_and_one_value_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    FRAME.show(1, truncate=False, vertical=True)

    assert capsys.readouterr().out == (
        "-RECORD 0\n"
        " TaskName  | Load employees of all regions\n"
        " Attempts  | 0\n"
        " StartTime | 2026-01-01 06:00:00\n"
        "only the first 1 of 2 rows are shown\n"
    )


def test_shown_text_drives_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Frame(Load, [Load("a\x1b[31m\nb", 0, None)]).show()

    assert "|a [31m b|" in capsys.readouterr().out


def test_displayed_rows_are_printed_whole_outside_a_notebook(capsys: pytest.CaptureFixture[str]) -> None:
    FRAME.display()

    assert "Load employees of all regions" in capsys.readouterr().out


def test_displayed_rows_are_a_table_in_a_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    import IPython
    import IPython.display

    shown: list[object] = []
    monkeypatch.setattr(IPython, "get_ipython", object)
    monkeypatch.setattr(IPython.display, "display", shown.append)
    FRAME.display()

    assert shown == [FRAME]
    assert "<th>TaskName</th>" in FRAME._repr_html_()


def test_pandas_frame_has_the_columns_and_times_without_a_zone() -> None:
    frame = FRAME.toPandas()

    assert list(frame.columns) == FRAME.columns
    assert frame["StartTime"][0].to_pydatetime() == datetime(2026, 1, 1, 6)
