"""Serve the built site on this machine, with the MIME types that live pages need. Run as `make serve`."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HTML = Path(__file__).resolve().parent / "_build" / "html"


class SiteHandler(SimpleHTTPRequestHandler):
    """Files of the site; quiet, and sure of the types on which browsers insist."""

    protocol_version = "HTTP/1.1"  # connections are kept: live pages load some hundred files
    extensions_map = {
        **SimpleHTTPRequestHandler.extensions_map,
        ".wasm": "application/wasm",
        ".mjs": "text/javascript",
        ".js": "text/javascript",
        ".json": "application/json",
        ".ipynb": "application/json",
        ".whl": "application/zip",
    }

    def log_message(self, *args) -> None:
        """Say nothing for each request."""


def site_server(folder: Path = HTML, port: int = 8000) -> ThreadingHTTPServer:
    """Return a server of `folder` on this machine only; port 0 takes any free one."""
    return ThreadingHTTPServer(("127.0.0.1", port), partial(SiteHandler, directory=str(folder)))


def main() -> int:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args().port
    try:
        server = site_server(port=port)
    except OSError as error:
        print(f"Port {port} cannot be used ({error.strerror}); name another: make serve PORT={port + 1}")
        return 1
    print(f"The book is at http://localhost:{server.server_address[1]}/ (stop with Ctrl-C)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
