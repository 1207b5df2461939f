"""Executes a notebook on a real kernel, as a person does who runs all of its cells."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from tests.patience import PATIENT

FOLDER = Path(__file__).parents[2] / "notebooks"
QUESTIONS = FOLDER / "02_ad_hoc_queries.ipynb"
DASHBOARD = FOLDER / "03_monitoring_dashboard.ipynb"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def opened(notebook: Path) -> NotebookNode:
    """Return the cells of a notebook."""
    return nbformat.read(notebook, as_version=4)


def executed(pages: NotebookNode, folder: Path) -> NotebookNode:
    """Execute cells in a folder; a cell that fails raises."""
    NotebookClient(
        pages, timeout=PATIENT, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    return pages
