"""Drive notebooks and explorers as a reader does, and say what an explorer should show.

What is expected comes from the same factory of `greekslab.explorers`, evaluated in the test's own process.
"""

import importlib
import pkgutil

from greekslab import explorers
from greekslab.explorers import Explorer, View

# ------------------------------------------------------------------------------ what should be there


def chapter_explorers(notebook: str) -> dict[str, Explorer]:
    """Give {title: explorer} of a chapter: every ``*_explorer()`` of the package that names the notebook."""
    found = {}
    for module in pkgutil.iter_modules(explorers.__path__):
        names = vars(importlib.import_module(f"greekslab.explorers.{module.name}"))
        for name, factory in names.items():
            if name.endswith("_explorer") and factory.__module__.endswith(f".{module.name}"):
                explorer = factory()
                if explorer.notebook == notebook:
                    found[explorer.title] = explorer
    return found


def drawn(view: View) -> dict:
    """Give what a view should put on the screen: the finding, and the numbers (or words) of each panel."""
    payload = view.payload()
    return {"finding": payload["finding"], "panels": [_drawn(panel) for panel in payload["panels"]]}


def _drawn(panel: dict) -> list[list]:
    if panel["kind"] == "lines":
        return [[x, *(s["y"][i] for s in panel["series"])] for i, x in enumerate(panel["x"])]
    if panel["kind"] == "bars":
        return [[s["y"][i] for s in panel["series"]] for i in range(len(panel["categories"]))]
    return panel["values"] if panel["kind"] == "matrix" else panel["rows"]


# ------------------------------------------------------------------------------ what is there

SHOWN = """root => ({
  finding: root.querySelector(".gl-finding").textContent,
  panels: [...root.querySelectorAll("[data-panel]")].map(panel => {
    const table = panel.querySelector(".gl-values table");
    return [...table.tBodies[0].rows].map(row => [...row.cells]
      .filter(cell => panel.dataset.kind === "table" || cell.tagName === "TD" || "value" in cell.dataset)
      .map(cell => panel.dataset.kind === "table" ? cell.textContent
        : "value" in cell.dataset ? Number(cell.dataset.value) : null));
  }),
})"""


def shown(root, like: dict) -> dict:
    """Read an explorer from the page; `like` says how long a row is (bars print a total after theirs)."""
    seen = root.evaluate(SHOWN)
    for rows, wanted in zip(seen["panels"], like["panels"], strict=True):
        if wanted and not isinstance(wanted[0][0], str):
            rows[:] = [row[: len(wanted[0])] for row in rows]
    return seen


def expect_shown(root, view: View) -> None:
    """Wait until the explorer rests, then compare all that it shows with the view."""
    wanted = drawn(view)
    root.page.wait_for_function(
        "([root, text]) => root.dataset.state === 'ready' && root.querySelector('.gl-finding').textContent === text",
        arg=[root.element_handle(), wanted["finding"]],
        timeout=15_000,
    )
    assert shown(root, wanted) == wanted


def roots(page) -> dict:
    """Give {title: locator} of the explorers on the screen."""
    every = page.locator(".gl-explorer").all()
    return {root.locator(".gl-name").inner_text(): root for root in every}


# ------------------------------------------------------------------------------ moving a control


def moves(explorer: Explorer, on_page: bool) -> list[tuple[dict, object]]:
    """Give (control, value) for two other values of every control that a reader can move."""
    chosen = []
    for spec in explorer.controls:
        if spec["kind"] == "legs" and not on_page:
            values = [{"book": label} for label, _ in spec["books"]]
        elif on_page:
            values = spec["page"] or []
        elif spec["kind"] == "slider":
            values = [spec["value"] + k * spec["step"] for k in (-3, -1, 2, 5)]
            values = [value for value in values if spec["low"] <= value <= spec["high"]]
        else:
            values = [key for key, _ in spec["options"]] if spec["kind"] == "choice" else [False, True]
        others = [value for value in values if not _same(value, spec["value"])]
        chosen += [(spec, value) for value in (others[:1] + others[-1:] if len(others) > 1 else others)]
    return chosen


def _same(value: object, start: object) -> bool:
    if isinstance(value, dict) and isinstance(start, dict):
        return value.get("book", value) == start.get("book", start)
    return value == start


def move(root, spec: dict, value: object) -> None:
    """Set one control as a reader would: keys on a slider, a click, a choice."""
    control = root.locator(f'[data-control="{spec["name"]}"]')
    if spec["kind"] == "slider":
        control.locator("input[type=range]").fill(str(value))
    elif spec["kind"] == "toggle":
        control.locator("input[type=checkbox]").set_checked(value)
    elif spec["kind"] == "choice":
        control.locator("select").select_option(value)
    else:
        control.locator("select").first.select_option(value["book"])


# ------------------------------------------------------------------------------ notebooks

OPEN = "() => window.jupyterapp?.shell?.currentWidget?.context?.sessionContext?.session?.kernel"
# Nothing here is awaited in the page: page.evaluate has no time limit of its own, wait_for_function has.
READY = """() => {
  const session = window.jupyterapp.shell.currentWidget.context.sessionContext;
  session.ready.then(() => session.session.kernel.info).then(() => { window.kernelAnswers = true; });
}"""
RUN_ALL = "() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }"
STATE = """() => {
  const cells = window.jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === "code" && cell.model.sharedModel.getSource().trim());
  const outputs = cells.flatMap(cell => cell.model.outputs.toJSON());
  const error = outputs.find(output => output.output_type === "error");
  const done = cells.length > 0 && cells.every(cell => cell.model.executionCount !== null
    && cell.model.executionState !== "running");
  return { done, error: error ? error.ename + ": " + error.evalue : null };
}"""
# Cells that show a widget are scrolled to, one by one: JupyterLab draws only what is near the screen.
WIDGET_CELLS = """() => window.jupyterapp.shell.currentWidget.content.widgets.flatMap((cell, place) =>
  cell.model.type === "code" && cell.model.outputs.toJSON().some(
    output => output.data && "application/vnd.jupyter.widget-view+json" in output.data) ? [place] : [])"""
SCROLL = """place => { const notebook = window.jupyterapp.shell.currentWidget.content;
  notebook.activeCellIndex = place; notebook.scrollToItem(place, "start"); }"""


def run_all(page, seconds: float) -> None:
    """Run the notebook that is open; fail with the first error that a cell shows."""
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", state="attached")
    page.wait_for_function(OPEN, timeout=seconds * 1000)
    page.evaluate(READY)
    page.wait_for_function("() => window.kernelAnswers", timeout=seconds * 1000)
    page.evaluate(RUN_ALL)
    page.wait_for_function(
        f"() => {{ const state = ({STATE})(); return state.done || state.error; }}",
        timeout=seconds * 1000,
        polling=200,
    )
    assert page.evaluate(STATE)["error"] is None


def notebook_explorers(page) -> dict[str, int]:
    """Scroll through the widgets of the open notebook; give {title: place of the cell} of its explorers."""
    found = {}
    for place in page.evaluate(WIDGET_CELLS):
        root = scroll_to(page, place)
        found[root.locator(".gl-name").inner_text()] = place
    return found


def scroll_to(page, place: int):
    """Bring a cell onto the screen; give its explorer."""
    page.evaluate(SCROLL, place)
    root = page.locator(f'.jp-Cell[data-windowed-list-index="{place}"] .gl-explorer')
    root.wait_for()
    return root
