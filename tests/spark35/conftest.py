"""One history, played side by side: on this environment's Spark 4, and on Spark 3.5 in another's."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine

from etl_monitor_orm import ETLMonitor, ManualClock, migrations
from tests.databases import monitor_url
from tests.warehouse import Warehouse

from .history import DAWN, Story, play, stages
from .server import Address, start_elsewhere


@dataclass(frozen=True)
class Session:
    """How sessions are configured, and how the tables are laid out.

    Attributes:
        zone: Their time zone.
        ansi: Whether they are in ANSI mode.
        layout: How the tables are laid out.
    """

    zone: str
    ansi: str
    layout: str

    @property
    def schema(self) -> str:
        """A schema of its own."""
        return f"ansi_{self.ansi}"


WEST = Session("America/New_York", "true", "partitioned")
EAST = Session("Pacific/Auckland", "false", "clustered")


def told(engine: Engine, session: Session) -> Story:
    """Play the history, then take tables and views away and make them again; return what all that gave."""
    clock = ManualClock(DAWN)
    monitor = ETLMonitor(engine, schema=session.schema, clock=clock, actor="pytest").setup(layout=session.layout)
    story = play(monitor, clock)
    story["migrations"] = {"differences": migrations.check(engine, monitor.schema)}
    migrations.downgrade(engine, monitor.schema, migrations.BASE)
    migrations.upgrade(engine, monitor.schema, layout=session.layout)
    story["migrations"]["stages"] = stages(monitor)
    engine.dispose()
    return story


@pytest.fixture(scope="session")
def spark4(warehouse: Warehouse) -> Address:
    """The local warehouse."""
    return Address(monitor_url(warehouse), {})


@pytest.fixture(scope="session")
def spark35(request: pytest.FixtureRequest) -> Iterator[Address]:
    """A warehouse on Spark 3.5, with the Python that `--spark35` names."""
    with start_elsewhere(request.config.getoption("--spark35")) as address:
        yield address


@pytest.fixture(scope="session")
def stories(spark4: Address, spark35: Address) -> dict[str, Story]:
    """The history on Spark 4, and twice on Spark 3.5, at the same time: each waits for the others' Java otherwise."""
    plays = {"spark4": (spark4, WEST), "west": (spark35, WEST), "east": (spark35, EAST)}
    with ThreadPoolExecutor(len(plays)) as pool:
        running = {
            name: pool.submit(told, address.engine(session.zone, session.ansi), session)
            for name, (address, session) in plays.items()
        }
        return {name: future.result() for name, future in running.items()}
