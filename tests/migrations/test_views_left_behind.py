"""A downgrade whose engine does not know in which schema the views are: it would leave them behind without tables."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from etl_monitor_orm import ETLMonitor, SchemaError, migrations
from tests.migrations.looking import execute

NEEDS = ("transactional_ddl",)  # elsewhere, a downgrade that was stopped has dropped them, and goes on


def test_downgrade_is_refused_where_none_of_the_views_is(place: tuple[Engine, str]) -> None:
    engine, schema = place
    apart = f"{schema}_views"
    monitor = ETLMonitor(engine, schema=schema, views_schema=apart).setup()

    with pytest.raises(SchemaError, match=r"None of the monitor's views.*--views-schema"):
        migrations.downgrade(engine, schema, migrations.BASE)

    assert migrations.check(monitor.engine, schema) == []
    execute(engine, f"DROP SCHEMA {apart} CASCADE")
