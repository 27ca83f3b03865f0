"""The explorer: controls, one call of a function, charts of what it returns.

In JupyterLab, JupyterLite and Voila a moved control asks the kernel, which calls the function. The published
page has no kernel: there the widget carries the views of a grid of settings, computed when the book is
built (environment variable ``GREEKSLAB_PAGE=1``), and walks that grid.
"""

import itertools
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import anywidget
import traitlets

from greekslab.errors import InputError
from greekslab.explorers.controls import Control
from greekslab.explorers.grid import pack
from greekslab.explorers.panels import View

_STATIC = Path(__file__).parent / "static"

# The most that a chart may add to a page, in bytes (compressed); a phone loads it in about a second.
PAGE_BYTES = 300_000


class Explorer(anywidget.AnyWidget):
    """Controls and charts of one function.

    Parameters
    ----------
    function : callable
        ``function(**values) -> View``, one keyword for each control.
    controls : sequence of Slider, Choice, Toggle or Legs
    title : str
        Heading.
    notebook : str
        Chapter where the explorer stands, such as ``"02_linear_margining"``; finds the link to its live page.

    Notes
    -----
    An `InputError` of the function is a message to the reader: it is shown, and the last chart stays.
    Any other exception is a fault: the explorer says so in short, and the exception goes on to the kernel.
    """

    _esm = _STATIC / "explorer.js"
    _css = _STATIC / "explorer.css"

    title = traitlets.Unicode().tag(sync=True)
    notebook = traitlets.Unicode().tag(sync=True)
    controls = traitlets.List().tag(sync=True)  # specifications of the controls
    asked = traitlets.Dict().tag(sync=True)  # from the browser: {"seq", "values"}
    answer = traitlets.Dict().tag(sync=True)  # to the browser: {"seq", "values", "view" or "error"}
    grid = traitlets.Bytes(b"").tag(sync=True)  # all views of the published page, or nothing

    def __init__(
        self,
        function: Callable[..., View],
        controls: Sequence[Control],
        *,
        title: str,
        notebook: str = "",
    ):
        self._function, self._title = function, title
        self._by_name = {control.name: control for control in controls}
        if len(self._by_name) < len(controls):
            raise InputError("controls", [control.name for control in controls], "give each its own name")
        self._values = {name: control.clean(control.value) for name, control in self._by_name.items()}
        self._view = self.evaluate()
        grid = self._page() if os.environ.get("GREEKSLAB_PAGE") == "1" else b""
        super().__init__(
            title=title,
            notebook=notebook,
            controls=[control.spec() for control in controls],
            answer={"seq": 0, "values": self._sent(), "view": self._view.payload()},
            grid=grid,
        )
        self.observe(self._on_asked, names="asked")

    @property
    def values(self) -> dict:
        """Values of the controls as the function received them last."""
        return dict(self._values)

    @property
    def view(self) -> View:
        """The view shown now."""
        return self._view

    def evaluate(self, **values: object) -> View:
        """Call the function at the controls' starts, changed by `values`; nothing on the screen changes."""
        start = {name: control.value for name, control in self._by_name.items()}
        view = self._function(**self._clean({**start, **values}))
        view.payload()  # refuses what cannot be drawn
        return view

    def set(self, **values: object) -> View:
        """Move controls from Python; the screen follows.

        Returns
        -------
        View
        """
        current = self._clean({**self._values, **values})
        self._show(self.answer["seq"] + 1, current)
        return self._view

    def _clean(self, values: dict) -> dict:
        for name in values:
            if name not in self._by_name:
                raise InputError("control", name, f"choose among {', '.join(self._by_name)}")
        return {name: self._by_name[name].clean(value) for name, value in values.items()}

    def _sent(self) -> dict:
        return {name: self._by_name[name].sent(value) for name, value in self._values.items()}

    def _show(self, seq: int, values: dict) -> None:
        view = self._function(**values)
        payload = view.payload()
        self._view, self._values = view, values
        self.answer = {"seq": seq, "values": self._sent(), "view": payload}

    def _on_asked(self, change: dict) -> None:
        asked = change["new"]
        try:
            values = self._clean(asked["values"])
            self._show(asked["seq"], values)
        except InputError as error:
            self._refuse(asked, str(error))
        except Exception as error:
            kind = type(error).__name__
            self._refuse(asked, f"The calculation failed ({kind}). The kernel's log says more.")
            raise

    def _refuse(self, asked: dict, message: str) -> None:
        self.answer = {"seq": asked["seq"], "values": asked["values"], "error": message}

    def _page(self) -> bytes:
        """Evaluate the function on the grid of the published page."""
        axes = {name: control.page_values for name, control in self._by_name.items()}
        moving = {name: values for name, values in axes.items() if len(values) > 1}
        points = [dict(zip(axes, point, strict=True)) for point in itertools.product(*axes.values())]
        views = [self._function(**self._clean(point)).payload() for point in points]
        kinds = [[panel["kind"] for panel in view["panels"]] for view in views]
        if any(kind != kinds[0] for kind in kinds):
            raise InputError("panels", kinds, "return the same kinds of panels, in one order, for all values")
        packed = pack({name: len(values) for name, values in moving.items()}, views)
        if len(packed) > PAGE_BYTES:
            thing = f"page of {self._title!r}, {len(points)} settings, in bytes"
            raise InputError(thing, len(packed), f"keep to {PAGE_BYTES}: give fewer page values")
        return packed

    def __repr__(self) -> str:
        return f"Explorer: {self._view.finding}"
