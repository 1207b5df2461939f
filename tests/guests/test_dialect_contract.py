"""The dialects could be published alone: the rule that says so names every other module."""

from __future__ import annotations

import tomllib

from tests.docs.pages import ROOT


def test_rule_on_dialects_names_every_other_module() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (rule,) = (
        rule
        for rule in settings["tool"]["importlinter"]["contracts"]
        if rule.get("source_modules") == ["etl_monitor_orm.dialects"]
    )
    modules = {
        path.stem for path in (ROOT / "etl_monitor_orm").iterdir() if path.suffix in ("", ".py") and path.name[0] != "_"
    }

    assert {name.rpartition(".")[2] for name in rule["forbidden_modules"]} == modules - {"dialects"}
