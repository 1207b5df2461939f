"""Where a name leads that Sphinx cannot find by itself."""

from __future__ import annotations

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode

from scripts.site.dictionary.anchors import anchor, anchors
from scripts.site.python_names import public_name


def _follow(app: Sphinx, env: BuildEnvironment, node: pending_xref, shown: nodes.TextElement) -> nodes.Node | None:
    """Return the link for a name: a class by its internal path, a table, a view or a column."""
    target: str = node["reftarget"]
    if node.get("refdomain") != "py":
        return None
    if target in anchors():
        return make_refnode(app.builder, node["refdoc"], anchors()[target], anchor(target), shown, target)
    if (name := public_name(target)) and name != target:
        found: nodes.Node | None = env.domains.python_domain.resolve_xref(
            env, node["refdoc"], app.builder, "obj", name, pending_xref("", refspecific=False), shown
        )
        return found
    return None


def setup(app: Sphinx) -> dict[str, bool]:
    """Look for names that nothing else finds."""
    app.connect("missing-reference", _follow)
    return {"parallel_read_safe": True}
