"""Second face: the published page, with no kernel and no network."""

import drive


def open_page(page, served, notebook):
    page.goto(f"{served}/notebooks/{notebook}.html")
    expected = drive.chapter_explorers(notebook)
    page.wait_for_function(f"() => document.querySelectorAll('.gl-explorer').length >= {len(expected)}")
    found = drive.roots(page)
    assert set(found) == set(expected)
    return [(found[title], expected[title]) for title in expected]


def test_page(page, served, notebook):
    """Every explorer of the chapter is there, its controls work, and its finding changes with them."""
    for root, explorer in open_page(page, served, notebook):
        root.scroll_into_view_if_needed()
        drive.expect_shown(root, explorer.evaluate())
        assert root.get_attribute("data-source") == "grid"
        findings = {root.locator(".gl-finding").inner_text()}
        moves = drive.moves(explorer, on_page=True)
        assert moves, f"{explorer.title}: nothing moves on the page"
        for spec, value in moves:
            drive.move(root, spec, value)
            drive.expect_shown(root, explorer.evaluate(**{spec["name"]: value}))
            findings.add(root.locator(".gl-finding").inner_text())
            root.locator(".gl-reset").click()
        assert len(findings) > 1, f"{explorer.title}: the finding never changes"


def test_keyboard(page, served, notebook):
    """A slider moves by the arrow keys."""
    for root, explorer in open_page(page, served, notebook):
        for spec in explorer.controls:
            if spec["kind"] != "slider" or not spec["page"]:
                continue
            at = spec["page"].index(spec["value"])
            key, next_at = ("ArrowRight", at + 1) if at + 1 < len(spec["page"]) else ("ArrowLeft", at - 1)
            root.locator(f'[data-control="{spec["name"]}"] input').press(key)
            drive.expect_shown(root, explorer.evaluate(**{spec["name"]: spec["page"][next_at]}))
            root.locator(".gl-reset").click()


def test_fixed_controls_say_so(page, served, notebook):
    """A control that the page cannot move is off, says why, and links to the live page."""
    for root, explorer in open_page(page, served, notebook):
        for spec in explorer.controls:
            if spec["page"] or spec["kind"] == "legs":
                continue
            control = root.locator(f'[data-control="{spec["name"]}"]')
            assert control.locator("input, select").first.is_disabled()
            assert "fixed on this page" in control.inner_text()
            assert "/lite/notebooks/" in control.locator("a").first.get_attribute("href")


def test_phone(page, served, notebook):
    """Nothing is cut at 360 px: the page itself does not scroll sideways."""
    page.set_viewport_size({"width": 360, "height": 740})
    open_page(page, served, notebook)
    wide = page.evaluate("() => document.documentElement.scrollWidth")
    assert wide <= 361


def test_first_page(page, served):
    """The root of the site leads to the first page of the book."""
    page.goto(f"{served}/")
    page.wait_for_url("**/notebooks/00_margin_lab.html")
