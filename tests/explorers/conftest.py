"""A browser for explorers: the real JavaScript against the real Python, with no server and no network."""

import json
import os
import shutil
import sys
from base64 import b64encode
from pathlib import Path

import pytest

from greekslab import explorers

sys.path.insert(0, str(Path(__file__).parent))  # for explorer_sample, shared by the tests beside it

STATIC = Path(explorers.__file__).parent / "static"
SITE = "http://explorer.test/"

PAGE = """<!doctype html>
<html lang="en" {html}><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>explorer</title><link rel="icon" href="data:,"><link rel="stylesheet" href="explorer.css">
<style>body {{ margin: 0; padding: 12px; font-family: sans-serif; background: {paper}; }}</style></head>
<body {body}>{link}<main id="out"></main><script type="module">
import explorer from "./explorer.js";
const state = {state};
const bytes = Uint8Array.from(atob(state.grid), (c) => c.charCodeAt(0));
state.grid = new DataView(bytes.buffer);
const heard = {{}};
window.requests = [];
window.model = {{
  get: (key) => state[key],
  set: (key, value) => {{ state[key] = value; }},
  on: (event, act) => {{ (heard[event] ??= []).push(act); }},
  off: (event) => {{ delete heard[event]; }},
  save_changes: async () => {{
    window.requests.push(state.asked);
    if (!window.kernel) return;
    state.answer = JSON.parse(await window.kernel(JSON.stringify(state.asked)));
    (heard["change:answer"] || []).forEach((act) => act());
  }},
  push: (answer) => {{ state.answer = answer; (heard["change:answer"] || []).forEach((act) => act()); }},
}};
window.close_it = explorer.render({{ model: window.model, el: document.getElementById("out") }});
</script></body></html>"""

HOSTS = {
    "plain": ("", "", "#fff"),
    "book-light": ('data-theme="light"', "", "#fff"),
    "book-dark": ('data-theme="dark"', "", "#121212"),
    "lab-dark": ("", 'data-jp-theme-light="false"', "#111"),
}


@pytest.fixture(scope="session")
def chromium(playwright):
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not program:
        pytest.skip("no Chromium found (Debian: apt-get install chromium)")
    browser = playwright.chromium.launch(
        executable_path=program, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    )
    yield browser
    browser.close()


@pytest.fixture
def show(chromium):
    """Give ``show(explorer, host=, width=, link=) -> page``; at the end no page may have met an error."""
    contexts, trouble = [], []

    def open_page(explorer, host="plain", width=1000, link="", height=900):
        html, body, paper = HOSTS[host]
        names = ("title", "notebook", "controls", "answer", "asked")
        state = {name: getattr(explorer, name) for name in names}
        state["grid"] = b64encode(explorer.grid).decode()
        text = PAGE.format(html=html, body=body, paper=paper, link=link, state=json.dumps(state).replace("</", "<\\/"))
        context = chromium.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)

        def serve(route):
            name = route.request.url.removeprefix(SITE)
            if name == "":
                route.fulfill(body=text, content_type="text/html")
            elif name in ("explorer.js", "explorer.css"):
                route.fulfill(path=STATIC / name)
            else:
                trouble.append(f"request for {route.request.url}")
                route.abort()

        def kernel(asked):
            explorer.asked = json.loads(asked)
            return json.dumps(explorer.answer)

        context.route("**/*", serve)
        page.on("console", lambda message: message.type == "error" and trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        if not explorer.grid:
            page.expose_function("kernel", kernel)
        page.goto(SITE)
        page.wait_for_selector(".gl-explorer[data-state=ready]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert trouble == []
