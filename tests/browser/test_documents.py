"""Documents: dropped or chosen, their progress, the download, what goes wrong."""

from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from server.core.settings import Settings
from server.services import Services
from tests.browser.conftest import OpenPage
from tests.fakes import FakePool

MAKE_FILES = """files => {
  const transfer = new DataTransfer();
  for (const [name, text] of Object.entries(files)) transfer.items.add(new File([text], name));
  return transfer;
}"""


def drop(page: Page, files: dict[str, str]) -> Locator:
    """Drop files in the middle of the page; return their rows."""
    transfer = page.evaluate_handle(MAKE_FILES, files)
    page.dispatch_event("#devices", "dragover", {"dataTransfer": transfer})
    assert "dragging" in (page.get_attribute("#files", "class") or "")
    page.dispatch_event("#devices", "drop", {"dataTransfer": transfer})
    assert "dragging" not in (page.get_attribute("#files", "class") or "")
    return page.locator(".transfer")


def download(page: Page, row: Locator) -> tuple[str, str]:
    """Return the name and content of the file behind a row."""
    with page.expect_download() as waiting:
        row.get_by_text("Download").click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_text()


def test_dropped_files_are_translated_one_after_another(page: Page, pool: FakePool) -> None:
    pool.holding = True
    rows = drop(
        page, {"a.txt": "Hello\n\n  you", "b.srt": "1\n00:00:01,000 --> 00:00:02,000\nHi\n"}
    )
    expect(rows.nth(0)).to_contain_text("Translating…")
    expect(rows.nth(1)).to_contain_text("Waiting")
    assert rows.nth(0).locator("progress").get_attribute("value") is None  # it moves
    pool.holding = False
    pool.release()
    expect(rows.nth(0)).to_contain_text("Translated")
    expect(rows.nth(1)).to_contain_text("Translated")
    assert download(page, rows.nth(0)) == ("a.de.txt", "HELLO\n\n  YOU")
    assert download(page, rows.nth(1))[1].endswith("HI\n")
    rows.nth(0).get_by_text("Remove").click()
    expect(rows).to_have_count(1)
    expect(page.locator("#file")).to_be_focused()


def test_a_chosen_file_goes_to_the_chosen_language(open_page: OpenPage) -> None:
    # Playwright tells Chromium to hand over choosers and does not wait until it does: told only
    # after the page was opened, it is busy loading it and may miss the one below.
    page = open_page(before=lambda page: page.on("filechooser", lambda chooser: None))
    page.select_option("#target", "fr")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Alt+Shift+U")
    chooser.value.set_files(
        FilePayload(name="plan.md", mimeType="text/markdown", buffer=b"# Good morning")
    )
    row = page.locator(".transfer")
    expect(row).to_contain_text("Translated")
    assert download(page, row) == ("plan.fr.md", "# GOOD MORNING")


def test_a_document_can_be_cancelled(page: Page, pool: FakePool) -> None:
    pool.holding = True
    rows = drop(page, {"a.txt": "Hello", "b.txt": "Bye"})
    pool.wait_until_holding(1)
    rows.nth(0).get_by_text("Cancel").click()
    expect(rows.nth(0)).to_contain_text("Cancelled")
    expect(rows.nth(0).get_by_text("Remove")).to_be_focused()  # not lost with its button
    expect(rows.nth(1)).to_contain_text("Translating…")
    while not pool.futures[0].cancelled():
        page.wait_for_timeout(50)


def test_what_is_wrong_with_a_document_is_said(page: Page, pool: FakePool) -> None:
    rows = drop(page, {"photo.png": "x", "broken.json": "{", "none": "x"})
    expect(rows.nth(0)).to_contain_text("does not support this type of document")
    expect(rows.nth(0).get_by_text("Try again")).to_have_count(0)
    expect(rows.nth(1)).to_contain_text("The server says: file:")
    expect(rows.nth(2)).to_contain_text("does not support this type of document")
    assert pool.submitted == []


def test_doubtful_passages_are_mentioned(page: Page, pool: FakePool) -> None:
    pool.warnings["Hello"] = ("repetition",)
    rows = drop(page, {"a.txt": "Hello"})
    expect(rows).to_contain_text("some passages are doubtful")


LARGE = "".join(f"Line number {i} of a large document.\n" for i in range(2_000))


def test_a_large_document_shows_how_far_it_is(
    page: Page, pool: FakePool, services: Services
) -> None:
    assert services.jobs is not None
    pool.holding = True
    row = drop(page, {"large.txt": LARGE})
    expect(row).to_contain_text("0 of ")
    expect(row.locator("progress")).to_have_attribute("value", "0")
    pool.holding = False
    pool.release()
    expect(row).to_contain_text("Translated")
    assert download(page, row) == ("large.de.txt", LARGE.upper())
    while services.jobs.store.usage()[0]:  # it is not left on the disk
        page.wait_for_timeout(50)


def test_a_large_document_that_is_cancelled_is_cancelled_at_the_server(
    page: Page, pool: FakePool, services: Services
) -> None:
    assert services.jobs is not None
    pool.holding = True
    with page.expect_response("**/translation/jobs") as created:
        row = drop(page, {"large.txt": LARGE})
    expect(row).to_contain_text("0 of ")
    row.get_by_text("Cancel").click()
    expect(row).to_contain_text("Cancelled")
    number = created.value.json()["id"]
    while (job := services.jobs.store.find(number)) and job.status != "cancelled":
        page.wait_for_timeout(50)


def test_a_large_document_goes_on_after_the_connection_was_lost(
    page: Page, pool: FakePool, services: Services
) -> None:
    assert services.jobs is not None
    page.route("**/events", lambda route: route.abort())
    row = drop(page, {"large.txt": LARGE})
    expect(row).to_contain_text("The server cannot be reached.")
    page.unroute("**/events")
    row.get_by_text("Try again").click()
    expect(row).to_contain_text("Translated")
    assert download(page, row)[1] == LARGE.upper()


class TestWithoutJobs:
    """A server that takes no jobs."""

    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(port=0, max_characters=2 * len(LARGE), jobs=None)

    def test_a_large_document_is_sent_at_once(self, page: Page) -> None:
        row = drop(page, {"large.txt": LARGE})
        expect(row).to_contain_text("Translated")
        assert download(page, row)[1] == LARGE.upper()
