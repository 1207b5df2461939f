"""CREATE TABLE, read far enough to take out what open source Spark cannot parse."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.warehouse.tokens import Reader

_AFTER_TYPE = ("NOT", "NULL", "GENERATED", "COMMENT", "DEFAULT", "PRIMARY", "CONSTRAINT", "COLLATE", "MASK", ",", ")")


@dataclass(frozen=True)
class Column:
    """A column as CREATE TABLE defines it.

    Attributes:
        name: Its name.
        kind: Its type.
        nullable: Whether NULL is allowed.
        comment: Its comment.
        identity: ALWAYS or BY DEFAULT for an identity column.
        start: First number of an identity column.
        step: What it grows by.
        other: What else is said of it, such as a default.
        place: Where its type ends in the text.
    """

    name: str
    kind: str
    nullable: bool = True
    comment: str | None = None
    identity: str | None = None
    start: int = 1
    step: int = 1
    other: str = ""
    place: int = 0


@dataclass(frozen=True)
class PrimaryKey:
    """A primary key: information only, on Databricks too."""

    name: str
    columns: tuple[str, ...]


@dataclass
class CreateTable:
    """What a CREATE TABLE says.

    Attributes:
        sql: Its text.
        name: The table's name, in parts.
        if_not_exists: Whether an existing table is left alone.
        columns: Its columns.
        primary_key: Its primary key.
        constraints: Where constraints stand in the text, each with the comma before it.
        partitioned_by: Its partition columns.
        clustered_by: Its clustering columns.
        comment: Its comment.
        properties: Its properties.
        after_columns: Where the text goes on behind the columns.
        in_properties: Where more properties may be written; None without any.
        complete: Whether all of it was understood.
    """

    sql: str
    name: tuple[str, ...] = ()
    if_not_exists: bool = False
    columns: list[Column] = field(default_factory=list)
    primary_key: PrimaryKey | None = None
    constraints: list[tuple[int, int]] = field(default_factory=list)
    partitioned_by: tuple[str, ...] = ()
    clustered_by: tuple[str, ...] = ()
    comment: str | None = None
    properties: dict[str, str] = field(default_factory=dict)
    after_columns: int = 0
    in_properties: int | None = None
    complete: bool = True

    @property
    def has_identity(self) -> bool:
        """Whether a column numbers its rows."""
        return any(column.identity for column in self.columns)

    def is_nullable(self, column: Column) -> bool:
        """Whether a column takes NULL: those of a primary key do not, said or unsaid."""
        return column.nullable and not (self.primary_key and column.name in self.primary_key.columns)

    def without_constraints(self, properties: dict[str, str]) -> str:
        """Return the statement with properties in the place of its constraints."""
        edits = [(start, end, "") for start, end in self.constraints]
        implied = [column for column in self.columns if column.nullable and not self.is_nullable(column)]
        edits += [(column.place, column.place, " NOT NULL") for column in implied]
        added = ", ".join(f"'{name}' = '{value}'" for name, value in properties.items())
        if added and self.in_properties is None:
            edits.append((len(self.sql), len(self.sql), f" TBLPROPERTIES ({added})"))
        elif added and self.in_properties is not None:
            edits.append((self.in_properties, self.in_properties, f"{added}, "))
        text = self.sql
        for start, end, new in sorted(edits, reverse=True):
            text = text[:start] + new + text[end:]
        return text


def parse(sql: str) -> CreateTable:
    """Read a CREATE TABLE; `complete` is false for what is not understood, such as AS SELECT."""
    found, reader = CreateTable(sql), Reader(sql)
    reader.skip("CREATE", "TABLE")
    found.if_not_exists = reader.skip("IF", "NOT", "EXISTS")
    found.name = reader.name()
    if reader.skip("("):
        _columns(reader, found)
    found.after_columns = reader.next.start
    while reader.next.kind != "end" and found.complete:
        _clause(reader, found)
    return found


def _columns(reader: Reader, found: CreateTable) -> None:
    comma = reader.next.start
    while reader.next.kind != "end":
        start = reader.next.start
        if reader.next.word in ("CONSTRAINT", "PRIMARY", "FOREIGN"):
            _constraint(reader, found)
            found.constraints.append((comma if found.columns else start, reader.tokens[reader.place - 1].end))
        else:
            found.columns.append(_column(reader, found))
        comma = reader.next.start
        if not reader.skip(","):
            reader.skip(")")
            return


def _constraint(reader: Reader, found: CreateTable) -> None:
    name = reader.take().value if reader.skip("CONSTRAINT") else f"{found.name[-1]}_pk"
    if reader.skip("PRIMARY", "KEY"):
        found.primary_key = PrimaryKey(name, reader.names())
    reader.past(",", ")")


def _column(reader: Reader, found: CreateTable) -> Column:
    values: dict[str, object] = {"name": reader.take().value, "kind": reader.past(*_AFTER_TYPE)}
    values["place"] = reader.tokens[reader.place - 1].end
    other: list[str] = []
    while reader.next.kind != "end" and reader.next.word not in (",", ")"):
        if reader.skip("NOT", "NULL"):
            values["nullable"] = False
        elif reader.skip("COMMENT"):
            values["comment"] = reader.take().value
        elif reader.skip("GENERATED"):
            values.update(_identity(reader, other))
        elif reader.skip("PRIMARY", "KEY"):
            token = reader.tokens[reader.place - 2]
            found.primary_key = PrimaryKey(f"{found.name[-1]}_pk", (str(values["name"]),))
            found.constraints.append((token.start, reader.tokens[reader.place - 1].end))
        else:
            other.append(reader.take().source)
    return Column(**values, other=" ".join(other))  # type: ignore[arg-type]


def _identity(reader: Reader, other: list[str]) -> dict[str, object]:
    how = "BY DEFAULT" if reader.skip("BY", "DEFAULT") else reader.take().word
    if not reader.skip("AS", "IDENTITY"):
        other.append("GENERATED")  # a computed column, which Spark's own builder would have to make
        return {}
    numbers = reader.past(*_AFTER_TYPE).replace("(", " ").replace(")", " ").upper().split()
    read = dict(zip(numbers, numbers[2:], strict=False))
    return {"identity": how, "start": int(read.get("START", "1")), "step": int(read.get("INCREMENT", "1"))}


def _clause(reader: Reader, found: CreateTable) -> None:
    if reader.skip("USING"):
        reader.take()
    elif reader.skip("PARTITIONED", "BY"):
        found.partitioned_by = reader.names()
    elif reader.skip("CLUSTER", "BY"):
        found.clustered_by = reader.names()
    elif reader.skip("COMMENT"):
        found.comment = reader.take().value
    elif reader.skip("TBLPROPERTIES", "("):
        found.in_properties = reader.next.start
        while reader.next.kind != "end" and not reader.skip(")"):
            key = ".".join(reader.name())
            reader.skip("=")
            found.properties[key] = reader.take().value
            reader.skip(",")
    else:
        found.complete = False
