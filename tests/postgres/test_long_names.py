"""A name that no index of PostgreSQL can hold."""

from __future__ import annotations

import random
import string

import pytest

from etl_monitor_orm import ETLMonitor, InvalidInput


def test_name_longer_than_a_key_is_refused_in_words(monitor: ETLMonitor) -> None:
    name = "".join(random.Random(1).choices(string.printable, k=9_000))

    with pytest.raises(InvalidInput, match=r"too long .*2,600 bytes.*Choose a shorter one") as refused:
        monitor.register_process("CORP", name)
    assert len(str(refused.value)) < 1_000
