"""The rules file: what is wrong is said with its line, and no secret stands in what is said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from etl_monitor_orm import ConfigurationError
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.notify.quiet import read_quiet_hours
from etl_monitor_orm.notify.rules import Rules, read_rules

Read = Callable[..., Rules]

ROOT = Path(__file__).parents[2]
TARGETS = "targets:\n  mail: json://example.com\n"
HR = ProcessKey("CORP", "HR_DAILY")


def test_rules_when_complete_are_read(rules: Read) -> None:
    found = rules(
        TARGETS
        + """rules:
  - name: people
    owner: HR team
    project: [CORP, SHOP]
    process: HR_*
    kinds: [failed, NOT_DONE]
    severity: Error
    quiet: 22:00-07:00 Europe/Berlin
    to: mail
"""
    )
    [rule] = found.rules

    assert (rule.name, rule.line, rule.to, rule.kinds) == ("people", 4, ("mail",), ("FAILED", "NOT_DONE"))
    assert [
        rule.covers(HR, "HR team"),
        rule.covers(HR, None),
        rule.covers(ProcessKey("CORP", "PAYROLL"), "HR team"),
    ] == [
        True,
        False,
        False,
    ]


def test_rules_on_the_page_are_read(rules: Read) -> None:
    page = (ROOT / "docs" / "messages.md").read_text(encoding="utf-8")
    [text] = [token.content for token in MarkdownIt().parse(page) if token.info == "yaml"]
    found = rules(text, SMTP_PASSWORD="secret", CHAT_URL="json://example.com")

    assert [list(found.targets), len(found.rules)] == [["hr-mail", "data-chat"], 2]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "empty"),
        ("targets: [", 1, "no YAML"),
        ("- a\n", 1, "must have entries"),
        ("targets:\n  mail: json://x\n", 1, "lacks rules"),
        (TARGETS + "rules: []\n", 3, "at least one rule"),
        (TARGETS + "rules:\n  - to: mail\nrule: 1\n", 5, "rule is unknown"),
        (TARGETS + "rules:\n  - to: mail\n    ownr: HR\n", 5, "ownr is unknown"),
        (TARGETS + "rules:\n  - owner: HR\n", 4, "lacks to"),
        (TARGETS + "rules:\n  - to: mial\n", 4, "mial is no target"),
        (TARGETS + "rules:\n  - to: mail\n    to: mail\n", 5, "twice"),
        (TARGETS + "rules:\n  - to: mail\n    kinds: [LATE]\n", 5, "'LATE' is no kind"),
        (TARGETS + "rules:\n  - to: mail\n    severity: bad\n", 5, "'bad' is no severity"),
        (TARGETS + "rules:\n  - to: mail\n    quiet: 22:00-07:00\n", 5, "two times with a zone"),
        (TARGETS + "rules:\n  - to: mail\n    quiet: 25:00-07:00 UTC\n", 5, "25:00"),
        (TARGETS + "rules:\n  - to: mail\n    quiet: 22:00-07:00 Europe/Berln\n", 5, "Europe/Berlin"),
        (TARGETS + "rules:\n  - to: mail\n    quiet: 22:00-22:00 UTC\n", 5, "same time"),
        (TARGETS + "rules:\n  - to: mail\n    owner: []\n", 5, "empty list"),
        (TARGETS + "rules:\n  - to: mail\n    owner: {a: b}\n", 5, "must be text"),
        ("targets:\n  m m: json://x\nrules:\n  - to: m m\n", 2, "no name of a target"),
        ("targets:\n  mail: ${CHAT_URL}\nrules:\n  - to: mail\n", 2, "the variable CHAT_URL is not set"),
    ],
)  # fmt: skip
def test_mistake_in_the_file_when_read_is_refused_with_its_line(rules: Read, text: str, line: int, words: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        rules(text)

    assert f"notify.yaml, line {line}: " in str(refused.value)
    assert words in str(refused.value)


def test_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.yaml cannot be read"):
        read_rules(tmp_path / "none.yaml")


def test_variable_in_a_target_when_set_is_filled_in_and_shown_nowhere(rules: Read) -> None:
    text = "targets:\n  mail: mailtos://etl:${SMTP_PASSWORD}@example.com\nrules:\n  - to: mail\n"
    found = rules(text, SMTP_PASSWORD="hunter2-secret")

    assert found.targets["mail"].url == "mailtos://etl:hunter2-secret@example.com"
    assert "hunter2" not in repr(found)


def test_broken_yaml_with_a_secret_when_refused_does_not_repeat_it(rules: Read) -> None:
    with pytest.raises(ConfigurationError) as refused:
        rules('targets:\n  mail: "mailtos://etl:hunter2-secret@example.com\n')

    assert "hunter2" not in str(refused.value)


def test_rule_without_a_process_and_target_without_a_rule_are_said(rules: Read) -> None:
    found = rules(TARGETS + "  chat: json://x\nrules:\n  - name: old\n    process: GONE\n    to: mail\n  - to: mail\n")

    assert found.remarks([(HR, "HR team")]) == [
        "The rule old (line 5) matches no active process.",
        "No rule names the target chat.",
    ]


@pytest.mark.parametrize(
    ("hours", "quiet"),
    [
        ("22:00-07:00 Europe/Berlin", ["20:00", "21:59", "00:00", "04:59"]),
        ("12:00-13:00 UTC", ["12:00", "12:59"]),
    ],
)
def test_quiet_hours_contain_their_first_minute_and_not_their_last(hours: str, quiet: list[str]) -> None:
    times = ["04:59", "05:00", "11:59", "12:00", "12:59", "13:00", "19:59", "20:00", "21:59", "00:00"]
    found = [
        time
        for time in times
        if read_quiet_hours(hours).contain(datetime.fromisoformat(f"2026-07-09 {time}").replace(tzinfo=UTC))
    ]

    assert sorted(found) == sorted(quiet)
