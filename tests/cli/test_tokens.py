"""`etl-monitor token …`: the token is alone on standard output, once, and nowhere else."""

from __future__ import annotations

import re

import pytest

from etl_monitor_orm import ETLMonitor
from etl_monitor_orm.tokens import verified

from .conftest import Command

TOKEN = re.compile(r"etlm_[0-9a-f]{16}_[A-Za-z0-9_-]{43}\n")


@pytest.fixture(autouse=True)
def _here(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETL_MONITOR_URL", url)


def test_token_when_made_is_alone_on_standard_output_and_valid(cli: Command, monitor: ETLMonitor) -> None:
    told = cli("token", "make", "adf", "--scope", "report", "--project", "CORP")
    grant = verified(monitor, told.out.strip())

    assert (told.code, bool(TOKEN.fullmatch(told.out)), "never shown again" in told.err) == (0, True, True)
    assert grant is not None
    assert (grant.name, grant.scope, grant.project_code) == ("adf", "report", "CORP")


def test_token_when_made_is_shown_by_no_later_command_and_not_on_standard_error(cli: Command) -> None:
    made = cli("token", "make", "adf", "--scope", "read")
    secret = made.out.strip()[-43:]
    others = [cli("token", "list"), cli("token", "list", "--json"), cli("token", "revoke", "adf", "--json")]

    assert secret not in "".join((made.err, *(one.out + one.err for one in others)))


@pytest.mark.parametrize(("text", "hours"), [("90d", 2160), ("12h", 12), ("2w", 336), (" 120m ", 2)])
def test_expiry_when_given_is_that_long_after_the_token_was_made(
    cli: Command, monitor: ETLMonitor, text: str, hours: int
) -> None:
    cli("token", "make", "adf", "--scope", "read", "--expires", text)
    (token,) = monitor.tokens()

    assert token.expires_on is not None
    assert token.created_on is not None
    assert (token.expires_on - token.created_on).total_seconds() == hours * 3600


@pytest.mark.parametrize("text", ["", "90", "d", "90 days", "-1d", "1.5h", "٣d", "9999999d", "0d", "999999w", "90D"])
def test_expiry_that_is_no_duration_is_refused_by_its_option(cli: Command, text: str) -> None:
    told = cli("token", "make", "adf", "--scope", "read", "--expires", text)

    assert (told.code, told.out, "--expires" in told.err) == (2, "", True)
    assert cli("token", "list").out == "There are no tokens.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("make", "adf", "--scope", "write"), "--scope is 'write'; it must be one of read, report"),
        (("make", "adf"), "--scope"),
        (("make", " ", "--scope", "read"), "NAME must not be empty"),
        (("make", "taken", "--scope", "read"), "etl-monitor token revoke NAME"),
        (("revoke", "nobody"), "No token has the name nobody. See `etl-monitor token list`."),
    ],
)
def test_command_that_is_refused_says_why_in_the_command_s_words(
    cli: Command, words: tuple[str, ...], said: str
) -> None:
    cli("token", "make", "taken", "--scope", "read")
    told = cli("token", *words)

    assert (told.code, told.out) == (2, "")
    assert said in " ".join(told.err.split())
    assert "monitor." not in told.err


def test_tokens_when_listed_say_how_they_stand(cli: Command) -> None:
    for name in ("revoked", "valid"):
        cli("token", "make", name, "--scope", "read")
    told = cli("token", "revoke", "revoked")
    lines = cli("token", "list").out.splitlines()

    assert told.out == "revoked is revoked.\n"
    assert [line.split()[:3] for line in lines if " read " in line] == [
        ["revoked", "read", "revoked"],
        ["valid", "read", "valid"],
    ]


def test_tokens_when_listed_for_a_program_have_no_hash(cli: Command) -> None:
    made = cli("token", "make", "adf", "--scope", "read", "--json").json
    (listed,) = cli("token", "list", "--json").json

    assert (listed["name"], listed["token_id"], listed["revoked_on"]) == ("adf", made["token_id"], None)
    assert [key for key in listed if "hash" in key or key == "token"] == []


def test_name_with_escapes_when_listed_drives_no_terminal(cli: Command, monitor: ETLMonitor) -> None:
    monitor.make_token("a\x1b[31mb\nc", "read")

    assert "\x1b" not in cli("token", "list").out
