"""The panel of the devices: what it shows, and that it looks only while it is seen."""

from dataclasses import replace

from playwright.sync_api import Page, expect

from gpu_pool.status import GpuStatus
from tests.browser.conftest import OpenPage, gpu_worker
from tests.fakes import FakePool, worker_status

HIDE = """hidden => {
  Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def look(page: Page) -> None:
    """Have the page look at the devices once more, and wait until it shows what it saw."""
    line = page.locator("#queue .line")
    before = line.get_attribute("points") or ""
    page.clock.run_for(2_000)
    expect(line).not_to_have_attribute("points", before)


def test_the_panel_follows_the_devices(open_page: OpenPage, pool: FakePool) -> None:
    page = open_page(clock=True)
    cards = page.locator(".device")
    expect(cards).to_have_count(2)
    first = cards.first
    expect(first).to_contain_text("Fake GPU")
    expect(first.locator(".place")).to_have_text("cuda:0 · inflight, bfloat16")
    expect(first.locator(".place")).to_have_attribute("title", "inflight: asked for")
    expect(first).to_contain_text("30.0 of 80.0 GiB")
    expect(first).to_contain_text("55 °C · 300 W · 0 in progress")
    expect(page.locator("#health")).to_have_text("2 devices ready")
    meter = first.get_by_role("meter")
    expect(meter).to_have_attribute("aria-valuenow", "38")
    pool.workers = [
        gpu_worker("cuda:0", 79, 97, outstanding_segments=12, finished_tokens=6_000),
        replace(gpu_worker("cuda:1"), state="failed", last_error="it fell off the bus"),
    ]
    pool.holding = True
    page.fill("#text", "Hello")
    page.clock.run_for(400)
    pool.wait_until_holding(1)
    look(page)
    expect(first).to_contain_text("Working")
    expect(first).to_contain_text("97 %")
    expect(first).to_contain_text("12 in progress")
    expect(first.locator(".charts .row").last).to_contain_text("Tokens/s2,500")
    expect(meter).to_have_attribute("aria-valuenow", "99")
    assert meter.evaluate("meter => meter.firstChild.clientWidth / meter.clientWidth") > 0.95
    expect(cards.last).to_contain_text("Failed")
    expect(cards.last).to_contain_text("it fell off the bus")
    expect(page.locator("#health")).to_have_text("1 of 2 ready")
    expect(page.locator("#queue")).to_contain_text("1 sentence waiting")


def test_the_charts_grow_with_each_look(open_page: OpenPage, pool: FakePool) -> None:
    page = open_page(clock=True)
    line = page.locator(".device").first.locator(".sparkline .line").first
    expect(line).to_have_attribute("points", "120.0,19.4")
    pool.workers = [gpu_worker("cuda:0", load=100)]
    look(page)
    expect(line).to_have_attribute("points", "118.0,19.4 120.0,2.0")
    expect(page.locator(".device")).to_have_count(1)


def test_a_processor_has_no_memory_or_load_to_show(open_page: OpenPage, pool: FakePool) -> None:
    pool.workers = [replace(worker_status("cpu"), gpus=(GpuStatus("cpu"),))]
    page = open_page()
    card = page.locator(".device")
    expect(card).to_contain_text("Processor")
    expect(card.get_by_role("meter")).to_be_hidden()
    expect(card.get_by_text("Load", exact=True)).to_be_hidden()
    expect(page.locator("#health")).to_have_text("Ready")


def test_a_page_that_is_not_seen_does_not_look(open_page: OpenPage) -> None:
    page = open_page(clock=True)
    expect(page.locator(".device")).to_have_count(2)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(HIDE, True)
    page.clock.run_for(20_000)
    assert asked == []
    line = page.locator("#queue .line")
    before = line.get_attribute("points") or ""
    page.evaluate(HIDE, False)
    expect(line).not_to_have_attribute("points", before)
    look(page)
    assert len(asked) == 2
