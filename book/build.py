"""Build the published site: the book's pages, then the live pages under lite/.

Run as `make book`. The result is book/_build/html and asks no other site for anything
(live pages: see book/lite/README.md).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from subprocess import PIPE, STDOUT

ROOT = Path(__file__).resolve().parent.parent
HTML = ROOT / "book" / "_build" / "html"


def build_pages() -> None:
    """Run the notebooks where needed and write the pages; any warning is an error."""
    subprocess.run([sys.executable, "book/conformance_page.py"], cwd=ROOT, check=True)
    tool = "from jupyter_book.cli.main import main; main()"  # it cannot be run with -m
    command = [sys.executable, "-c", tool, "build", ".", "--config", "book/_config.yml"]
    command += ["--toc", "book/_toc.yml", "--path-output", "book", "-W", "--keep-going", "-q"]
    # GREEKSLAB_PAGE: explorers carry a grid of results, so that they work with no kernel.
    env = {**os.environ, "GREEKSLAB_PAGE": "1"}
    done = subprocess.run(command, cwd=ROOT, env=env, stdout=PIPE, stderr=STDOUT, text=True)
    if done.returncode:
        lines = [line for line in done.stdout.splitlines() if "TCP without encryption" not in line]
        print("\n".join(lines), file=sys.stderr)
        raise subprocess.CalledProcessError(done.returncode, "jupyter-book")


def build_live() -> None:
    """Put the live pages beside the book."""
    subprocess.run([sys.executable, "book/lite/build.py"], cwd=ROOT, check=True)


def main() -> int:
    """Build the parts asked for, saying what takes how long."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages-only", action="store_true", help="leave the live pages as they are")
    pages_only = parser.parse_args().pages_only
    parts = [("pages", build_pages)] + ([] if pages_only else [("live pages", build_live)])
    for name, part in parts:
        print(f"Building the book's {name} ...", flush=True)
        begun = time.monotonic()
        try:
            part()
        except subprocess.CalledProcessError as error:
            print(f"The book's {name} could not be built; the cause is above.", file=sys.stderr)
            return error.returncode
        print(f"  done in {time.monotonic() - begun:.0f} s", flush=True)
    print(f"The site is in {HTML.relative_to(ROOT)}; look at it with: make serve")
    return 0


if __name__ == "__main__":
    sys.exit(main())
