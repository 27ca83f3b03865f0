"""The published pages: they build, ask no other site, describe their figures, and their links lead somewhere."""

from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from bs4 import BeautifulSoup


@cache
def soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def pages(site: Path) -> list[Path]:
    return [path for path in site.rglob("*.html") if "lite" not in path.relative_to(site).parts]


@pytest.fixture(scope="module")
def notebook_page(site):
    return lambda notebook: soup(site / "notebooks" / f"{notebook}.html")


def test_nothing_is_asked_of_another_site(site):
    """Text links may lead away; scripts, styles, images and frames may not."""
    for path in pages(site):
        for tag in soup(path).find_all(True):
            if tag.name == "a":
                continue
            for name in ("src", "href", "srcset", "data", "poster", "action"):
                address = tag.get(name, "")
                assert not urlsplit(address).netloc, f"{path.name}: <{tag.name} {name}={address}>"


def test_style_sheets_stay_on_the_site(site):
    for path in (site / "_static").rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        assert "@import url(http" not in text and "url(http" not in text and "url(//" not in text, path.name


def test_every_figure_is_described(notebook_page, notebook):
    """Alt text says what is to be seen; a file name does not."""
    for image in notebook_page(notebook).select("article img"):
        words = image.get("alt", "").strip()
        assert len(words.split()) >= 4 and not words.endswith((".png", ".svg")), f"alt of {image.get('src')}: {words!r}"


def test_links_lead_somewhere(site):
    for path in pages(site):
        for link in soup(path).find_all("a", href=True):
            address = urlsplit(link["href"])
            if address.scheme or address.netloc:
                continue
            target = (path.parent / unquote(address.path)).resolve() if address.path else path
            assert target.exists(), f"{path.name}: {link['href']}"
            if "lite/" in address.path:
                (wanted,) = parse_qs(address.query)["path"]
                assert (site / "lite" / "files" / wanted).is_file(), link["href"]
            elif address.fragment and target.suffix == ".html":
                assert soup(target).find(id=unquote(address.fragment)), f"{path.name}: {link['href']}"


def test_every_chapter_offers_its_live_copy(notebook_page, notebook):
    (link,) = notebook_page(notebook).select("a.live-link")
    assert link.get_text() == "Open this chapter live"
    assert link["href"] == f"../lite/notebooks/index.html?path={notebook}.ipynb"


def test_every_chapter_has_one_title_and_the_licence(notebook_page, notebook):
    page = notebook_page(notebook)
    assert len(page.select("article h1")) == 1
    assert "CC BY 4.0" in page.select_one(".bd-footer-content").get_text()


def test_nothing_went_wrong_in_a_cell(notebook_page, notebook):
    assert not notebook_page(notebook).select(".output.traceback, .output.stderr")
