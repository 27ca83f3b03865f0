"""The README's code runs, and prints what the README says it prints."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_the_readme_example_prints_what_it_shows():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.S)
    (shown,) = re.findall(r"```text\n(.*?)```", text, re.S)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout == shown


def test_every_file_and_command_the_readme_names_exists():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(((?!http)[^)#]+)\)", text):
        assert (ROOT / target).exists(), target
    commands = set(re.findall(r"make ([a-z]+(?:-[a-z]+)*)", text))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert commands and all(re.search(rf"^{c}:", makefile, re.M) for c in commands), commands
