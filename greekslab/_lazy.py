"""Names of a sub-package, loaded when first used (PEP 562)."""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module


def attach(
    package: str, modules: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """Make the three module attributes that hand on names without importing them yet.

    Parameters
    ----------
    package : str
        ``__name__`` of the sub-package.
    modules : mapping of str to list of str
        Module inside the sub-package -> the public names it holds.

    Returns
    -------
    tuple
        ``__getattr__, __dir__, __all__`` for the sub-package's ``__init__``.

    Examples
    --------
    In ``greekslab/pricing/__init__.py``::

        __getattr__, __dir__, __all__ = attach(__name__, {"black": ["price", "delta"]})
    """
    home = {name: module for module, names in modules.items() for name in names}

    def __getattr__(name: str) -> object:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{home[name]}"), name)
        # Kept, so that the next look-up is a plain one; it also puts the name back when importing
        # a module of the same name has just covered it.
        setattr(sys.modules[package], name, value)
        return value

    def __dir__() -> list[str]:
        return sorted({*vars(sys.modules[package]), *home})

    return __getattr__, __dir__, list(home)
