"""The notebooks run from top to bottom, every question gets an answer, and no output is committed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from nbformat import NotebookNode

from tests.notebooks.executing import DASHBOARD, NOTEBOOKS, QUESTIONS, executed, opened


def _name(notebook: Path) -> str:
    return notebook.name


@pytest.mark.parametrize("notebook", [one for one in NOTEBOOKS if one not in (QUESTIONS, DASHBOARD)], ids=_name)
def test_given_a_notebook_when_it_is_executed_then_no_cell_fails(notebook: Path, tmp_path: Path) -> None:
    executed(opened(notebook), tmp_path)


def test_given_the_questions_when_they_are_asked_then_each_has_an_answer_and_two_are_plotted(tmp_path: Path) -> None:
    pages = executed(opened(QUESTIONS), tmp_path)

    answers = {
        heading.source.splitlines()[0]: [_answer(output) for output in cell.outputs]
        for heading, cell in zip(pages.cells, pages.cells[1:], strict=False)
        if re.match(r"## \d+\. ", heading.source)
    }
    assert len(answers) >= 10
    assert [question for question, answer in answers.items() if not any(answer)] == []
    assert sum("plot" in answer for answer in answers.values()) >= 2


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=_name)
def test_given_a_notebook_when_it_is_committed_then_it_holds_no_output(notebook: Path) -> None:
    cells = [cell for cell in opened(notebook).cells if cell.cell_type == "code"]

    assert [cell.source for cell in cells if cell.outputs or cell.execution_count is not None] == []


def _answer(output: NotebookNode) -> str | None:
    """What an output holds: a plot, a table with at least one row, or printed lines."""
    data = output.get("data", {})
    if "image/png" in data:
        return "plot"
    text = data.get("text/plain", output.get("text", "")).strip()
    if "┃" in text:  # the head of a table
        return "table" if "│" in text else None
    return "text" if text else None
