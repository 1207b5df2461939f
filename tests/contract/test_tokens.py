"""Tokens: made once, stored as a hash, found by their id, ended by a person or a date."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import String, literal, update

from etl_monitor_orm import DatabaseError, ETLMonitor, InvalidInput, ManualClock, NewToken, TokenNotFound, TokenScope
from etl_monitor_orm.models import StoredToken
from etl_monitor_orm.tokens import Grant, verified

Refused = Callable[..., AbstractContextManager[None]]
READ, REPORT = TokenScope.READ, TokenScope.REPORT


@pytest.fixture
def token(monitor: ETLMonitor) -> NewToken:
    """A token for one project, made by the monitor of the test."""
    return monitor.make_token("adf", "report", project_code="CORP", expires_in=timedelta(days=90))


# Made


def test_token_when_made_can_be_found_by_those_who_look_for_leaked_secrets(token: NewToken) -> None:
    assert re.fullmatch(r"etlm_[0-9a-f]{16}_[A-Za-z0-9_-]{43}", token.text)


def test_tokens_when_made_are_all_different(monitor: ETLMonitor) -> None:
    texts = {monitor.make_token(f"token {number}", "read").text for number in range(3)}

    assert len({text[-43:] for text in texts}) == len({text[5:21] for text in texts}) == 3


def test_token_when_made_is_nowhere_in_the_tables_and_in_no_printed_form(token: NewToken, tables) -> None:
    secret = token.text[-43:]

    assert secret not in repr(tables())
    assert secret not in f"{token!r} {token}"


def test_token_when_made_is_nowhere_in_a_log(monitor: ETLMonitor, sql_log, caplog: pytest.LogCaptureFixture) -> None:
    sql_log.addHandler(caplog.handler)
    token = monitor.make_token("adf", "report")
    verified(monitor, token.text)
    sql_log.removeHandler(caplog.handler)

    assert "ETLtokens" in caplog.text
    assert token.text[-43:] not in caplog.text


def test_token_when_listed_says_what_it_is_for_and_how_long(
    monitor: ETLMonitor, token: NewToken, clock: ManualClock
) -> None:
    (listed,) = monitor.tokens()

    assert (listed.token_id, listed.name, listed.scope, listed.project_code) == (token.token_id, "adf", REPORT, "CORP")
    assert (listed.created_on, listed.created_by) == (clock.now, "pytest")
    assert (listed.expires_on, listed.revoked_on, listed.last_used_on) == (clock.now + timedelta(days=90), None, None)


@pytest.mark.parametrize("name", ["it's `ours`: 🎉", "-", "x" * 100])
def test_name_of_any_text_when_made_round_trips(monitor: ETLMonitor, name: str) -> None:
    monitor.make_token(name, "read")

    assert [token.name for token in monitor.tokens()] == [name]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"name": "", "scope": "read"}, "name"),
        ({"name": "x" * 101, "scope": "read"}, "name"),
        ({"name": None, "scope": "read"}, "name"),
        ({"name": "a\0", "scope": "read"}, "name"),
        ({"name": "a", "scope": "write"}, "scope"),
        ({"name": "a", "scope": None}, "scope"),
        ({"name": "a", "scope": "read", "project_code": 7}, "project_code"),
        ({"name": "a", "scope": "read", "expires_in": 0}, "expires_in"),
        ({"name": "a", "scope": "read", "expires_in": -1}, "expires_in"),
        ({"name": "a", "scope": "read", "expires_in": float("nan")}, "expires_in"),
        ({"name": "a", "scope": "read", "expires_in": timedelta.max}, "expires_in"),
        ({"name": "a", "scope": "read", "expires_in": "90d"}, "expires_in"),
    ],
)
def test_argument_that_cannot_be_read_is_refused_by_its_name(
    monitor: ETLMonitor, refused: Refused, arguments: dict[str, Any], word: str
) -> None:
    with refused(InvalidInput, word):
        monitor.make_token(**arguments)


def test_name_of_a_token_in_use_is_refused_and_the_token_stays(
    monitor: ETLMonitor, token: NewToken, refused: Refused
) -> None:
    with refused(InvalidInput, "adf", "revoke_token"):
        monitor.make_token("adf", "read")

    assert verified(monitor, token.text) is not None


def test_name_of_a_revoked_token_can_be_used_again_and_only_the_new_one_is_valid(
    monitor: ETLMonitor, token: NewToken
) -> None:
    monitor.revoke_token("adf")
    new = monitor.make_token("adf", "read")

    assert [verified(monitor, text) is not None for text in (token.text, new.text)] == [False, True]


# Revoked, expired


def test_revoked_token_is_no_longer_valid_and_keeps_its_row(
    monitor: ETLMonitor, token: NewToken, clock: ManualClock
) -> None:
    clock.advance(60)
    monitor.revoke_token("adf")

    assert verified(monitor, token.text) is None
    assert [one.revoked_on for one in monitor.tokens()] == [clock.now]


def test_token_when_revoked_twice_keeps_the_first_time(
    monitor: ETLMonitor, token: NewToken, clock: ManualClock
) -> None:
    monitor.revoke_token("adf")
    first = clock.now
    clock.advance(60)
    monitor.revoke_token("adf")

    assert [one.revoked_on for one in monitor.tokens()] == [first]


def test_revoking_one_token_leaves_the_others_alone(monitor: ETLMonitor, token: NewToken) -> None:
    other = monitor.make_token("adf ", "read")
    monitor.revoke_token("adf")

    assert verified(monitor, other.text) is not None


def test_name_that_no_token_has_when_revoked_is_refused(monitor: ETLMonitor, token: NewToken, refused: Refused) -> None:
    with refused(TokenNotFound, "ADF", "token list"):
        monitor.revoke_token("ADF")


def test_token_is_valid_until_the_moment_at_which_it_expires(
    monitor: ETLMonitor, token: NewToken, clock: ManualClock
) -> None:
    assert token.expires_on is not None
    clock.set(token.expires_on - timedelta(microseconds=1))
    before = verified(monitor, token.text)
    clock.set(token.expires_on)

    assert (before is not None, verified(monitor, token.text)) == (True, None)


def test_expired_token_holds_its_name_until_it_is_revoked(
    monitor: ETLMonitor, token: NewToken, clock: ManualClock
) -> None:
    clock.advance(91 * 24 * 3600)
    with pytest.raises(InvalidInput, match="revoke"):
        monitor.make_token("adf", "read")
    monitor.revoke_token("adf")

    assert monitor.make_token("adf", "read").name == "adf"


# Verified


def test_valid_token_when_verified_says_what_it_allows(monitor: ETLMonitor, token: NewToken) -> None:
    assert verified(monitor, token.text) == Grant(token.token_id, "adf", REPORT, "CORP")


def test_token_of_another_schema_is_not_valid_here(monitor: ETLMonitor) -> None:
    other = ETLMonitor("duckdb:///:memory:").setup()
    with other.engine.connect():
        assert verified(monitor, other.make_token("adf", "report").text) is None
    other.close()


def forged(token: NewToken, other: NewToken) -> dict[str, object]:
    """What somebody might send in place of a token."""
    text = token.text
    return {
        "wrong secret": text[:-43] + other.text[-43:],
        "last character": text[:-1] + ("A" if text[-1] != "A" else "B"),
        "other case": text[:-43] + text[-43:].swapcase(),
        "other id": other.text[:-43] + text[-43:],
        "id that nobody has": f"etlm_{'0' * 16}_{text[-43:]}",
        "truncated": text[:-1],
        "longer": text + "A",
        "line break": text + "\n",
        "blank before": " " + text,
        "with its scheme": f"Bearer {text}",
        "without prefix": text.removeprefix("etlm_"),
        "empty": "",
        "only prefix": "etlm_",
        "none": None,
        "bytes": text.encode(),
        "a number": 7,
        "digits of another script": "etlm_" + "٣" * 16 + text[21:],
        "accents": text[:-1] + "é",
        "lone surrogate": text[:-1] + "\udcff",
        "nul": text[:-1] + "\0",
        "an id that is SQL": "etlm_' OR '1'='1' -- " + text[21:],
        "10 MB": text + "A" * 10_000_000,
    }


@pytest.mark.parametrize("kind", forged(NewToken("", "", "etlm_", None), NewToken("", "", "", None)))
def test_forged_token_is_not_valid_and_writes_nothing(
    monitor: ETLMonitor, token: NewToken, unchanged, kind: str
) -> None:
    other = monitor.make_token("other", "read")
    with unchanged():
        assert verified(monitor, forged(token, other)[kind]) is None


def test_stored_hash_when_sent_as_a_token_is_not_valid(
    monitor: ETLMonitor, token: NewToken, row: Callable[..., StoredToken]
) -> None:
    stored = row(StoredToken).secret_hash

    assert [verified(monitor, text) for text in (stored, token.text[:22] + stored[:43])] == [None, None]


def test_scope_that_this_release_does_not_know_allows_nothing(monitor: ETLMonitor, token: NewToken) -> None:
    table = StoredToken.__table__
    with monitor.engine.begin() as connection:
        connection.execute(update(table).values({table.c.Scope: literal("admin", String)}))

    assert verified(monitor, token.text) is None


# Cost


def test_token_that_was_used_today_costs_one_statement(monitor: ETLMonitor, token: NewToken, statements) -> None:
    verified(monitor, token.text)
    with statements.counted() as executed:
        verified(monitor, token.text)

    assert len(executed) == 1


def test_text_that_cannot_be_a_token_costs_no_statement(monitor: ETLMonitor, token: NewToken, statements) -> None:
    with statements.counted() as executed:
        verified(monitor, token.text[:-1])

    assert executed == []


def test_use_of_a_token_is_noted_once_a_day(monitor: ETLMonitor, token: NewToken, clock: ManualClock) -> None:
    noted = []
    for _ in range(4):
        clock.advance(12 * 3600)
        verified(monitor, token.text)
        noted += [(clock.now - used).total_seconds() for one in monitor.tokens() if (used := one.last_used_on)]

    assert noted == [0, 12 * 3600, 0, 12 * 3600]


def test_use_that_cannot_be_noted_refuses_nobody(
    monitor: ETLMonitor, token: NewToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise DatabaseError("permission denied")

    monkeypatch.setattr("etl_monitor_orm.services.tokens.note_use", refuse)

    assert verified(monitor, token.text) is not None
