"""What is kept: made once for all who ask meanwhile, for a while, and never more than so much."""

from __future__ import annotations

import asyncio
import threading

import pytest

from etl_monitor_orm.server.live.keeping import Kept
from tests.patience import PATIENT


def test_value_that_several_ask_for_at_once_is_made_once() -> None:
    made, go = [], threading.Event()

    def make() -> int:
        made.append(1)
        assert go.wait(PATIENT)
        return len(made)

    async def ask() -> list[int]:
        kept: Kept[str, int] = Kept(60, 5)
        asking = [asyncio.ensure_future(kept.get("a", make)) for _ in range(4)]
        while not made:
            await asyncio.sleep(0)
        asking[0].cancel()  # who began it goes away
        go.set()
        return [await one for one in asking[1:]]

    assert asyncio.run(ask()) == [1, 1, 1]


def test_value_is_handed_out_for_a_while_and_the_oldest_gives_way() -> None:
    now, made = [0.0], []

    async def ask(*keys: str) -> list[str]:
        for key in keys:
            await kept.get(key, lambda key=key: made.append(key))
        return made

    kept: Kept[str, None] = Kept(5, 2, lambda: now[0])
    assert asyncio.run(ask("a", "a", "b", "c", "b")) == ["a", "b", "c"]
    assert asyncio.run(ask("a")) == ["a", "b", "c", "a"]
    now[0] = 5.0
    assert asyncio.run(ask("a")) == ["a", "b", "c", "a", "a"]


def test_error_is_told_to_all_who_wait_and_not_kept() -> None:
    answers = iter([ValueError("away"), 7])

    def make() -> int:
        if isinstance(answer := next(answers), ValueError):
            raise answer
        return answer

    async def ask() -> list[object]:
        kept: Kept[str, int] = Kept(60, 5)
        first = await asyncio.gather(*(kept.get("a", make) for _ in range(3)), return_exceptions=True)
        return [*first, await kept.get("a", make)]

    *errors, value = asyncio.run(ask())
    assert [str(error) for error in errors] == ["away"] * 3
    assert value == 7
    with pytest.raises(StopIteration):
        next(answers)
