"""The samples in the package become files of the user's, and no file that the user has is lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from etl_monitor_orm import ConfigurationError, ETLMonitor, InvalidInput, samples

ROOT = Path(__file__).parents[2]
NOTEBOOKS = {path.name for path in (ROOT / "notebooks" / "databricks").glob("*.py")}
FIRST = Path("01-install.py")


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_given_a_new_folder_when_a_kind_is_extracted_then_its_files_are_right_in_it(tmp_path: Path) -> None:
    done = samples.extract("notebooks", tmp_path / "deep" / "new")

    assert {str(place) for place in done.written} == NOTEBOOKS
    assert content(tmp_path / "deep" / "new") == content(ROOT / "notebooks" / "databricks")
    assert str(done) == f"{len(NOTEBOOKS)} files written to {tmp_path / 'deep' / 'new'}."


def test_given_no_kind_when_extracted_then_each_has_a_folder_of_its_name(tmp_path: Path) -> None:
    samples.extract(None, tmp_path)

    there = {path.name: content(path) for path in tmp_path.iterdir()}
    assert tuple(sorted(there)) == samples.kinds()
    expected = {path.name: content(path) for path in (ROOT / "samples").iterdir() if path.is_dir()}
    assert there == {"notebooks": content(ROOT / "notebooks" / "databricks"), **expected}


def test_given_files_that_are_there_when_extracted_again_then_nothing_is_written(tmp_path: Path) -> None:
    samples.extract("notebooks", tmp_path)
    os.utime(tmp_path / FIRST, (0, 0))

    done = samples.extract("notebooks", tmp_path)

    assert (done.written, len(done.unchanged), done.kept) == ((), len(NOTEBOOKS), ())
    assert (tmp_path / FIRST).stat().st_mtime == 0


def test_given_a_file_that_the_user_changed_when_extracted_again_then_it_is_kept_and_named(tmp_path: Path) -> None:
    samples.extract("notebooks", tmp_path)
    (tmp_path / FIRST).write_text("mine")
    (tmp_path / "00-infrastructure.py").unlink()

    done = samples.extract("notebooks", tmp_path)

    assert (tmp_path / FIRST).read_text() == "mine"
    assert (done.written, done.kept) == ((Path("00-infrastructure.py"),), (FIRST,))
    assert f"Kept, because it differs from this version's: {FIRST}" in str(done)


def test_given_a_file_that_the_user_changed_when_told_to_overwrite_then_it_is_this_versions(tmp_path: Path) -> None:
    samples.extract("notebooks", tmp_path)
    (tmp_path / FIRST).write_text("mine")

    done = samples.extract("notebooks", tmp_path, overwrite=True)

    assert (done.written, done.kept) == ((FIRST,), ())
    assert content(tmp_path) == content(ROOT / "notebooks" / "databricks")


def test_given_an_unknown_kind_when_extracted_then_the_error_lists_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"no samples called 'notebook'\. There are .*notebooks"):
        samples.extract("notebook", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("directory", ["", "  ", 7, None])
def test_given_no_folder_when_extracted_then_the_error_names_the_argument(directory: object) -> None:
    with pytest.raises(InvalidInput, match="directory must"):
        samples.extract("notebooks", directory)


def test_given_a_file_in_the_folders_place_when_extracted_then_the_error_says_so(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")

    with pytest.raises(InvalidInput, match=r"taken' is no folder, and nothing is written over\. Name another folder"):
        samples.extract("notebooks", tmp_path / "taken")
    assert (tmp_path / "taken").read_text() == "mine"


def test_given_a_file_above_the_folder_when_extracted_then_the_error_says_so(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")

    with pytest.raises(ConfigurationError, match=r"cannot be written: .*Name a folder that you can write to"):
        samples.extract("notebooks", tmp_path / "taken" / "below")
    assert (tmp_path / "taken").read_text() == "mine"


@pytest.mark.parametrize("link", ["notebooks", "databricks/src", "databricks/README.md"])
def test_given_a_link_that_leads_out_when_extracted_then_nothing_is_written_anywhere(tmp_path: Path, link: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    place = tmp_path / "mine" / link
    place.parent.mkdir(parents=True)
    place.symlink_to(tmp_path / "elsewhere" / ("README.md" if place.suffix else ""))

    with pytest.raises(InvalidInput, match=r"is outside .*mine', because a link leads there\. Remove the link"):
        samples.extract(None, tmp_path / "mine", overwrite=True)
    assert content(tmp_path) == {}


def test_given_links_that_stay_inside_when_extracted_then_they_are_followed(tmp_path: Path) -> None:
    (tmp_path / "real" / "books").mkdir(parents=True)
    (tmp_path / "mine").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "notebooks").symlink_to(tmp_path / "real" / "books")

    samples.extract(None, tmp_path / "mine")

    assert (tmp_path / "real" / "books" / FIRST).is_file()


def test_given_links_in_a_circle_when_extracted_then_the_error_says_so(tmp_path: Path) -> None:
    (tmp_path / "notebooks").symlink_to(tmp_path / "notebooks")

    with pytest.raises(ConfigurationError, match=r"cannot be (read|written)"):  # as Python's version sees it
        samples.extract(None, tmp_path)
    assert content(tmp_path) == {}


def test_given_an_installed_package_when_extracted_then_its_own_samples_are_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "package" / "_samples" / "adf").mkdir(parents=True)
    (tmp_path / "package" / "_samples" / "adf" / "pipeline.json").write_text("{}")
    monkeypatch.setattr(samples, "_PACKAGE", tmp_path / "package")

    done = samples.extract(None, tmp_path / "mine")

    assert content(tmp_path / "mine") == {"adf/pipeline.json": b"{}"}
    assert done.written == (Path("adf/pipeline.json"),)


def test_given_a_package_without_samples_when_extracted_then_it_says_to_install_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "_PACKAGE", tmp_path / "package")

    with pytest.raises(ConfigurationError, match="Install etl-monitor-orm again from its wheel"):
        samples.extract(None, tmp_path / "mine")


def test_given_a_monitor_when_asked_for_samples_then_all_are_written_and_no_database_is_made(
    tmp_path: Path,
) -> None:
    with ETLMonitor(f"duckdb:///{tmp_path / 'none.duckdb'}") as monitor:
        done = monitor.sample_usage(tmp_path / "mine")

    assert {place.parts[0] for place in done.written} == set(samples.kinds())
    assert not (tmp_path / "none.duckdb").exists()
