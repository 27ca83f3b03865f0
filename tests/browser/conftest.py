"""A browser with no way out, a JupyterLab, the built site, and a reader's page that must stay clean."""

import os
import shutil
import threading
from dataclasses import dataclass, field

import chromium
import pytest
from serve import site_server  # the book's own: what is tested is what `make serve` runs
from servers import ROOT, running

LOCAL = ("http://localhost:", "http://127.0.0.1:", "ws://localhost:", "blob:", "data:", "about:")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Run the system's Chromium, unable to find any other machine."""
    program = chromium.find()
    if not program:
        pytest.fail(f"the browser tests need Chromium: {chromium.HOW_TO}", pytrace=False)
    quiet = [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
    ]
    alone = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"]
    flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", *quiet, *alone]
    return {**browser_type_launch_args, "executable_path": program, "args": flags}


@dataclass
class Watch:
    """What a page did that it should not have done."""

    refused: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    forgiven: tuple[str, ...] = ()

    def console(self, message) -> None:
        """Note an error on the console, with the address where it arose."""
        if message.type == "error":
            self.error(f"{message.text} ({message.location.get('url', '')})")

    def error(self, text: str) -> None:
        """Note an error unless its kind is forgiven."""
        if not any(part in text for part in self.forgiven):
            self.errors.append(text)


@pytest.fixture
def watch():
    """Collect refused requests and console errors; a test may forgive errors that are not ours."""
    return Watch()


@pytest.fixture
def page(browser, watch):
    """Give a page whose requests to other machines are refused; at the end there must have been none."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})

    def route(route):
        if route.request.url.startswith(LOCAL):
            return route.continue_()
        watch.refused.append(route.request.url)
        return route.abort()

    context.route("**/*", route)
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.on("console", watch.console)
    page.on("pageerror", lambda error: watch.error(str(error)))
    yield page
    context.close()
    assert watch.refused == [], "the page asked other machines"
    assert watch.errors == [], "the page has errors on its console"


@pytest.fixture(scope="session")
def served(site):
    """Serve the built site; give its address."""
    server = site_server(site, port=0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_address[1]}"
    server.shutdown()


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """Run JupyterLab on a copy of the notebooks, with settings of its own; give its address."""
    home = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "notebooks", home / "work", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    folders = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    own = {name: str(home / name.lower()) for name in folders}
    settings = {
        "IdentityProvider.token": "",
        "ServerApp.password": "",
        "ServerApp.disable_check_xsrf": "True",
        "ServerApp.root_dir": str(home / "work"),
        "LabApp.expose_app_in_browser": "True",
        "LabApp.user_settings_dir": str(home / "settings"),
        "LabApp.workspaces_dir": str(home / "workspaces"),
    }
    flags = ["--allow-root", *(f"--{key}={value}" for key, value in settings.items())]
    with running("jupyterlab", flags, os.environ | own, home / "log") as address:
        yield address
