"""The HTML report in a real browser: filters, links, folds, colours, widths, and no word on the console."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from audited import project
from browser import CHROME, DRIVER, Browser, browser

from leaklint import cli

pytestmark = [
    pytest.mark.skipif(not (CHROME and DRIVER), reason="there is no chromium with its chromedriver"),
    pytest.mark.xdist_group("browser"),
]

SHOWN = "[...document.querySelectorAll('.finding')].filter(e => e.offsetParent).map(e => e.id)"
EVENT = "((e, v) => { e.value = v; e.dispatchEvent(new Event('input', {bubbles: true})) })"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("project")
    project(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert cli._status(["report", ".", "--output", "html=report.html"]) == 0
    return (folder / "report.html").as_uri()


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    with browser() as one:
        yield one


@pytest.fixture
def opened(window: Browser, page: str) -> Iterator[Browser]:
    window.open("about:blank")
    window.open(page)
    yield window
    assert window.console() == []


def every(one: Browser) -> list[str]:
    return list(one.run("[...document.querySelectorAll('.finding')].map(e => e.id)"))


def test_all_is_shown_at_first(opened: Browser) -> None:
    assert opened.run(SHOWN) == every(opened)
    assert len(every(opened)) > 3
    total = len(every(opened))
    assert opened.run("document.querySelector('output').textContent") == f"{total} of {total}"


def test_the_severity_filter(opened: Browser) -> None:
    opened.run("document.querySelector('input[value=P0]').click()")
    assert opened.run(SHOWN) == [name for name in every(opened) if not name.startswith("p0")]
    assert opened.run("document.getElementById('p0').offsetParent") is None
    opened.run("document.querySelector('button[type=reset]').click()")
    assert opened.run("new Promise(r => setTimeout(() => r(" + SHOWN + "), 50))") == every(opened)


def test_the_rule_filter(opened: Browser) -> None:
    opened.run(f"{EVENT}(document.querySelector('select'), 'LK201')")
    wanted = opened.run("[...document.querySelectorAll('.finding[data-rules~=LK201]')].map(e => e.id)")
    assert wanted
    assert opened.run(SHOWN) == wanted


def test_the_path_filter_and_the_chart(opened: Browser) -> None:
    opened.run(f"{EVENT}(document.querySelector('input[name=path]'), 'CACHE')")
    wanted = opened.run("[...document.querySelectorAll('.finding[data-path$=\"cache.py\"]')].map(e => e.id)")
    assert wanted
    assert opened.run(SHOWN) == wanted
    opened.run("document.querySelector('.row[data-path$=\"hub.py\"]').click()")
    assert set(opened.run(SHOWN)) == set(
        opened.run("[...document.querySelectorAll('.finding[data-path$=\"hub.py\"]')].map(e => e.id)")
    )
    assert opened.run("document.querySelector('.row[aria-pressed=true]').dataset.path").endswith("hub.py")
    opened.run("document.querySelector('.row[aria-pressed=true]').click()")
    assert opened.run(SHOWN) == every(opened)


def test_links_lead_to_findings_whatever_is_filtered(opened: Browser, page: str) -> None:
    opened.run("document.querySelector('input[value=P0]').click()")
    opened.run("document.querySelector('a[href=\"#p0-1\"]').click()")
    assert opened.run("new Promise(r => setTimeout(() => r(document.querySelector(':target').id), 100))") == "p0-1"
    assert "p0-1" in opened.run(SHOWN)
    top = opened.run("document.getElementById('p0-1').getBoundingClientRect().top")
    assert -5 <= top <= opened.run("innerHeight")
    broken = (
        "[...document.querySelectorAll('a[href^=\"#\"]')].filter(a => !document.getElementById(a.hash.slice(1))).length"
    )
    assert opened.run(broken) == 0
    opened.open("about:blank")
    opened.open(f"{page}#p1-1")
    assert opened.run("document.querySelector(':target').id") == "p1-1"


def test_code_folds(opened: Browser) -> None:
    open_folds = "document.querySelectorAll('.finding details[open]').length"
    assert opened.run(open_folds) > 3
    opened.run("document.querySelector('button[name=fold]').click()")
    assert opened.run(open_folds) == 0
    opened.run("document.querySelector('button[name=fold]').click()")
    assert opened.run(open_folds) == opened.run("document.querySelectorAll('.finding details').length")


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_window(opened: Browser, width: int) -> None:
    opened.ask(
        "POST",
        "/goog/cdp/execute",
        cmd="Emulation.setDeviceMetricsOverride",
        params={"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500},
    )
    assert opened.run("document.documentElement.scrollWidth") <= width
    opened.ask("POST", "/goog/cdp/execute", cmd="Emulation.clearDeviceMetricsOverride", params={})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark(opened: Browser, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    opened.ask("POST", "/goog/cdp/execute", cmd="Emulation.setEmulatedMedia", params={"features": features})
    channels = opened.run("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert (sum(channels) > 3 * 128) == (scheme == "light")
    text = opened.run("getComputedStyle(document.body).color.match(/\\d+/g).map(Number)")
    assert (sum(text) > 3 * 128) == (scheme == "dark")


def test_it_asks_the_network_for_nothing(opened: Browser) -> None:
    assert opened.run("performance.getEntriesByType('resource').map(e => e.name)") == []
