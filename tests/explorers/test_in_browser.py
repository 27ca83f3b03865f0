"""The explorer as a reader meets it, in Chromium: every number on the screen is Python's."""

import pytest
from explorer_sample import BOOKS, X, sample

from greekslab.explorers import Bars, Explorer, Lines, Matrix, Series, Slider, Table, View

LIVE = '<a class="live-link" href="lite/00_sample.html">live</a>'


@pytest.fixture
def kernel(show):
    """An explorer with a kernel, and its page."""
    explorer = sample()
    return explorer, show(explorer)


@pytest.fixture
def on_page(monkeypatch):
    monkeypatch.setenv("GREEKSLAB_PAGE", "1")


def finding(page):
    return page.locator(".gl-finding").text_content()


def drawn(page, panel):
    """Numbers of a panel's values table, row by row."""
    return page.eval_on_selector_all(
        f'[data-panel="{panel}"] .gl-values > table:first-child tbody tr',
        """rows => rows.map((row) => [...row.querySelectorAll("td")].map(
            (cell) => cell.dataset.value && Number(cell.dataset.value)))""",
    )


def control(page, name):
    return page.locator(f'[data-control="{name}"]')


def wait(page, text):
    script = "text => document.querySelector('.gl-finding').textContent.includes(text)"
    page.wait_for_function(script, arg=text)


def spoken(page, panel):
    """What a screen reader hears from a panel as the keyboard moves over it."""
    return page.locator(f'[data-panel="{panel}"] [aria-live]').text_content()


def test_first_view_needs_no_request(kernel):
    _, page = kernel
    assert page.locator(".gl-explorer").get_attribute("data-source") == "kernel"
    assert finding(page) == "1 contracts need 20 USD under cross."
    assert page.evaluate("window.requests.length") == 0
    assert drawn(page, 0) == [[x, x / 2 if x else None] for x in X]


def test_slider_changes_finding_chart_and_values(kernel):
    explorer, page = kernel
    before = page.locator('[data-panel="0"] path.gl-line').first.get_attribute("d")
    control(page, "shift").locator("input").fill("2.5")
    page.wait_for_function("document.querySelector('.gl-explorer').dataset.seq === '1'")
    panels = explorer.evaluate(shift=2.5).payload()["panels"]
    assert [row[0] for row in drawn(page, 0)] == panels[0]["series"][0]["y"] == [-17.5, -7.5, 2.5, 12.5, 22.5]
    assert page.locator('[data-panel="0"] path.gl-line').first.get_attribute("d") != before
    assert control(page, "shift").locator("output").text_content() == "2.5\u00a0USD"
    control(page, "rate").locator("input").fill("33")
    wait(page, "need 33 USD")
    # rows: scan, add-on, total
    assert drawn(page, 1) == [[33, 5, 38], [66, -2, 64]]
    assert page.locator('[data-panel="1"] .gl-total').all_text_contents() == ["38\u00a0USD", "64\u00a0USD"]


def test_choice_and_toggle_reach_the_function(kernel):
    explorer, page = kernel
    control(page, "rule").locator("select").select_option(label="Scan")
    wait(page, "under scan")
    control(page, "addon").locator("input").uncheck()
    page.wait_for_function("document.querySelector('.gl-explorer').dataset.seq === '2'")
    assert drawn(page, 1)[0] == [20, 0, 20]
    assert explorer.values["rule"] == "scan"
    assert explorer.values["addon"] is False


def test_keyboard_moves_sliders_and_reads_charts(kernel):
    _, page = kernel
    control(page, "rate").locator("input").focus()
    page.keyboard.press("ArrowRight")
    wait(page, "need 21 USD")
    chart = page.locator('[data-panel="0"] .gl-plot')
    chart.focus()
    page.keyboard.press("Home")
    assert spoken(page, 0) == "move −20\u00a0%: now −20\u00a0USD, half −10\u00a0USD"
    page.keyboard.press("ArrowRight")
    assert "now −10\u00a0USD" in spoken(page, 0)
    assert page.locator('[data-panel="0"] .gl-tip').is_visible()
    page.keyboard.press("Escape")
    assert not page.locator('[data-panel="0"] .gl-tip').is_visible()
    page.locator('[data-panel="2"] .gl-plot').focus()
    page.keyboard.press("ArrowRight")  # starts at the ringed cell
    assert spoken(page, 2) == "-20 %, up: −20\u00a0USD"
    page.keyboard.press("ArrowRight")
    assert spoken(page, 2) == "-10 %, up: −10\u00a0USD"


def test_pointer_reads_the_nearest_point(kernel):
    _, page = kernel
    plot = page.locator('[data-panel="0"] .gl-plot')
    box = plot.bounding_box()
    plot.hover(position={"x": box["width"] - 16, "y": box["height"] / 2})
    words = page.locator('[data-panel="0"] .gl-tip').inner_text()
    assert "20\u00a0%" in words
    assert words.split() == ["move", "20", "%", "now", "20", "half", "10"]


def test_reset_brings_everything_back(kernel):
    explorer, page = kernel
    control(page, "rate").locator("input").fill("40")
    control(page, "book").locator("select").select_option(label="two short")
    wait(page, "-2 contracts need 80 USD")
    page.get_by_role("button", name="Reset").click()
    wait(page, "1 contracts need 20 USD")
    assert explorer.values == sample().values
    assert control(page, "rate").locator("output").text_content() == "20\u00a0%"


def test_one_request_at_a_time_and_the_latest_wins(kernel):
    explorer, page = kernel
    page.evaluate("""() => {
        const answer = window.kernel;
        const pause = () => new Promise((done) => setTimeout(done, 60));
        window.kernel = async (asked) => { await pause(); return answer(asked); };
        const input = document.querySelector('[data-control="rate"] input');
        for (let v = 21; v <= 45; v += 1) { input.value = v; input.dispatchEvent(new Event("input")); }
    }""")
    wait(page, "need 45 USD")
    assert [asked["values"]["rate"] for asked in page.evaluate("window.requests")] == [21, 45]
    assert explorer.values["rate"] == 45
    assert page.locator(".gl-explorer").get_attribute("data-state") == "ready"


def test_python_moves_the_controls(kernel):
    explorer, page = kernel
    explorer.set(rate=44, book="two short", addon=False)
    page.evaluate("answer => window.model.push(answer)", explorer.answer)
    assert finding(page) == "-2 contracts need 88 USD under cross."
    assert control(page, "rate").locator("output").text_content() == "44\u00a0%"
    assert not control(page, "addon").locator("input").is_checked()
    assert control(page, "book").locator("select").input_value() == "two short"


def test_legs_are_added_changed_flipped_and_removed(kernel):
    explorer, page = kernel
    legs = control(page, "book")
    assert legs.get_by_label("leg 1: instrument").input_value() == "TOY-PERP"
    legs.get_by_role("button", name="Add leg").click()
    legs.get_by_label("leg 2: instrument").fill("TOY-PERP")
    wait(page, "2 contracts")
    legs.get_by_label("leg 2: quantity").fill("3.5")
    wait(page, "4.5 contracts")
    assert explorer.values["book"] == [("TOY-PERP", 1.0), ("TOY-PERP", 3.5)]
    assert legs.locator("select").input_value() == ""
    legs.get_by_role("button", name="leg 1: flip the sign").click()
    wait(page, "2.5 contracts")
    legs.get_by_role("button", name="leg 2: remove").click()
    wait(page, "-1 contracts")
    assert explorer.values["book"] == [("TOY-PERP", -1.0)]


def test_error_of_a_leg_is_shown_beside_the_legs_and_the_chart_stays(kernel):
    explorer, page = kernel
    legs = control(page, "book")
    legs.get_by_label("leg 1: instrument").fill("TOY-FUT")
    page.wait_for_selector(".gl-explorer[data-state=error]")
    assert legs.get_by_role("alert").text_content() == "instrument is TOY-FUT: the sample knows TOY-PERP only"
    assert finding(page) == "1 contracts need 20 USD under cross."
    legs.get_by_label("leg 1: instrument").fill("TOY-PERP")
    page.wait_for_selector(".gl-explorer[data-state=ready]")
    assert page.get_by_role("alert").count() == 0


def test_csv_is_pasted_uploaded_and_edited(kernel):
    explorer, page = kernel
    legs = control(page, "book")
    legs.get_by_text("Paste or upload a CSV").click()
    legs.get_by_label("CSV of the book").fill("instrument,quantity\nTOY-PERP,4\nTOY-PERP,2")
    legs.get_by_role("button", name="Use this CSV").click()
    wait(page, "6 contracts")
    assert explorer.values["book"] == "instrument,quantity\nTOY-PERP,4\nTOY-PERP,2"
    legs.get_by_role("button", name="Edit as legs").click()
    page.wait_for_function("window.requests.length === 2")
    assert explorer.values["book"] == [("TOY-PERP", 4), ("TOY-PERP", 2)]
    file = {"name": "book.csv", "mimeType": "text/csv", "buffer": b"asset,quantity\nTOY-PERP,4"}
    legs.get_by_label("CSV file").set_input_files(file)
    page.wait_for_selector(".gl-explorer[data-state=error]")
    assert "name the column instrument" in legs.get_by_role("alert").text_content()
    legs.get_by_role("button", name="Back to the legs before").click()
    wait(page, "6 contracts")


def test_a_fault_is_said_in_short(kernel):
    explorer, page = kernel
    answer = {"seq": 1, "values": explorer.answer["values"], "error": "The calculation failed (KeyError)."}
    page.evaluate("answer => window.model.push(answer)", answer)
    assert page.get_by_role("alert").text_content() == "The calculation failed (KeyError)."
    assert page.locator(".gl-explorer").get_attribute("data-state") == "error"


def test_page_walks_its_grid_without_a_kernel(show, on_page):
    explorer = sample()
    page = show(explorer, "book-light", link=LIVE)
    assert page.locator(".gl-explorer").get_attribute("data-source") == "grid"
    rate = control(page, "rate").locator("input")
    rate.focus()
    for key, want in [("ArrowRight", 50), ("ArrowRight", 50), ("ArrowLeft", 20), ("Home", 5), ("End", 50)]:
        page.keyboard.press(key)
        assert control(page, "rate").locator("output").text_content() == f"{want}\u00a0%"
        assert f"need {want} USD" in finding(page)
    rate.fill("12")  # between the stops
    assert "need 10 USD" in finding(page)
    control(page, "book").locator("select").select_option(label="two short")
    control(page, "rule").locator("select").select_option("scan")
    control(page, "addon").locator("input").uncheck()
    view = explorer.evaluate(rate=10, book="two short", rule="scan", addon=False).payload()
    assert finding(page) == view["finding"] == "-2 contracts need 20 USD under scan."
    assert [row[0] for row in drawn(page, 0)] == view["panels"][0]["series"][0]["y"]
    assert drawn(page, 1) == [[20, 0, 20], [40, -2, 38]]
    assert page.evaluate("window.requests.length") == 0
    page.get_by_role("button", name="Reset").click()
    assert finding(page) == "1 contracts need 20 USD under cross."


def test_page_says_what_is_fixed_and_where_it_lives(show, on_page):
    page = show(sample(page_rule=False), "book-dark", link=LIVE)
    for name in ("shift", "rule"):
        part = control(page, name)
        assert part.locator("input, select").is_disabled()
        assert "fixed on this page" in part.text_content()
        assert part.get_by_role("link").get_attribute("href").endswith("lite/00_sample.html")
    legs = control(page, "book")
    assert legs.get_by_label("leg 1: quantity").is_disabled()
    assert legs.get_by_role("button", name="Add leg").count() == 0
    assert "fixed on this page" in legs.text_content()
    assert legs.locator("select").is_enabled()
    assert legs.locator("select option:not([hidden])").all_text_contents() == list(BOOKS)
    page = show(sample(page_rule=False), "book-dark")  # no live page: no link
    assert page.locator(".gl-fixed-note a").count() == 0


@pytest.mark.parametrize("host", ["plain", "book-dark", "lab-dark"])
def test_phone_shows_everything_in_its_width(show, host):
    page = show(sample(), host, width=360)
    page.locator("summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    cut = page.evaluate("""() => [...document.querySelectorAll(".gl-explorer :is(text, td, th, label, span)")]
        .filter((part) => !part.closest("details, .gl-hidden"))
        .map((part) => [part.textContent, part.getBoundingClientRect()])
        .filter(([, box]) => box.width > 0 && (box.right > 360 || box.left < 0))
        .map(([text]) => text)""")
    assert cut == []


def test_wide_table_becomes_lists_on_a_phone(show):
    columns = ["leg", "quantity, coins", "value now, USD", "contributes, USD", "freed if closed, USD"]
    rows = [["BTC-26NOV21-70000-C", "-1", "-6 839", "+10 567", "+1 171"]]
    explorer = Explorer(lambda s: View("", [Table("Legs", columns, rows)]), [Slider("s", "S", 0, 0, 1, 1)], title="x")
    page = show(explorer, width=360)
    plot = page.locator('[data-panel="0"] .gl-plot')
    assert plot.evaluate("node => node.scrollWidth - node.clientWidth") <= 1
    assert plot.locator("td").nth(4).evaluate("node => getComputedStyle(node, '::before').content") == f'"{columns[4]}"'
    page.set_viewport_size({"width": 1000, "height": 700})
    page.wait_for_selector(".gl-plot:not(.gl-stacked)")


def test_paper_shows_controls_as_words(show, on_page):
    page = show(sample(), "book-dark", link=LIVE, width=720)
    page.emulate_media(media="print")
    assert page.locator(".gl-explorer :is(input[type=range], button, select):visible").count() == 0
    assert control(page, "rate").inner_text().split() == ["Margin", "rate", "20", "%"]
    assert control(page, "rule").inner_text().split() == ["Rule", "Cross", "margin"]
    assert control(page, "addon").inner_text().split() == ["With", "add-on", "on"]
    ink = page.eval_on_selector(".gl-finding", "n => getComputedStyle(n).color")
    paper = page.eval_on_selector(".gl-explorer", "n => getComputedStyle(n).backgroundColor")
    assert (ink, paper) == ("rgb(0, 0, 0)", "rgb(255, 255, 255)")


def luminance(colour):
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")[:3]]
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("host", ["plain", "book-light", "book-dark", "lab-dark"])
def test_words_stand_out_from_the_ground(show, host):
    """WCAG 2.1 AA: contrast of text 4.5 : 1."""
    page = show(sample(), host)
    ground = luminance(page.eval_on_selector(".gl-explorer", "n => getComputedStyle(n).backgroundColor"))
    for what in (".gl-finding", ".gl-control label", ".gl-axis-name", ".gl-details summary", ".gl-bar-name"):
        ink = luminance(page.eval_on_selector(what, "n => getComputedStyle(n).color"))
        light, dark = max(ink, ground), min(ink, ground)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, what


def test_every_part_has_a_name_for_screen_readers(kernel):
    _, page = kernel
    for panel in range(3):
        plot = page.locator(f'[data-panel="{panel}"] [role=img]')
        assert len(plot.get_attribute("aria-label")) > 20
        assert page.locator(f'[data-panel="{panel}"] details summary').text_content() == "values"
    name = page.locator('[data-panel="2"] [role=img]').get_attribute("aria-label")
    assert "Ringed: -20 %, up: −20\u00a0USD" in name
    assert page.locator(".gl-finding").get_attribute("aria-live") == "polite"
    unnamed = page.evaluate("""() => [...document.querySelectorAll(".gl-explorer :is(input, select, button)")]
        .filter((part) => !part.labels?.length && !part.ariaLabel && !part.textContent.trim())
        .map((part) => part.outerHTML)""")
    assert unnamed == []
    assert page.get_by_role("slider", name="Margin rate").count() == 1
    assert page.get_by_role("combobox", name="Rule").count() == 1


def test_jupyterlab_leaves_the_keys_to_what_has_the_focus(kernel):
    """Lumino looks at the focused element itself first: `[data-lm-suppress-shortcuts]` must be on it."""
    _, page = kernel
    lost = page.evaluate("""() => [...document.querySelectorAll(
            ".gl-explorer :is(input, select, textarea, button, summary, [tabindex])")]
        .filter((part) => !part.hasAttribute("data-lm-suppress-shortcuts")).map((part) => part.outerHTML)""")
    assert lost == []


def test_ring_and_missing_cells_of_a_matrix(kernel):
    _, page = kernel
    assert page.locator('[data-panel="2"] td.gl-ring').get_attribute("data-cell") == "0,0"
    assert page.locator('[data-panel="2"] td.gl-cell').count() == 9
    assert page.locator('[data-panel="2"] td.gl-none').count() == 1


def test_words_stand_in_the_cells_of_a_matrix_and_numbers_in_its_table(show):
    """A narrow screen turns the matrix; the words turn with it."""

    def view(s):
        words = [["B", "<i>", "BA"], ["", "A", "-"]]
        return View("ok", [Matrix("Who", ["up", "down"], ["a", "b", "c"], [[1, 0, 2], [0, 1, 0]], (0, 2), words=words)])

    for width in (900, 360):
        page = show(Explorer(view, [Slider("s", "S", 0, 0, 1, 1)], title="words"), width=width)
        cells = page.locator("td.gl-cell").evaluate_all("all => all.map(c => [c.dataset.cell, c.textContent])")
        assert dict(cells) == {"0,0": "B", "0,1": "<i>", "0,2": "BA", "1,0": "", "1,1": "A", "1,2": "-"}
        assert page.locator(".gl-ring-note").inner_text() == "c, up: BA, 2"
        values = page.locator(".gl-values tbody td").evaluate_all("all => all.map(c => c.dataset.value)")
        assert values == ["1", "0", "2", "0", "1", "0"]


def test_ugly_numbers_are_drawn(show):
    """All equal, all zero, huge, tiny, a single bar, words that look like markup."""

    def view(s):
        return View("<b>5 & 6</b>", [
            Lines("flat <i>", [0, 1], [Series("zero", [0, 0])]),
            Lines("equal", [0, 1], [Series("same", [7.25, 7.25])]),
            Lines("huge", [0, 1e9], [Series("big", [-3e12, 4e12])], "spot, USD", "pnl, USD"),
            Lines("tiny", [0, 1e-6], [Series("small", [1e-9, 2e-9]), Series("none", [None, None])]),
            Bars("zero", ["a"], [Series("x", [0])]),
            Matrix("blank", ["a"], ["b"], [[None]], ring=(0, 0)),
            Matrix("wide", ["a", "b"], [f"{k}" for k in range(31)], [[1e7 * k for k in range(31)]] * 2),
        ])  # fmt: skip

    page = show(Explorer(view, [Slider("s", "S", 0, 0, 1, 1)], title="ugly"), width=360)
    assert finding(page) == "<b>5 & 6</b>"
    panels = page.locator(".gl-panels").inner_html()
    assert not any(word in panels for word in ("NaN", "undefined", "Infinity"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_closing_stops_listening(kernel):
    explorer, page = kernel
    page.evaluate("window.close_it()")
    explorer.set(rate=44)
    page.evaluate("answer => window.model.push(answer)", explorer.answer)
    assert "need 20 USD" in finding(page)


def test_redraw_takes_a_few_milliseconds(kernel):
    """From the answer to the changed chart; the rest of the 100 ms belongs to the kernel."""
    explorer, page = kernel
    times = page.evaluate("""() => [...Array(15).keys()].map((k) => {
        const answer = structuredClone(window.model.get("answer"));
        answer.view.panels[0].series[0].y = answer.view.panels[0].series[0].y.map((y) => y + k);
        const start = performance.now();
        window.model.push(answer);
        document.querySelector(".gl-panels").getBoundingClientRect();
        return performance.now() - start;
    })""")
    assert sorted(times)[7] < 40
