"""Notebooks as pages."""

from __future__ import annotations

from docutils import nodes
from myst_parser.parsers.sphinx_ import MystParser
from sphinx.application import Sphinx

from scripts.site.gathering import markdown_of


class NotebookParser(MystParser):
    """Reads a notebook's cells as a page in Markdown."""

    supported = ("notebook",)

    def parse(self, inputstring: str, document: nodes.document) -> None:
        """Parse a notebook."""
        super().parse(markdown_of(inputstring), document)


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx what reads notebooks."""
    app.add_source_suffix(".ipynb", "notebook")
    app.add_source_parser(NotebookParser)
    return {"parallel_read_safe": True}
