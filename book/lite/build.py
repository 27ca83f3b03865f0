"""Build the live pages: JupyterLite with the project's notebooks, greekslab and all that it needs.

With GREEKSLAB_PYODIDE naming a folder of the official Pyodide files, the site serves everything itself;
without it, the pages fetch Pyodide from its public address, at the same version. See README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from wheels import PURE, ROOT, module_wheel, own_wheel, pure_wheels, sha256

HERE = Path(__file__).resolve().parent
MANIFEST = json.loads((HERE / "pyodide-0.27.7.json").read_text())
PARTS = ROOT / "book" / "_build" / "lite"  # what the live pages are put together from
SITE = ROOT / "book" / "_build" / "html" / "lite"

# greekslab imports these when first used, where the browser cannot load them in time: so they come along.
OWN_NEEDS = ["anywidget", "ipywidgets", "matplotlib", "numpy", "pandas", "scipy", "sympy"]
# Parts of JupyterLab that live pages use; others that are installed stay out.
EXTENSIONS = [
    "@jupyter-widgets/jupyterlab-manager",
    "@jupyterlite/pyodide-kernel-extension",
    "anywidget",
    "jupyterlab_pygments",
]


def official_files() -> dict[str, str]:
    """Return {file name: SHA-256 sum} of every official file that the live pages use."""
    packages = MANIFEST["packages"].values()
    return MANIFEST["core"] | {entry["file_name"]: entry["sha256"] for entry in packages}


def copy_official(source: Path, target: Path) -> None:
    """Copy the official files, each checked against the manifest."""
    for name, expected in official_files().items():
        if not (source / name).is_file():
            raise SystemExit(f"GREEKSLAB_PYODIDE={source} has no {name}; Pyodide {MANIFEST['version']} is needed")
        if sha256(source / name) != expected:
            raise SystemExit(f"{source / name} is not the official file of Pyodide {MANIFEST['version']}")
        shutil.copy(source / name, target / name)


def entry(name: str, wheel: Path, depends: list[str]) -> dict:
    """Return the lock entry of one of our wheels: `import name` in a cell then loads it."""
    return {
        "name": name,
        "version": wheel.name.split("-")[1],
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": sha256(wheel),
        "package_type": "package",
        "imports": [name.replace("-", "_")],
        "depends": depends,
        "unvendored_tests": False,
    }


def write_lock(target: Path, address: str) -> None:
    """Write pyodide-lock.json: official packages at `address` ("" = beside it), and our wheels beside it."""
    packages = {"sqlite3": entry("sqlite3", module_wheel("sqlite3", HERE / "no_sqlite3.py", target), [])}
    for name, official in MANIFEST["packages"].items():
        packages[name] = official | {"file_name": address + official["file_name"]}
    for name, wheel in pure_wheels().items():
        shutil.copy(wheel, target / wheel.name)
        packages[name] = entry(name, wheel, PURE[name])
    packages["greekslab"] = entry("greekslab", own_wheel(target), OWN_NEEDS)
    lock = {"info": MANIFEST["info"], "packages": packages}
    (target / "pyodide-lock.json").write_text(json.dumps(lock, indent=1))


def put_pyodide(target: Path) -> None:
    """Fill static/pyodide: the official files, or the script that fetches them when a page is open."""
    target.mkdir(parents=True)
    folder = os.environ.get("GREEKSLAB_PYODIDE")
    if folder:
        print(f"  Pyodide {MANIFEST['version']} is served by the site itself", flush=True)
        copy_official(Path(folder), target)
        write_lock(target, "")
    else:
        print(f"  live pages will load Pyodide {MANIFEST['version']} from its public address")
        script = (HERE / "pyodide-from-cdn.js").read_text()
        (target / "pyodide.js").write_text(script.replace("__ADDRESS__", MANIFEST["address"]))
        write_lock(target, MANIFEST["address"])


def put_notebooks(target: Path) -> None:
    """Copy the notebooks, naming the browser's kernel, and the pages that they link to."""
    (target / "book").mkdir(parents=True)
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = json.loads(path.read_text())
        notebook["metadata"]["kernelspec"] = {
            "name": "python",
            "display_name": "Python (Pyodide)",
            "language": "python",
        }
        (target / path.name).write_text(json.dumps(notebook).replace("](../book/", "](book/"))
    for path in sorted((ROOT / "book").glob("*.md")):
        shutil.copy(path, target / "book" / path.name)


def write_settings(folder: Path, site: Path) -> None:
    """Write JupyterLite's two settings files."""
    kernel = {
        "pyodideUrl": "./static/pyodide/pyodide.js",
        "loadPyodideOptions": {"lockFileURL": "./static/pyodide/pyodide-lock.json"},
    }
    data = {
        "appName": "greekslab",
        "exposeAppInBrowser": True,
        "litePluginSettings": {"@jupyterlite/pyodide-kernel-extension:kernel": kernel},
    }
    lite = {"jupyter-lite-schema-version": 0, "jupyter-config-data": data}
    (folder / "jupyter-lite.json").write_text(json.dumps(lite, indent=1))
    installed = Path(sys.prefix) / "share" / "jupyter" / "labextensions"
    build = {
        "ignore_sys_prefix": ["federated_extensions"],
        "federated_extensions": [str(installed / name) for name in EXTENSIONS],
        "contents": ["content"],
        "output_dir": str(site),
        "no_sourcemaps": True,
        "apps": ["lab", "notebooks", "tree"],
    }
    (folder / "jupyter_lite_config.json").write_text(json.dumps({"LiteBuildConfig": build}, indent=1))


def main() -> int:
    """Put the parts together and build."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--site", type=Path, default=SITE, help="folder of the result")
    parser.add_argument("--parts", type=Path, default=PARTS, help="folder of what it is put together from")
    options = parser.parse_args()
    parts, site = options.parts.resolve(), options.site.resolve()
    for folder in (parts, site):
        shutil.rmtree(folder, ignore_errors=True)
    put_pyodide(parts / "static" / "pyodide")
    put_notebooks(parts / "content")
    write_settings(parts, site)
    command = [sys.executable, "-m", "jupyterlite_core", "build", f"--lite-dir={parts}"]
    done = subprocess.run(command, cwd=parts, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        print(done.stdout, file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
