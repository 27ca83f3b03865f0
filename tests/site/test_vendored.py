"""What the project takes from others is what it says it is; the one outside address stands in one place."""

import hashlib
import json
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "book" / "_static"


def test_scripts_are_those_of_the_packages():
    rows = re.findall(r"^\| `([\w.-]+)` \|.*`([0-9a-f]{64})` \|$", (STATIC / "README.md").read_text(), re.MULTILINE)
    assert {name for name, _ in rows} == {path.name for path in STATIC.glob("*.js")} - {"widgets-local.js"}
    for name, expected in rows:
        assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == expected, name


def tracked_files():
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    names = done.stdout.splitlines() if done.returncode == 0 else []
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def test_the_public_address_of_pyodide_stands_once():
    manifest = json.loads((ROOT / "book" / "lite" / "pyodide-0.27.7.json").read_text())
    host = manifest["address"].split("/")[2]
    assert manifest["address"] == f"https://{host}/pyodide/v{manifest['version']}/full/"
    vendored = set(STATIC.glob("*.js"))
    named = [path for path in tracked_files() if path not in vendored and host.encode() in path.read_bytes()]
    assert named in ([], [ROOT / "book" / "lite" / "pyodide-0.27.7.json"])
