"""Sphinx extension of the book: the live link, the execution cache, the site's own anywidget."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

from docutils import nodes

ROOT = Path(__file__).resolve().parents[2]
KEPT_CACHES = 3


def package_hash() -> str:
    """Return a short hash of all that a notebook's result depends on besides its cells.

    jupyter-cache looks at code cells only: with a changed package it would show yesterday's numbers.
    """
    digest = hashlib.sha256(sys.version.encode())
    digest.update(os.environ.get("GREEKSLAB_PAGE", "").encode())
    files = [p for p in (ROOT / "greekslab").rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    for path in [ROOT / "requirements.lock", *sorted(files)]:
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def set_cache(app, config) -> None:
    """Keep executed notebooks in a folder of their own for each state of the package."""
    base = ROOT / ".cache"
    base.mkdir(exist_ok=True)
    here = base / f"notebooks-{package_hash()}"
    here.mkdir(exist_ok=True)
    os.utime(here)
    config.nb_execution_cache_path = str(here)
    old = sorted(base.glob("notebooks-*"), key=lambda path: path.stat().st_mtime)[:-KEPT_CACHES]
    for path in old:
        shutil.rmtree(path, ignore_errors=True)


def add_live_link(app, doctree) -> None:
    """Put the link to the live copy under the title of every notebook page."""
    docname = app.env.docname
    if Path(app.env.doc2path(docname)).suffix != ".ipynb":
        return
    title = next(iter(doctree.findall(nodes.title)), None)
    if title is None:
        return
    up = "../" * docname.count("/")
    address = f"{up}lite/notebooks/index.html?path={docname.rsplit('/', 1)[-1]}.ipynb"
    line = (
        f'<p class="live-line"><a class="live-link" href="{address}">Open this chapter live</a>'
        '<span class="live-note">in your browser, nothing to install: Run, Run All Cells</span></p>'
    )
    title.parent.insert(title.parent.index(title) + 1, nodes.raw("", line, format="html"))


def copy_anywidget(app, exception) -> None:
    """Serve anywidget's front end from the site; it is the one of the installed package."""
    if exception or app.builder.format != "html":
        return
    import anywidget

    source = Path(anywidget.__file__).parent / "nbextension" / "index.js"
    shutil.copy(source, Path(app.outdir) / "_static" / "anywidget.js")


def setup(app) -> dict:
    """Register with Sphinx."""
    app.connect("config-inited", set_cache, priority=100)
    app.connect("doctree-read", add_live_link)
    app.connect("build-finished", copy_anywidget)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
