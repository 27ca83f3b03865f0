"""Fetch the official Pyodide files of the live pages: python book/lite/fetch_pyodide.py FOLDER.

Used where a site is to serve everything itself (publishing). Every file is checked against the
manifest; what is there already and right is not fetched again.
"""

from __future__ import annotations

import shutil
import sys
import urllib.request
from pathlib import Path

from build import MANIFEST, official_files
from wheels import sha256


def main(folder: Path) -> int:
    """Fetch what is missing; stop at the first file that is not the official one."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, expected in official_files().items():
        path = folder / name
        if path.exists() and sha256(path) == expected:
            continue
        print(f"fetching {name}", flush=True)
        with (
            urllib.request.urlopen(MANIFEST["address"] + name, timeout=300) as answer,
            path.open("wb") as out,
        ):
            shutil.copyfileobj(answer, out)
        if sha256(path) != expected:
            path.unlink()
            print(f"{name} is not the official file of Pyodide {MANIFEST['version']}: not kept", file=sys.stderr)
            return 1
    print(f"{folder} holds Pyodide {MANIFEST['version']}, every file checked")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
