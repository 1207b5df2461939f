"""Sphinx's settings for the documentation site."""

from __future__ import annotations

from importlib import metadata

project = "etl-monitor-orm"
author = "The etl-monitor-orm authors"
release = version = metadata.version("etl-monitor-orm")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "scripts.site.extensions.docstrings",
    "scripts.site.extensions.links",
    "scripts.site.extensions.notebooks",
]

# The pages are written for a code host: their links name headings as it does.
myst_heading_anchors = 4

# Docstrings have Google's sections, and their code spans are names that can be looked up.
default_role = "py:obj"
add_module_names = False
autodoc_member_order = "alphabetical"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
toc_object_entries_show_parents = "hide"
python_maximum_signature_line_length = 80

html_theme = "furo"
html_title = f"etl-monitor-orm {release}"
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
