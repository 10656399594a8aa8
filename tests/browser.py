"""A headless Chromium by the WebDriver protocol, as far as the tests need it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

CHROME = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), "")
DRIVER = shutil.which("chromedriver") or ""


@dataclass(frozen=True)
class Browser:
    """One window."""

    session: str

    def ask(self, method: str, path: str, **body: Any) -> Any:
        data = json.dumps(body).encode() if method == "POST" else None
        request = urllib.request.Request(f"{self.session}{path}", data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def open(self, url: str) -> None:
        self.ask("POST", "/url", url=url)

    def run(self, script: str, *arguments: Any) -> Any:
        """The value of an expression in JavaScript."""
        return self.ask("POST", "/execute/sync", script=f"return {script}", args=list(arguments))

    def resize(self, width: int, height: int) -> None:
        self.ask("POST", "/window/rect", width=width, height=height)

    def console(self) -> list[str]:
        """What was logged since this was asked last."""
        return [entry["message"] for entry in self.ask("POST", "/se/log", type="browser")]


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser without a network; it ends with the block."""
    options = {
        "binary": CHROME,
        "args": [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--force-color-profile=srgb",
        ],
    }
    wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
    with subprocess.Popen([DRIVER, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as driver:
        try:
            assert driver.stdout
            port = next(found[1] for line in driver.stdout if (found := re.search(r"on port (\d+)\.$", line.strip())))
            root = Browser(f"http://127.0.0.1:{port}")
            made = root.ask("POST", "/session", capabilities={"alwaysMatch": wanted})
            one = Browser(f"{root.session}/session/{made['sessionId']}")
            try:
                yield one
            finally:
                request = urllib.request.Request(one.session, method="DELETE")
                urllib.request.urlopen(request, timeout=30).close()
        finally:
            driver.terminate()
