"""Builds the documentation site; a warning ends the build.

    python -m scripts.site                      into build/site
    python -m scripts.site --output FOLDER      somewhere else

Sphinx reads a copy of the pages, so nothing is written beside them. The pages that are made from the code are written
into that copy.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sphinx.cmd.build import build_main

from scripts.site import examples, gathering, over_http, python_names
from scripts.site.dictionary import tables, views

OUTPUT: Final = gathering.ROOT / "build" / "site"


def generated() -> dict[str, str]:
    """Return the pages that are made from the code, by their paths in the site."""
    return {
        **python_names.written(),
        "reference/tables.md": tables.written(),
        "reference/views.md": views.written(),
        "reference/http.md": over_http.written(),
    }


def build(output: Path) -> int:
    """Build the site into a folder; return the exit status."""
    with TemporaryDirectory(prefix="site-") as work:
        source = Path(work).resolve() / "pages"
        gathering.gather(source)
        for name, text in generated().items():
            (source / name).write_text(text, "utf-8")
        extra = Path(work).resolve() / "extra"
        examples.make(extra / "examples", source.with_name("demo"))
        settings = [
            "-D",
            f"html_extra_path={extra}",
            "-c",
            str(Path(__file__).parent),
            "-d",
            str(source.with_name("read")),
        ]
        return build_main(["-b", "html", "-q", "-W", "--keep-going", *settings, str(source), str(output)])


def main() -> int:
    """Build what the command line asks for; return the exit status."""
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--output", type=Path, default=OUTPUT, help="folder of the site (default: build/site)")
    return build(command.parse_args().output)


if __name__ == "__main__":
    raise SystemExit(main())
