"""The pages beside the chapters: complete, and true to the code."""

import dataclasses
import importlib
import inspect
import json
import re
from pathlib import Path

import pytest

from greekslab.book import named_books, pnl_cube
from greekslab.market import Market
from greekslab.risk import worst
from greekslab.scenarios import published

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["notation", "glossary", "how_to_read", "bibliography"]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TERMS = """Linear Margining | Isolated Margining Models
Cross Margining Mechanisms | Portfolio Risk Exposure Calculation
Portfolio Delta Margin | Portfolio Margin Model | Portfolio Risk-Based Margin | Markowitz Portfolio Theory
Portfolio Risk Assessment | Risk-Based Portfolio Margin | Portfolio-Based Margin | Portfolio Margining Models
Portfolio Protection | Portfolio Margin Optimization | Real-Time Portfolio Rebalancing | Portfolio Rebalancing Cost
Real-Time Portfolio Analysis | Non-Linear Portfolio Risk | Synthetic Portfolio Stress Testing
Cross Protocol Portfolio Margin | Inter-Protocol Portfolio Margin | Cross-Chain Portfolio Margining
Portfolio Margining DeFi"""
TERMS = [term.strip() for term in re.split(r"[|\n]", TERMS)]


def page(name):
    return (ROOT / "book" / f"{name}.md").read_text(encoding="utf-8")


def title(notebook):
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown" and "".join(cell["source"]).startswith("# "):
            return "".join(cell["source"]).splitlines()[0][2:].strip()
    return None


def slug(heading):
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("name", PAGES)
def test_headings_do_not_jump_and_links_lead_somewhere(name):
    text = re.sub(r"```.*?```", "", page(name), flags=re.S)
    levels = [len(m) for m in re.findall(r"^(#+) ", text, flags=re.M)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b <= a + 1 for a, b in zip(levels, levels[1:], strict=False))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not target.startswith("http"):
            file, _, anchor = target.partition("#")
            path = (ROOT / "book" / file).resolve()
            assert path.exists(), f"{name}.md: {target}"
            if anchor:
                assert anchor in [slug(h) for h in re.findall(r"^#+ (.*)$", path.read_text(), flags=re.M)], target


def test_all_terms_stand_in_the_glossary_in_the_order_of_the_book():
    assert len(TERMS) == 23
    assert re.findall(r"^### (.*)$", page("glossary"), flags=re.M) == TERMS
    assert len(re.findall(r"^## Part ", page("glossary"), flags=re.M)) == 6


@pytest.mark.parametrize("term", TERMS)
def test_a_term_links_to_its_chapter_or_says_that_it_is_to_come(term):
    entry = page("glossary").split(f"### {term}\n")[1].split("\n#")[0]
    chapter = next((n for n in NOTEBOOKS if title(n) == term), None)
    if chapter is None:
        assert entry.rstrip().endswith("to come.")
    else:
        assert f"(../notebooks/{chapter.name})" in entry and "to come" not in entry


def public_names():
    names = {}
    for layer in ("pricing", "market", "scenarios", "book", "risk", "margin"):
        package = importlib.import_module(f"greekslab.{layer}")
        names |= {name: getattr(package, name) for name in package.__all__}
    return names


def exists(text, names):
    """Tell whether `Class.attribute`, `function(parameter)` or `name` is there."""
    function, _, parameter = text.rstrip(")").partition("(")
    owner, _, attribute = function.partition(".")
    if owner not in names:
        return False
    thing = names[owner]
    if attribute:
        fields = {f.name for f in dataclasses.fields(thing)} if dataclasses.is_dataclass(thing) else set()
        return attribute in fields or hasattr(thing, attribute)
    return not parameter or parameter in inspect.signature(thing).parameters


def test_names_of_the_notation_exist_in_the_code():
    names, rows = public_names(), 0
    for section in page("notation").split("\n## ")[2:7]:
        for line in section.splitlines():
            if line.startswith("|") and not line.startswith(("|---", "| symbol")):
                rows += 1
                for text in re.findall(r"`([^`]+)`", line.rsplit("|", 2)[1]):
                    assert exists(text, names), text
    assert rows > 50


def test_the_running_books_stand_in_the_notation_with_their_scan():
    # the table's column is the worst weighted loss over Paradex's 24 scenarios, reference table of the running books
    toy = Market.toy()
    books = named_books(toy)
    rows = re.findall(r"^\| ([a-z ]+) \|.*\| ([\d.]+) \|$", page("notation"), flags=re.M)
    assert [name for name, _ in rows] == list(books)
    for name, number in rows:
        loss = worst(pnl_cube(books[name], toy, published("paradex-24"))).loss
        assert loss == pytest.approx(float(number), abs=1e-4), name


def sources():
    for notebook in NOTEBOOKS:
        text = "\n".join("".join(c["source"]) for c in json.loads(notebook.read_text(encoding="utf-8"))["cells"])
        for author, year in re.findall(r"^- ([A-Z]\w+), [A-Z]\.[^(]*\((\d{4})\)", text, flags=re.M):
            yield pytest.param(author, year, id=f"{notebook.stem}-{author}-{year}")


@pytest.mark.parametrize(("author", "year"), list(sources()))
def test_what_a_chapter_cites_stands_in_the_bibliography(author, year):
    assert re.search(rf"^{author}, .*?\({year}\)", page("bibliography"), flags=re.M | re.S)


def test_the_claims_are_numbered_without_gaps():
    assert re.findall(r"^\| F(\d+) \|", page("how_to_read"), flags=re.M) == [str(i) for i in range(1, 13)]


def test_the_code_on_how_to_read_runs():
    code = re.search(r"```python\n(.*?)```", page("how_to_read"), flags=re.S).group(1)
    exec(compile(code, "how_to_read.md", "exec"), {})
