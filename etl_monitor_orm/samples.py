"""The samples that travel in the package: they are written into a folder, and no file of the user's is lost."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import Final

from etl_monitor_orm import inputs
from etl_monitor_orm.errors import ConfigurationError, InvalidInput
from etl_monitor_orm.printable import one_line, quoted

NOTEBOOKS: Final = "notebooks"
"""The kind of sample that a checkout keeps under `notebooks/databricks/`; every other is a folder of `samples/`."""

_PACKAGE: Final = Path(__file__).parent
_LEFTOVERS: Final = "__pycache__"


@dataclass(frozen=True)
class Extraction:
    """What was written, and what was left as it was. `str()` of it is a text for people.

    Attributes:
        directory: The folder.
        written: The files that were written, in it.
        unchanged: Files that were there already, as this version has them.
        kept: Files that were there and differ from this version's: they are as they were.
    """

    directory: Path
    written: tuple[Path, ...]
    unchanged: tuple[Path, ...]
    kept: tuple[Path, ...]

    def __str__(self) -> str:
        lines = [f"{_files(self.written)} written to {one_line(str(self.directory))}."]
        if self.unchanged:
            lines.append(f"{_files(self.unchanged)} there already.")
        lines += [f"Kept, because it differs from this version's: {one_line(str(each))}" for each in self.kept]
        return "\n".join(lines)


def extract(what: str | None, directory: str | PathLike[str], *, overwrite: bool = False) -> Extraction:
    """Write samples into a folder, which is made if it is not there.

    Args:
        what: The kind of sample: its files are put right into the folder. None: every kind, each in a folder of its
            name.
        directory: The folder.
        overwrite: Replace files that differ from this version's, such as those that were edited.

    Raises:
        InvalidInput: There is no such kind, `directory` is no text or no folder, or a link in it leads out of it.
        ConfigurationError: The folder cannot be written to, or the package was installed without its samples.
    """
    replace = inputs.boolean("overwrite", overwrite)
    folder = folder_for(inputs.text("directory", fspath(directory) if isinstance(directory, PathLike) else directory))
    wanted = _wanted(what)
    _require_inside(folder, [folder / place for _, place in wanted])
    written, unchanged, kept = [], [], []
    for source, place in wanted:
        target, content = folder / place, source.read_bytes()
        try:
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
            elif target.read_bytes() == content:
                unchanged.append(place)
                continue
            elif not replace:
                kept.append(place)
                continue
            target.write_bytes(content)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise ConfigurationError(
                f"{one_line(str(target))} cannot be written: {reason}. Name a folder that you can write to."
            ) from error
        written.append(place)
    return Extraction(folder, tuple(written), tuple(unchanged), tuple(kept))


def folder_for(directory: str) -> Path:
    """Return the folder that is named: one that is there, or a name that is free.

    Raises:
        ConfigurationError: Nobody can say what is there.
        InvalidInput: Something else is there.
    """
    folder = Path(directory)
    try:
        if directory.strip() and (folder.is_dir() or not (folder.exists() or folder.is_symlink())):
            return folder
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigurationError(f"{quoted(directory)} cannot be read: {reason}. Name another folder.") from error
    raise InvalidInput(f"{quoted(directory)} is no folder, and nothing is written over. Name another folder.")


def kinds() -> tuple[str, ...]:
    """Return the kinds of sample that this package has."""
    return tuple(sorted(_homes()))


def _require_inside(folder: Path, targets: list[Path]) -> None:
    """Refuse a folder in which a link leads elsewhere, before anything is written.

    Raises:
        InvalidInput: A file would be written outside the folder.
        ConfigurationError: A link leads in a circle.
    """
    for target in targets:
        try:
            inside = target.resolve().is_relative_to(folder.resolve())
        except (OSError, RuntimeError) as error:  # a circle of links is a RuntimeError up to Python 3.12
            raise ConfigurationError(f"{quoted(str(target))} cannot be read. Name another folder.") from error
        if not inside:
            raise InvalidInput(
                f"{quoted(str(target))} is outside {quoted(str(folder))}, because a link leads there. "
                "Remove the link, or name another folder."
            )


def _wanted(what: str | None) -> list[tuple[Path, Path]]:
    """Each file that is wanted, and its place in the user's folder."""
    homes = _homes()
    if what is None:
        return [(source, Path(kind) / place) for kind in sorted(homes) for source, place in _below(homes[kind])]
    if what not in homes:
        raise InvalidInput(f"There are no samples called {quoted(what)}. There are {', '.join(sorted(homes))}.")
    return _below(homes[what])


def _below(home: Path) -> list[tuple[Path, Path]]:
    files = (file for file in sorted(home.rglob("*")) if file.is_file() and _LEFTOVERS not in file.parts)
    return [(file, file.relative_to(home)) for file in files]


def _homes() -> dict[str, Path]:
    """The folder of each kind: inside an installed package, beside it in a checkout.

    Raises:
        ConfigurationError: There are none.
    """
    found = _folders(_PACKAGE / "_samples")
    if not found and (notebooks := _PACKAGE.parent / "notebooks" / "databricks").is_dir():
        found = {NOTEBOOKS: notebooks, **_folders(_PACKAGE.parent / "samples")}
    if not found:
        raise ConfigurationError(f"{_PACKAGE} has no samples. Install etl-monitor-orm again from its wheel.")
    return found


def _folders(parent: Path) -> dict[str, Path]:
    return {each.name: each for each in parent.glob("*") if each.is_dir() and each.name != _LEFTOVERS}


def _files(names: tuple[Path, ...]) -> str:
    return "1 file" if len(names) == 1 else f"{len(names)} files"
