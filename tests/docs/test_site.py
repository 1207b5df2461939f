"""The documentation site builds, hangs together, and has everything that people look up by name."""

from __future__ import annotations

import json
import posixpath
import re
from importlib import import_module
from urllib.parse import unquote

import pytest
from sqlalchemy.orm import Mapper

from etl_monitor_orm import ETLMonitor
from etl_monitor_orm.models import Base
from etl_monitor_orm.server.app import document
from etl_monitor_orm.server.limits import Limits
from etl_monitor_orm.views import VIEWS

from .built import Site
from .pages import ROOT, script

REFERENCE = script("reference")
TABLES = sorted(Base.registry.mappers, key=lambda mapper: mapper.local_table.name)
MAPPED = [*TABLES, *(view.__mapper__ for view in VIEWS)]
ELSEWHERE = re.compile(r"(?:[a-z][a-z+.-]*:)?//")


def test_site_is_built_without_a_warning(site: Site) -> None:
    assert (site.status, site.said) == (0, "")


def test_site_has_every_page_of_the_repository(site: Site) -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("notebooks/*.ipynb")]

    assert {page.relative_to(ROOT).with_suffix(".html").as_posix() for page in pages} <= set(site.pages)


def test_links_within_the_site_lead_to_a_page_and_a_place(site: Site) -> None:
    broken = [
        (name, link)
        for name, page in site.pages.items()
        for link in page.links
        if not ELSEWHERE.match(link) and not leads_somewhere(site, name, link)
    ]

    assert broken == []


def test_places_of_a_page_have_different_names(site: Site) -> None:
    twice = [(name, page.repeated) for name, page in site.pages.items() if page.repeated]

    assert twice == []


def test_pages_load_nothing_from_elsewhere(site: Site) -> None:
    loaded = [(name, what) for name, page in site.pages.items() for what in page.loaded]

    assert len(loaded) > len(site.pages), "nothing was found that pages load"
    assert [found for found in loaded if ELSEWHERE.match(found[1])] == []


def test_style_sheets_load_nothing_from_elsewhere(site: Site) -> None:
    sheets = sorted(site.folder.rglob("*.css"))
    named = re.compile(r"""(?:url\(|@import)\s*["']?((?:[a-z]+:)?//[^"')\s]+)""")

    assert sheets
    assert [(sheet.name, found) for sheet in sheets for found in named.findall(sheet.read_text("utf-8"))] == []


@pytest.mark.parametrize("module", REFERENCE.MODULES)
def test_reference_has_each_public_name(site: Site, module: str) -> None:
    names = {f"{module}.{name}" for name in import_module(module).__all__}
    again = {f"{module}.{kind.__name__}" for kind in REFERENCE.CALLED if not kind.__module__.startswith(module)}

    assert names - again - set(site.anchors("reference/")) == set()


@pytest.mark.parametrize("kind", REFERENCE.CALLED, ids=lambda kind: kind.__name__)
def test_reference_has_each_call(site: Site, kind: type) -> None:
    page = site.pages[f"reference/{kind.__name__}.html"]
    places = {anchor.rpartition(f".{kind.__name__}.")[2] for anchor in page.anchors}

    assert set(REFERENCE.members(kind)) - places == set()


@pytest.mark.parametrize("kind", REFERENCE.CALLED, ids=lambda kind: kind.__name__)
def test_search_finds_each_call_by_its_name(site: Site, kind: type) -> None:
    index = (site.folder / "searchindex.js").read_text("utf-8")
    objects = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))["objects"]
    (found,) = [names for owner, names in objects.items() if owner.endswith(f".{kind.__name__}")]

    assert set(REFERENCE.members(kind)) - {entry[-1] for entry in found} == set()


@pytest.mark.parametrize("mapper", MAPPED, ids=lambda mapper: mapper.local_table.name)
def test_dictionary_has_each_column_with_its_attribute_and_its_meaning(site: Site, mapper: Mapper[object]) -> None:
    rows = rows_of(site, mapper.local_table.name)
    expected = {column.name: mapper.get_property_by_column(column).key for column in mapper.local_table.columns}
    meaning = heads_of(site, mapper.local_table.name).index("Meaning")

    assert {name: cells[0].split()[-1] for name, cells in rows.items()} == expected
    assert [name for name, cells in rows.items() if cells[meaning] in ("", "None.")] == []


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__tablename__)
def test_dictionary_says_which_tables_a_view_reads(site: Site, view: type) -> None:
    tables = {mapper.local_table.name for mapper in Base.registry.mappers}
    section = section_of(site, view.__tablename__).partition("Reads:")[2].partition("</p>")[0]

    frozen = max((ROOT / "alembic" / "views").glob(f"*/duckdb/{view.__tablename__}.sql"))
    read = set(re.findall(r"\bETL\w+", frozen.read_text("utf-8"))) & tables
    assert read
    assert set(re.findall(r"<code>(\w+)</code>", section)) == read


def test_http_reference_has_each_route(site: Site) -> None:
    with ETLMonitor("duckdb:///:memory:routes") as monitor:
        paths = document(monitor, Limits()).openapi()["paths"]
    page = (site.folder / "reference" / "http.html").read_text("utf-8")
    shown = set(re.findall(r"\b(GET|POST) (/[^\s<]+)", page))

    assert shown == {(verb.upper(), path) for path, verbs in paths.items() for verb in verbs}


def leads_somewhere(site: Site, page: str, link: str) -> bool:
    """Return whether a link leads to a file of the site, and to a place on it."""
    path, _, anchor = unquote(link).partition("#")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(page), path.partition("?")[0])) if path else page
    if not (site.folder / target).is_file():
        return False
    return not anchor or target not in site.pages or anchor in site.pages[target].anchors


def section_of(site: Site, name: str) -> str:
    """Return the dictionary's section about a table or a view."""
    page = "views" if name.startswith("v_") else "tables"
    text = (site.folder / "reference" / f"{page}.html").read_text("utf-8")
    return text.partition(f'<span id="etl.{name}"></span>')[2].partition("<h2>")[0]


def heads_of(site: Site, name: str) -> list[str]:
    """Return the heads of a table of the dictionary."""
    return re.findall(r"<th[^>]*><p>(\w+)</p></th>", section_of(site, name))


def rows_of(site: Site, name: str) -> dict[str, list[str]]:
    """Return the texts of each column's row in the dictionary."""
    found: dict[str, list[str]] = {}
    for row in re.findall(r"<tr.+?</tr>", section_of(site, name), re.DOTALL):
        if marked := re.search(rf'<span id="etl\.{name}\.(\w+)">', row):
            cells = re.findall(r"<td>(.*?)</td>", row, re.DOTALL)
            found[marked[1]] = [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in cells]
    return found
