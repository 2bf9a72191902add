"""Find the Chromium that the browser tests drive; run as a script, install one where the machine has none."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from playwright.sync_api import sync_playwright

SETTING = "AISOC_TEST_BROWSER"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge", "microsoft-edge")
_MAC = ("Chromium", "Google Chrome", "Microsoft Edge")
_PACKAGES = ("chromium", "fonts-liberation")
_INSTALL_SECONDS = 900
_ASK = f"""The browser tests need Chromium, Chrome or Edge, and none was found.
  Debian, as root:    apt-get install chromium fonts-liberation
  elsewhere:          .venv/bin/playwright install --with-deps chromium
  one of your own:    {SETTING}=/path/to/browser make test"""


@cache
def find_browser() -> Path | None:
    """Return the program of the browser to drive; None where there is none.

    Raises FileNotFoundError when the setting names a program that is not there.
    """
    if chosen := os.environ.get(SETTING):
        program = shutil.which(chosen)
        if program is None:
            raise FileNotFoundError(f"{SETTING} names {chosen}, which is no program.")
        return Path(program)
    installed = [found for name in _NAMES if (found := shutil.which(name))]
    apps = [f"/Applications/{name}.app/Contents/MacOS/{name}" for name in _MAC]
    there = (Path(path) for path in (*installed, *apps) if Path(path).exists())
    return next(there, None) or _playwrights()


def _playwrights() -> Path | None:
    """Return the browser that Playwright downloaded for itself."""
    with sync_playwright() as playwright:
        program = Path(playwright.chromium.executable_path)
    return program if program.exists() else None


def install_browser() -> bool:
    """Install a browser, by the system's packages where we may, else by Playwright; return whether there is one."""
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        _say(f"No browser found: installing {' and '.join(_PACKAGES)} with apt-get (a minute or two, once) ...")
        if _done(apt, "update", "-qq"):
            _done(apt, "install", "-qq", "-y", "--no-install-recommends", *_PACKAGES)
        if _found_now():  # Ubuntu's package of that name installs none
            return True
    _say("No browser found: Playwright downloads its own (a minute or two, once) ...")
    _done(sys.executable, "-m", "playwright", "install", "chromium")
    return _found_now()


def _found_now() -> bool:
    find_browser.cache_clear()
    return find_browser() is not None


def _done(*command: str) -> bool:
    """Run a command quietly, show what it said when it failed, and return whether it worked."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        ended = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=_INSTALL_SECONDS
        )
    except subprocess.TimeoutExpired:
        _say(f"{command[0]} took longer than {_INSTALL_SECONDS} seconds.")
        return False
    if ended.returncode:
        _say(f"{ended.stdout}{ended.stderr}".strip()[-2000:])
    return ended.returncode == 0


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def main() -> int:
    """See to it that there is a browser; returns the exit code."""
    try:
        if find_browser() is None and not install_browser():
            _say(_ASK)
            return 1
    except FileNotFoundError as error:
        _say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
