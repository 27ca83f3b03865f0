"""environment.yml, pyproject.toml and requirements.lock name the same packages."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = (ROOT / "requirements.lock").read_text()
BLOCKS = re.split(r"\n(?=[a-z0-9])", LOCK[re.search("^[a-z]", LOCK, re.MULTILINE).start() :])


def named(requirements):
    """Give {name: bounds}."""
    parsed = map(Requirement, requirements)
    return {canonicalize_name(requirement.name): requirement.specifier for requirement in parsed}


def declared():
    extras = PROJECT["optional-dependencies"].values()
    return named([*PROJECT["dependencies"], *(line for extra in extras for line in extra)])


def environment():
    rows = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    conda = [row for row in rows if isinstance(row, str)]
    (pip,) = [row["pip"] for row in rows if isinstance(row, dict)]
    return conda, pip


def locked():
    """Give {name: versions}; a package may have one version for each Python or system."""
    found = {}
    for name, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", LOCK, re.MULTILINE):
        found.setdefault(canonicalize_name(name), []).append(version)
    return found


def test_environment_has_the_packages_of_pyproject():
    conda, pip = environment()
    assert pip[-1] == "-e ."
    both = named([*conda, *pip[:-1]])
    assert str(both.pop("python")) == str(Requirement(f"python{PROJECT['requires-python']}").specifier)
    both.pop("pip")
    assert both == declared()


@pytest.mark.parametrize("name", declared())
def test_lock_has_every_package_within_its_bounds(name):
    versions = locked().get(name, [])
    assert versions, f"{name} is not in requirements.lock: make lock"
    assert all(version in declared()[name] for version in versions)


def test_lock_names_no_address_and_every_file_has_a_sum():
    assert "://" not in LOCK
    assert not re.search(r"^\s*(-i|-f|--index|--extra-index|--find-links|--trusted)", LOCK, re.MULTILINE)
    assert len(BLOCKS) > 100
    assert all("--hash=sha256:" in block for block in BLOCKS)


def test_one_version_of_live_pages():
    """JupyterLite, its kernel and Pyodide go together; each is named in one place and exactly."""
    bounds = declared()
    assert str(bounds["jupyterlite-core"]) == "==0.6.4"
    assert str(bounds["jupyterlite-pyodide-kernel"]) == "==0.6.1"
    assert (ROOT / "book" / "lite" / "pyodide-0.27.7.json").is_file()
