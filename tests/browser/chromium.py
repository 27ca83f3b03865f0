"""Find Chromium, or install it from the system's packages: python tests/browser/chromium.py --install."""

import os
import shutil
import subprocess
import sys

HOW_TO = "install Chromium (Debian, Ubuntu: apt-get install chromium) or set CHROMIUM=/path/to/the/program"


def find() -> str | None:
    """Give the program to run: $CHROMIUM, or what is on the path."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
    return next((path for path in map(shutil.which, names) if path), None)


def install() -> None:
    """Install with apt-get where that is there and allowed without a password."""
    if not shutil.which("apt-get"):
        return
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if sudo and (not shutil.which("sudo") or subprocess.run([*sudo, "true"], capture_output=True).returncode):
        return
    print("Installing Chromium for the browser tests", flush=True)
    env = ["env", "DEBIAN_FRONTEND=noninteractive"]
    for step in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        done = subprocess.run([*sudo, *env, "apt-get", "-qq", *step], stdout=subprocess.DEVNULL)
        if done.returncode:
            return


def main() -> int:
    """Say which Chromium the tests use; fail in one line where there is none."""
    if not find() and "--install" in sys.argv and not os.environ.get("CHROMIUM"):
        install()
    program = find()
    if not program:
        print(f"The browser tests need Chromium: {HOW_TO}", file=sys.stderr)
        return 1
    print(f"Browser tests use {program}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
