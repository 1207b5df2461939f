"""The dashboard is what is published of its format, and each widget shows what its dataset selects."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
import sqlglot
from databricks.labs.lsql.lakeview.model import ChartEncodingMapWithMultiX, Layout
from sqlglot import expressions

from etl_monitor_orm import views

from .kit import Kit

DASHBOARD = Kit().dashboard
DATASETS = Kit().datasets
WIDTH = 6
"""Columns of a page's grid."""

PUBLISHED = {("heatmap", 3)}
"""A kind of widget that Databricks describes, and that its models do not have yet."""


def _placed() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each widget in its place, with the name of its page."""
    for page in DASHBOARD["pages"]:
        for placed in page["layout"]:
            yield page["name"], placed


WIDGETS = {placed["widget"]["name"]: placed["widget"] for _, placed in _placed()}


def _kind(widget: dict[str, Any]) -> tuple[str, int]:
    return widget["spec"]["widgetType"], widget["spec"]["version"]


def _columns(dataset: str) -> list[str]:
    return sqlglot.parse_one(DATASETS[dataset], read="databricks").named_selects


def _encoded(encoding: object, name: str = "fieldName") -> Iterator[str]:
    """The fields that are named anywhere in a widget's encodings."""
    if isinstance(encoding, dict):
        yield from [encoding[name]] if name in encoding else []
        for one in encoding.values():
            yield from _encoded(one, name)
    elif isinstance(encoding, list):
        for one in encoding:
            yield from _encoded(one, name)


def test_given_the_widgets_when_read_by_the_published_models_then_nothing_of_them_is_lost() -> None:
    for _, placed in _placed():
        widget, spec = placed["widget"], placed["widget"]["spec"]
        if _kind(widget) in PUBLISHED or any("parameters" in one["query"] for one in widget["queries"]):
            continue  # the models know neither; the tests below read them
        read = Layout.from_dict(placed).as_dict()
        if "fields" in spec["encodings"].get("x", {}):
            # Two of the models fit a bar with several series, and the wrong one is tried first.
            read["widget"]["spec"]["encodings"] = ChartEncodingMapWithMultiX.from_dict(spec["encodings"]).as_dict()
        assert read == placed, widget["name"]


def test_given_a_widget_of_another_version_when_read_by_the_published_models_then_it_is_refused() -> None:
    widget = WIDGETS["processes"]

    with pytest.raises(KeyError, match="unknown: version=9"):
        Layout.from_dict({"position": {}, "widget": {**widget, "spec": {**widget["spec"], "version": 9}}})


def test_given_the_heatmap_when_read_then_it_has_two_categories_and_a_quantity() -> None:
    encodings = WIDGETS["days"]["spec"]["encodings"]

    assert _kind(WIDGETS["days"]) in PUBLISHED
    assert {axis: one["scale"]["type"] for axis, one in encodings.items()} == {
        "x": "categorical",
        "y": "categorical",
        "color": "quantitative",
    }


def test_given_a_widget_when_its_fields_are_looked_for_then_its_dataset_selects_them() -> None:
    for name, widget in WIDGETS.items():
        for query in (one["query"] for one in widget["queries"]):
            used = {
                column for field in query.get("fields", []) for column in re.findall("`(.+?)`", field["expression"])
            }
            assert used <= set(_columns(query["datasetName"])), name
            assert used or "parameters" in query, name


def test_given_a_widget_when_its_encodings_are_looked_for_then_its_queries_have_each_of_them() -> None:
    for name, widget in WIDGETS.items():
        fields = {field["name"] for one in widget["queries"] for field in one["query"].get("fields", [])}
        queries = {one["name"] for one in widget["queries"]}
        assert set(_encoded(widget["spec"]["encodings"])) == fields, name
        assert set(_encoded(widget["spec"]["encodings"], "queryName")) <= queries, name
        assert len(queries) == len(widget["queries"]), name


def test_given_the_choice_of_a_run_when_made_then_it_fills_the_parameter_of_the_steps() -> None:
    (steps,) = (one for one in DASHBOARD["datasets"] if one["name"] == "steps")
    (parameter,) = steps["parameters"]
    choice = WIDGETS["run"]
    (asked,) = (one["query"]["parameters"] for one in choice["queries"] if "parameters" in one["query"])

    assert asked == [{"name": parameter["keyword"], "keyword": parameter["keyword"]}]
    assert set(_encoded(choice["spec"]["encodings"], "parameterName")) == {parameter["keyword"]}
    assert choice["spec"]["selection"]["defaultSelection"] == parameter["defaultSelection"]
    assert {name for name, sql in DATASETS.items() if f":{parameter['keyword']}" in sql} == {"steps"}


def test_given_the_datasets_when_their_tables_are_listed_then_they_are_the_six_views_without_a_schema() -> None:
    read = set()
    for sql in DATASETS.values():
        parsed = sqlglot.parse_one(sql, read="databricks")
        own = {one.alias for one in parsed.find_all(expressions.CTE)}
        read |= {(one.catalog, one.db, one.name) for one in parsed.find_all(expressions.Table) if one.name not in own}

    assert read == {("", "", view.__table__.name) for view in _views()}


def test_given_the_datasets_when_widgets_are_listed_then_each_is_shown() -> None:
    shown = {one["query"]["datasetName"] for widget in WIDGETS.values() for one in widget["queries"]}

    assert shown == set(DATASETS)


def test_given_the_pages_when_widgets_are_placed_then_none_covers_another() -> None:
    for page in DASHBOARD["pages"]:
        cells = [_cells(placed["position"]) for placed in page["layout"]]
        assert all(not one & other for one, other in combinations(cells, 2)), page["name"]
        assert all(x < WIDTH for taken in cells for x, _ in taken), page["name"]


def test_given_the_names_when_counted_then_none_stands_twice() -> None:
    pages = Counter(page["name"] for page in DASHBOARD["pages"])
    widgets = Counter(placed["widget"]["name"] for _, placed in _placed())
    datasets = Counter(one["name"] for one in DASHBOARD["datasets"])

    assert {name for found in (pages, widgets, datasets) for name, times in found.items() if times > 1} == set()


def _cells(position: dict[str, int]) -> set[tuple[int, int]]:
    across = range(position["x"], position["x"] + position["width"])
    down = range(position["y"], position["y"] + position["height"])
    return {(x, y) for x in across for y in down}


def _views() -> list[Any]:
    names = ("ProcessStatus", "RunSummary", "TaskDetail", "MandatoryBlocker", "CurrentFailure", "Watermark")
    return [getattr(views, name) for name in names]
