"""Which modules are broken, and which tests should notice."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

FOLDERS: Final = ("etl_monitor_orm/services", "etl_monitor_orm/views", "etl_monitor_orm/sql")

KEPT: Final = re.compile(
    "|".join(
        (
            "own/.*",
            "core/ReplaceComparisonOperator_(Eq_NotEq|Eq_GtE|Eq_LtE|NotEq_Eq|Lt_LtE|LtE_Lt|Gt_GtE|GtE_Gt|Is_IsNot|IsNot_Is)",
            "core/ReplaceBinaryOperator_(BitAnd_BitOr|BitOr_BitAnd|Add_Sub|Sub_Add)",
            "core/ReplaceUnaryOperator_(Delete_Not|Delete_Invert)",
            "core/(AddNot|ReplaceTrueWithFalse|ReplaceFalseWithTrue|ReplaceAndWithOr|ReplaceOrWithAnd|NumberReplacer)",
            "core/(RemoveDecorator|ZeroIterationForLoop|ExceptionReplacer|ReplaceBreakWithContinue)",
        )
    )
)
"""The operators that are used: of the library's others, most only make the code fail at once."""

# The first tests that notice end a trial, so the nearest ones come first.
_FIRST: Final = {
    "services/advancing.py": (
        "tests/contract/test_watermarks_who_set_them.py",
        "tests/contract/test_watermarks_shared.py",
        "tests/contract/test_watermarks_lag_and_mode.py",
    ),
    "services/dates.py": ("tests/contract/test_status.py", "tests/contract/test_time.py"),
    "services/dispatch.py": ("tests/contract/test_pending.py",),
    "services/ending.py": ("tests/contract/test_transitions.py", "tests/contract/test_initiation_marker.py"),
    "services/logs.py": ("tests/contract/test_logs.py",),
    "services/modes.py": ("tests/contract/test_modes.py",),
    "services/queries.py": ("tests/contract/test_questions.py",),
    "services/registration.py": ("tests/contract/test_registration.py", "tests/contract/test_activation.py"),
    "services/reset.py": ("tests/contract/test_reset.py",),
    "services/runs.py": ("tests/contract/test_runs.py", "tests/contract/test_runs_resumed.py"),
    "services/stale.py": ("tests/contract/test_stale.py",),
    "services/staging.py": ("tests/contract/test_watermarks_held.py", "tests/contract/test_watermarks_historic.py"),
    "services/status.py": ("tests/contract/test_status.py",),
    "services/steps.py": ("tests/contract/test_transitions.py", "tests/contract/test_task_context.py"),
    "services/transitions.py": ("tests/contract/test_transitions.py", "tests/contract/test_workers.py"),
    "services/watermarks.py": ("tests/contract/test_watermarks_explicit.py",),
    "services/empty_runs.py": ("tests/contract/test_runs_empty.py",),
    "services/entries.py": ("tests/contract/test_registration_of_a_list.py",),
    "services/prepared.py": ("tests/contract/test_transitions.py",),
    "services/refusals.py": (
        "tests/contract/test_transitions_refused.py",
        "tests/contract/test_errors_say_what_they_are_about.py",
    ),
    "services/schema.py": ("tests/contract/test_schema_guard.py",),
    "services/scopes.py": ("tests/contract/test_status.py", "tests/contract/test_questions.py"),
    "services/seen.py": ("tests/unit/test_seen.py", "tests/contract/test_uncounted_writes.py"),
    "services/unreset.py": ("tests/contract/test_reset.py",),
    "services/upsert.py": ("tests/contract/test_registration.py", "tests/contract/test_registration_of_a_list.py"),
    "sql/merge.py": ("tests/contract/test_registration.py",),
}
_LAST: Final = ("tests/contract/test_orders.py", "tests/contract/every_call/test_neighbours.py")
"""Tests of what each call has in common: its order, and what stands beside it."""

THEN: Final = ("tests/contract", "tests/model/test_reference.py", "tests/model/test_regressions.py")
"""All tests that may notice; without a mutation they pass."""


def modules(root: Path, chosen: list[str]) -> list[Path]:
    """Return the modules to break: all, or those whose path contains one of the chosen words."""
    found = sorted(file for folder in FOLDERS for file in (root / folder).glob("*.py") if file.name != "__init__.py")
    return [file for file in found if not chosen or any(word in file.as_posix() for word in chosen)]


def nearest(root: Path, module: Path) -> list[str]:
    """Return the tests that are about a module, whatever they execute: views are built before any test begins."""
    path = module.as_posix()
    own = [test for part, tests in _FIRST.items() if part in path for test in tests] or _about_views(root, module)
    return [*own, *_LAST]


def _about_views(root: Path, module: Path) -> list[str]:
    """The tests of views, and those that read the view of this module."""
    if not is_of_views(module):
        return []
    views = re.findall(r"^class (\w+)\(ViewBase\)", (root / module).read_text("utf-8"), re.MULTILINE)
    names = re.compile("|".join(rf"\b{view}\b" for view in views) or r"(?!)")
    tests = sorted((root / "tests/contract").glob("test_*.py"))
    about = [test for test in tests if test.name.startswith("test_views")]
    about += [test for test in tests if test not in about and names.search(test.read_text("utf-8"))]
    return [test.relative_to(root).as_posix() for test in about]


def named() -> list[str]:
    """Return all files and folders of tests that are named here."""
    return [*THEN, *_LAST, *(test for tests in _FIRST.values() for test in tests)]


def is_of_views(module: Path) -> bool:
    """Whether a view may be built from a module: the database has the views' frozen text, not what the module says."""
    return module.as_posix().startswith(("etl_monitor_orm/views/", "etl_monitor_orm/sql/"))


Place = tuple[int, int]


@cache
def unpromised(module: Path) -> list[tuple[Place, Place]]:
    """Return where a change changes nothing that a trial promises: types, limits, what other databases get."""
    tree = ast.parse(module.read_text("utf-8"))
    found = [getattr(node, name, None) for node in ast.walk(tree) for name in ("annotation", "returns")]
    outer = [*tree.body, *(inner for node in tree.body if isinstance(node, ast.If) for inner in node.body)]
    found += [node.value for node in outer if isinstance(node, ast.Assign | ast.AnnAssign) and _is_free(node.value)]
    found += [
        node.value for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg in ("strict", "frozen")
    ]
    found += [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_for_another_database(node)]
    return [((n.lineno, n.col_offset), (n.end_lineno or 0, n.end_col_offset or 0)) for n in found if n is not None]


def _is_free(value: ast.expr | None) -> bool:
    """Whether a value is a choice of types, such as `date | None`, or a number, such as how many rows are kept."""
    is_choice = isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitOr)
    return is_choice or (isinstance(value, ast.Constant) and isinstance(value.value, int | float))


def _is_for_another_database(call: ast.Call) -> bool:
    """Whether this registers how SQL reads on a database that the trials do not use."""
    others = [one for one in call.args if isinstance(one, ast.Constant) and one.value in ("postgresql", "databricks")]
    return bool(others) and isinstance(call.func, ast.Name) and call.func.id == "compiles"
