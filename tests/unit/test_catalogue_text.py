"""The text of a catalogue file: whatever a name is, it is read as it was written, and drives no terminal."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from etl_monitor_orm import InvalidInput, Process
from etl_monitor_orm.calls.catalogue_reading import read_catalogue
from etl_monitor_orm.calls.catalogue_writing import write_catalogue
from etl_monitor_orm.services.catalogue_export import Catalogue

HOSTILE = 'HR \u202e evil\x1b[31m\x07 \U0001f389 it\'s "quoted": - # \u2028 \x85 \ufeff \\ {}[]&*!|>%@`'
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(str.strip)


def file_of(text: str) -> str:
    process = Process(project_code=text, process_load=text, process_name=text, load_frequency="D", is_active=True)
    return write_catalogue(Catalogue([], [], [], [process], [], []))


@pytest.fixture(params=["with libyaml", "without libyaml"], scope="module")
def parser(request: pytest.FixtureRequest):
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "without libyaml":
            patch.delattr(yaml, "CSafeLoader")
        yield


@example(HOSTILE)
@example("no")
@example("0x1F")
@example("2026-04-09")
@example(" a \n\n b\t\r\n")
@example("~")
@given(TEXTS)
def test_any_text_when_written_is_read_back_as_it_was(parser: None, text: str) -> None:
    (entry,) = read_catalogue(file_of(text), "c.yaml")

    assert (entry.key, entry.given["ProcessName"]) == ({"ProjectCode": text, "ProcessLoad": text}, text)


@example(HOSTILE)
@given(TEXTS)
def test_any_text_when_written_leaves_nothing_that_a_terminal_obeys(text: str) -> None:
    assert all(one.isprintable() or one == "\n" for one in file_of(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#\n#\x07\n", "c.yaml, line 2: It has a control character"),
        ("catalogue: 1\nprocesses: [\n", "c.yaml, line 3: This is no YAML"),
        ("a: 'b\n", "c.yaml, line 2: This is no YAML"),
        ("[" * 20_000, "c.yaml"),
    ],
)
def test_text_that_is_no_yaml_when_read_is_refused_with_its_line(parser: None, text: str, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_catalogue(text, "c.yaml")

    assert str(caught.value).startswith(words)
