"""What the live pages are made of: official files, our wheels, a lock that knows them all."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = json.loads((ROOT / "book" / "lite" / "pyodide-0.27.7.json").read_text())
ASKED_FOR = {"greekslab", "ipywidgets", "anywidget", "pandas", "matplotlib", "scipy", "sympy", "numpy"}


def build(tmp_path, folder):
    env = {key: value for key, value in os.environ.items() if key != "GREEKSLAB_PYODIDE"}
    env |= {"GREEKSLAB_PYODIDE": str(folder)} if folder else {}
    where = [f"--site={tmp_path / 'lite'}", f"--parts={tmp_path / 'parts'}"]
    command = [sys.executable, str(ROOT / "book" / "lite" / "build.py"), *where]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)


def lock_of(lite):
    return json.loads((lite / "static" / "pyodide" / "pyodide-lock.json").read_text())["packages"]


def check_lock(lite):
    packages = lock_of(lite)
    assert packages.keys() >= ASKED_FOR
    needed = {name.replace("_", "-") for entry in packages.values() for name in entry["depends"]}
    assert needed <= packages.keys()
    for entry in packages.values():
        path = lite / "static" / "pyodide" / entry["file_name"]
        if not entry["file_name"].startswith("http"):
            assert hashlib.sha256(path.read_bytes()).hexdigest() == entry["sha256"], entry["file_name"]
    return packages


def settings_of(lite):
    data = json.loads((lite / "jupyter-lite.json").read_text())["jupyter-config-data"]
    return data["litePluginSettings"]["@jupyterlite/pyodide-kernel-extension:kernel"]


def test_the_site_as_built(site, notebook):
    """The lock is whole, and the live copy of each notebook names the browser's kernel."""
    lite = site / "lite"
    check_lock(lite)
    settings = settings_of(lite)
    assert settings["pyodideUrl"] == "./static/pyodide/pyodide.js"
    assert settings["loadPyodideOptions"]["lockFileURL"] == "./static/pyodide/pyodide-lock.json"
    copy = json.loads((lite / "files" / f"{notebook}.ipynb").read_text())
    assert copy["metadata"]["kernelspec"]["name"] == "python"
    assert not any(cell.get("outputs") for cell in copy["cells"])


def test_without_a_folder_official_packages_come_from_the_public_address(tmp_path):
    done = build(tmp_path, None)
    assert done.returncode == 0, done.stderr
    packages = check_lock(tmp_path / "lite")
    for name, entry in packages.items():
        official = MANIFEST["packages"].get(name)
        if official:
            assert entry == official | {"file_name": MANIFEST["address"] + official["file_name"]}
        else:
            assert "/" not in entry["file_name"]
    script = (tmp_path / "lite" / "static" / "pyodide" / "pyodide.js").read_text()
    assert f'"{MANIFEST["address"]}"' in script


@pytest.mark.skipif("GREEKSLAB_PYODIDE" not in os.environ, reason="GREEKSLAB_PYODIDE names no folder")
def test_a_changed_file_is_refused(tmp_path):
    folder = tmp_path / "pyodide"
    shutil.copytree(os.environ["GREEKSLAB_PYODIDE"], folder)
    script = folder / "pyodide.js"
    script.chmod(0o644)
    script.write_text(script.read_text() + "\n")
    done = build(tmp_path, folder)
    assert done.returncode != 0
    assert "pyodide.js is not the official file of Pyodide 0.27.7" in done.stderr


def test_a_missing_file_is_named(tmp_path):
    done = build(tmp_path, tmp_path)
    assert done.returncode != 0
    assert "has no pyodide.js; Pyodide 0.27.7 is needed" in done.stderr
