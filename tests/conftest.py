"""Fixtures of all tests: Hypothesis without chance, the built site, the notebooks of the book."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from harness import table
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

# The same examples in every run: a failure here is a failure everywhere.
settings.register_profile(
    "greekslab",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("greekslab")


def book_files() -> list[str]:
    """Give the pages of the book in reading order, as book/_toc.yml names them."""
    toc = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text())
    return [toc["root"], *(page["file"] for part in toc["parts"] for page in part["chapters"])]


def pytest_generate_tests(metafunc):
    """Run tests that ask for a `notebook` once for each notebook of the book."""
    if "notebook" in metafunc.fixturenames:
        notebooks = [name.split("/", 1)[1] for name in book_files() if name.startswith("notebooks/")]
        metafunc.parametrize("notebook", notebooks)


def pytest_report_teststatus(report):
    """Count published cases that are not covered yet as such."""
    return table.category(report)


def pytest_terminal_summary(terminalreporter):
    """End with the table of published cases; here, because parallel runs load no other conftest."""
    table.write(terminalreporter)


@pytest.fixture(scope="session")
def site() -> Path:
    """Build the book and its live pages once, warnings as errors; give the folder.

    GREEKSLAB_SITE names a site that is built already (while working on these tests).
    """
    if "GREEKSLAB_SITE" in os.environ:
        return Path(os.environ["GREEKSLAB_SITE"])
    command = [sys.executable, "book/build.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    if done.returncode:
        pytest.fail(f"the book does not build:\n{done.stdout}\n{done.stderr}", pytrace=False)
    return ROOT / "book" / "_build" / "html"
