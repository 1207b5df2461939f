"""The share of false alarms is no more than the page says, over simulated histories; and trouble is found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.baselines.false_alarms import KINDS, Kind, row, share

PAGE = Path(__file__).parents[2] / "docs" / "baselines.md"
"""Where people read the shares."""
WHAT = ("durations", "counts")


def limits(kind: Kind) -> tuple[float, float]:
    """The most false alarms, and the least share of troubles found, by the page."""
    row = re.search(rf"^\| {re.escape(kind.name)} \|.*\| (\S+)% \| (\S+)% \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert row is not None, f"{PAGE.name} has no row for {kind.name!r}"
    return float(row[1]) / 100, float(row[2]) / 100


@pytest.mark.parametrize("what", WHAT)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_share_of_false_alarms_and_of_troubles_found_is_within_the_limits_of_the_page(kind: Kind, what: str) -> None:
    found = share(kind, durations=what == "durations", seed=1, histories=2, days=365)
    most, least = limits(kind)

    assert found.judged > 500
    assert found.alarms / found.judged <= most
    assert found.found / found.troubles >= least


def test_page_has_the_shares_that_the_benchmark_measures() -> None:
    kind = KINDS[1]

    assert row(kind).rstrip("|") in PAGE.read_text("utf-8")
