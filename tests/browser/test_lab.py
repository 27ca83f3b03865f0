"""First face: JupyterLab with a kernel."""

import drive
import pytest

# The kernel of the live pages is installed beside JupyterLab (it builds them), which tries it and lets it be.
LIVE_KERNEL = "Shared module @jupyterlite/server doesn't exist"


@pytest.mark.timeout(300)
def test_lab(page, lab, watch, notebook):
    """Run all cells; every explorer then shows what its function gives, also after a control was moved."""
    watch.forgiven = (LIVE_KERNEL,)
    expected = drive.chapter_explorers(notebook)
    page.goto(f"{lab}/doc/tree/{notebook}.ipynb?reset")
    drive.run_all(page, seconds=120)
    found = drive.notebook_explorers(page)
    assert set(found) == set(expected)
    for title, place in found.items():
        explorer = expected[title]
        root = drive.scroll_to(page, place)
        drive.expect_shown(root, explorer.evaluate())
        for spec, value in drive.moves(explorer, on_page=False):
            drive.move(root, spec, value)
            drive.expect_shown(root, explorer.evaluate(**{spec["name"]: value}))
            root.locator(".gl-reset").click()
        drive.expect_shown(root, explorer.evaluate())
