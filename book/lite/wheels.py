"""The pure-Python wheels of the live pages: pinned in requirements.lock, checked by its SHA-256 sums."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STORE = ROOT / ".cache" / "wheels"

# What Pyodide does not bring, or brings in another version than the lock, and what each of them needs.
PURE = {
    "anywidget": ["ipywidgets", "psygnal", "typing-extensions"],
    "comm": ["traitlets"],
    "ipywidgets": ["comm", "ipython", "jupyterlab-widgets", "traitlets"],
    "jupyterlab-widgets": [],
    "mpmath": [],
    "psygnal": [],
    "sympy": ["mpmath"],
    "typing-extensions": [],
}


def sha256(path: Path) -> str:
    """Return the SHA-256 sum of a file as 64 hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def locked(name: str) -> tuple[str, set[str]]:
    """Return the version of a package in requirements.lock and the sums of its files."""
    text = (ROOT / "requirements.lock").read_text()
    found = re.search(rf"^{re.escape(name)}==(\S+).*\\\n((?:    --hash=.*\n)*)", text, re.MULTILINE)
    if not found:
        raise SystemExit(f"{name} is not in requirements.lock; the live pages need it (make lock)")
    return found[1], set(re.findall(r"sha256:([0-9a-f]{64})", found[2]))


def wheel_name(name: str, version: str) -> str:
    """Return the file name of a pure-Python wheel."""
    return f"{name.replace('-', '_')}-{version}-py3-none-any.whl"


def pure_wheels() -> dict[str, Path]:
    """Return {package: wheel} for PURE, taken from the package index once and kept in .cache/wheels."""
    STORE.mkdir(parents=True, exist_ok=True)
    wheels = {}
    for name in PURE:
        version, sums = locked(name)
        path = STORE / wheel_name(name, version)
        if not (path.exists() and sha256(path) in sums):
            print(f"  fetching {name} {version}", flush=True)
            fetch(name, version)
        if not path.exists() or sha256(path) not in sums:
            raise SystemExit(f"{path.name} is not the file named in requirements.lock; delete {STORE} and try again")
        wheels[name] = path
    return wheels


def fetch(name: str, version: str) -> None:
    """Download one pure wheel, whatever the machine."""
    pip = [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--no-deps"]
    pure = [
        "--only-binary=:all:",
        "--platform=any",
        "--implementation=py",
        "--abi=none",
        "--python-version=3.12",
    ]
    subprocess.run([*pip, *pure, f"--dest={STORE}", f"{name}=={version}"], check=True)


def own_wheel(folder: Path) -> Path:
    """Build the wheel of greekslab as it is now."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("greekslab-*.whl")
    return wheel


def module_wheel(name: str, source: Path, folder: Path) -> Path:
    """Write a wheel that holds one module."""
    wheel = folder / f"{name}-0.0-py3-none-any.whl"
    info = f"{name}-0.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{name}.py", source.read_text())
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return wheel
