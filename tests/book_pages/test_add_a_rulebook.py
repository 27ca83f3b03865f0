"""The guide to a rulebook of one's own: what it includes exists, and its code prints what it shows."""

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "book" / "add_a_rulebook.md"


def test_included_files_and_objects_exist():
    found = re.findall(r"```\{literalinclude\} (\S+)\n((?::.*\n)*)", PAGE.read_text(encoding="utf-8"))
    assert len(found) == 4
    for path, options in found:
        text = (PAGE.parent / path).read_text(encoding="utf-8")
        if name := re.search(r":pyobject: (\w+)", options):
            assert name[1] in {node.name for node in ast.parse(text).body if hasattr(node, "name")}, name[1]


def test_the_example_prints_what_it_shows():
    text = PAGE.read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.S)
    (shown,) = re.findall(r"```text\n(.*?)```", text, re.S)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout == shown
