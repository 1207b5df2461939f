"""Reads the page as a person does who hears it: by its parts, its tables, and the names of its signs."""

from __future__ import annotations

from html.parser import HTMLParser

NO_END = {"meta", "link", "br", "input"}
BLOCKS = {"p", "li", "dt", "dd", "h1", "h2", "h3", "tr", "pre", "summary", "caption"}
CELLS = {"td", "th"}


class Page(HTMLParser):
    """A page: its tags, and what each of its parts says.

    Attributes:
        tags: Each tag with its attributes.
        parts: The lines of each part, by the id of its heading; what stands before the first one is under "".
        tables: The rows of each part's tables, cell by cell.
        open: Tags that were not closed.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.parts: dict[str, list[str]] = {"": []}
        self.tables: dict[str, list[list[str]]] = {"": []}
        self.open: list[str] = []
        self._part = ""
        self._said: list[str] = []
        self._cell: list[str] | None = None
        self.feed(text)
        self.close()

    @property
    def summary(self) -> str:
        """The sentence at the top."""
        return self.parts[""][1]

    def says(self, part: str) -> str:
        """What a part says."""
        return "\n".join(self.parts[part])

    def row(self, part: str, head: str) -> list[str]:
        """The row of a part's tables that begins with a text."""
        (found,) = [row for row in self.tables[part] if row and row[0].startswith(head)]
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag not in NO_END:
            self.open.append(tag)
        if tag == "h2":
            self._part = given["id"] or ""
            self.parts[self._part], self.tables[self._part] = [], []
        if tag == "tr":
            self.tables[self._part].append([])
        if tag in CELLS:
            self._cell = []
        if given.get("role") == "img":
            self._note(given["aria-label"] or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1] == tag, f"{tag} closes {self.open[-1]}"
        self.open.pop()
        if tag in CELLS and self._cell is not None:
            self.tables[self._part][-1].append(" ".join(" ".join(self._cell).split()))
            self._cell = None
        if tag in BLOCKS:
            line = " ".join("".join(self._said).split())
            if line and tag != "h2":
                self.parts[self._part].append(line)
            self._said = []

    def handle_data(self, data: str) -> None:
        if not {"style", "title", "script"} & {*self.open}:
            self._note(data)

    def _note(self, text: str) -> None:
        self._said.append(text)
        if self._cell is not None:
            self._cell.append(text)
