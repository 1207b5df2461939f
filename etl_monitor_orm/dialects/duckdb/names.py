"""Names as DuckDB writes them."""

from __future__ import annotations

import re

_PART = re.compile(r'"((?:[^"]|"")*)"|([^.]+)')


def unquoted(name: str) -> str:
    """The name without the double quotes around it, if any."""
    if len(name) > 1 and name.startswith('"') and name.endswith('"'):
        return name[1:-1].replace('""', '"')
    return name


def split_schema(schema: str) -> tuple[str | None, str]:
    """Database and schema of `database.schema`, either of which may be in double quotes.

    >>> split_schema('warehouse."my schema"')
    ('warehouse', 'my schema')
    >>> split_schema("etl")
    (None, 'etl')
    """
    parts = [unquoted(match[0]) for match in _PART.finditer(schema)]
    if len(parts) == 2:
        return parts[0], parts[1]
    return None, unquoted(schema)
