"""The layers of the package: each may import from those below it, and from few libraries."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import greekslab

PACKAGE = Path(greekslab.__file__).parent
LAYERS = ["pricing", "market", "scenarios", "book", "risk", "margin", "optimize", "simulate", "figures", "explorers"]
MATHS = {"numpy", "scipy", "pandas"}
# Libraries that a layer may use besides NumPy, SciPy and pandas, and where.
ALSO = {
    "pricing": {"sympy", "numba", "llvmlite"},
    "margin": {"dask", "distributed", "pyarrow", "tqdm"},
    "figures": {"matplotlib"},
    "explorers": {"ipywidgets", "anywidget", "traitlets"},
    "optimize": {"cvxpy"},
}
MODULES = sorted(p for p in PACKAGE.rglob("*.py"))


def imports(path):
    """Yield the absolute module names that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} uses a relative import; write greekslab.…"
            yield node.module


def layer(name):
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in LAYERS else None


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_imports_only_from_its_own_layer_and_below(path):
    own = path.relative_to(PACKAGE).parts[0]
    for name in imports(path):
        root = name.split(".")[0]
        if root == "greekslab":
            target = layer(name)
            if own in LAYERS and target is not None:
                assert LAYERS.index(target) <= LAYERS.index(own), f"{own} imports {name}"
        elif root not in sys.stdlib_module_names:
            assert root in MATHS | ALSO.get(own, set()), f"{own} imports {name}"


def test_figures_know_nothing_of_widgets_and_maths_nothing_of_figures():
    for path in MODULES:
        own = path.relative_to(PACKAGE).parts[0]
        roots = {name.split(".")[0] for name in imports(path)}
        if own != "explorers":
            assert not roots & {"ipywidgets", "anywidget", "IPython", "traitlets"}, path
        if own not in ("figures",):
            assert "matplotlib" not in roots, path


def test_sympy_is_for_the_derivation_alone():
    users = [p for p in MODULES if "sympy" in {name.split(".")[0] for name in imports(p)}]
    assert [p.relative_to(PACKAGE).as_posix() for p in users] == ["pricing/derivation.py"]


def test_numba_is_for_the_compiled_kernels_alone():
    users = [p for p in MODULES if "numba" in {name.split(".")[0] for name in imports(p)}]
    assert [p.relative_to(PACKAGE).as_posix() for p in users] == ["pricing/compiled.py"]


def test_clusters_are_for_one_module():
    users = [p for p in MODULES if {"dask", "pyarrow"} & {name.split(".")[0] for name in imports(p)}]
    assert [p.relative_to(PACKAGE).as_posix() for p in users] == ["margin/cluster.py"]


def test_there_are_no_modules_without_a_concept():
    assert not [p for p in MODULES if p.stem in {"utils", "helpers", "common", "misc"}]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_modules_stay_readable(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, "one concept, one module: split it"


def test_pricing_loads_numpy_and_scipy_special_only():
    code = (
        "import sys; from greekslab.pricing import price; price(forward=1, strike=1, vol=1, tau=1);"
        "heavy = {'pandas', 'matplotlib', 'sympy', 'ipywidgets', 'anywidget', 'scipy.stats', 'scipy.optimize'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_every_public_name_exists_and_is_documented():
    for name in ["", *(f".{x}" for x in LAYERS)]:
        if name and not (PACKAGE / name[1:]).exists():
            continue
        module = __import__(f"greekslab{name}", fromlist=["x"])
        for public in module.__all__:
            value = getattr(module, public)
            if callable(value):
                assert (value.__doc__ or "").strip(), f"greekslab{name}.{public} has no docstring"


def test_no_module_has_the_name_of_something_public():
    """Importing such a module, from anywhere, would put it in the place of the function it holds."""
    for folder in [PACKAGE, *(PACKAGE / x for x in LAYERS if (PACKAGE / x).exists())]:
        module = __import__(".".join(["greekslab", *folder.relative_to(PACKAGE).parts]), fromlist=["x"])
        assert not {p.stem for p in folder.iterdir()} & set(module.__all__), folder
