"""How long from a slider's event to the changed chart? Run by ``python -m benchmarks slider``, not by the tests.

Every slider step is timed inside the page: from the event to the first frame after the chart is drawn anew.
"""

import json
import os
from pathlib import Path

import drive
import pytest

STEPS = 15

# Moves the slider, waits until the explorer rests and the next frame is shown, and says how long that took.
STEP = """([root, name, value]) => new Promise((resolve, reject) => {
  const input = root.querySelector(`[data-control="${name}"] input[type=range]`);
  const panels = root.querySelector(".gl-panels"), before = panels.innerHTML;
  const late = setTimeout(() => reject(new Error("the chart did not change within 10 s")), 10_000);
  const watcher = new MutationObserver(() => {
    if (root.dataset.state !== "ready" || panels.innerHTML === before) return;
    watcher.disconnect();
    clearTimeout(late);
    requestAnimationFrame(() => resolve(performance.now() - start));
  });
  watcher.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
  input.value = value;
  const start = performance.now();
  input.dispatchEvent(new Event("input", { bubbles: true }));
})"""


def steps(spec) -> list[float]:
    """Give one value to start from and fifteen to move to, there and back around the slider's middle."""
    count = round((spec["high"] - spec["low"]) / spec["step"])
    way = sorted({round(count * share / 20) for share in range(6, 15)})
    way += way[-2:0:-1]
    return [spec["low"] + way[k % len(way)] * spec["step"] for k in range(STEPS + 1)]


def measure(page, notebook, where):
    """Time every slider of every explorer of the open notebook."""
    expected = drive.chapter_explorers(notebook)
    for title, place in drive.notebook_explorers(page).items():
        for spec in (s for s in expected[title].controls if s["kind"] == "slider"):
            first, *rest = steps(spec)
            drive.move(drive.scroll_to(page, place), spec, first)
            page.wait_for_timeout(2_000)
            root = drive.scroll_to(page, place).element_handle()
            times = [page.evaluate(STEP, [root, spec["name"], value]) for value in rest]
            record = {"where": where, "notebook": notebook, "explorer": title, "slider": spec["name"], "ms": times}
            with Path(os.environ["GREEKSLAB_SLIDER_TIMES"]).open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")


@pytest.mark.timeout(300)
def test_lab_slider(page, lab, watch, notebook):
    watch.forgiven = ("",)  # only times are of interest here
    page.goto(f"{lab}/doc/tree/{notebook}.ipynb?reset")
    drive.run_all(page, seconds=120)
    measure(page, notebook, "JupyterLab")


@pytest.mark.timeout(420)
@pytest.mark.skipif("GREEKSLAB_PYODIDE" not in os.environ, reason="GREEKSLAB_PYODIDE names no folder")
def test_live_slider(page, served, watch, notebook):
    watch.forgiven = ("",)
    page.goto(f"{served}/notebooks/{notebook}.html")
    page.locator("a.live-link").first.click()
    page.wait_for_url("**/lite/notebooks/**")
    drive.run_all(page, seconds=240)
    measure(page, notebook, "live")
