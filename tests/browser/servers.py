"""Start a server as a process of its own, and wait for it."""

import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """Give a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(module: str, flags: list[str], env: dict, log: Path, seconds: float = 60):
    """Run ``python -m module --port=... flags``; give its address once it answers; stop it at the end."""
    port = free_port()
    with log.open("w") as out:
        command = [sys.executable, "-m", module, f"--port={port}", "--no-browser", *flags]
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out)
        try:
            wait_until_open(port, process, time.monotonic() + seconds, log)
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            process.wait(20)


def wait_until_open(port: int, process: subprocess.Popen, end: float, log: Path) -> None:
    """Wait until somebody listens at the port."""
    while process.poll() is None and time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise RuntimeError(f"{process.args[2]} does not answer:\n{log.read_text()}")
