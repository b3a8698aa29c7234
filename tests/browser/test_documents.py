"""Documents: dropped or chosen, their progress, the download, what goes wrong."""

import threading
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from documents import DocumentOptions
from server.core.settings import Settings
from server.services import Services
from tests.browser.conftest import OpenPage
from tests.browser.contexts import PATIENCE
from tests.browser.pickers import choose
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
    choose(page, "target", "French")
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


def test_what_is_wrong_with_a_document_is_said_as_the_server_says_it(
    page: Page, pool: FakePool
) -> None:
    rows = drop(page, {"photo.png": "x" * 10_000, "broken.json": "{", "none": "x"})
    expect(rows.nth(0)).to_contain_text(".png files are not read")
    expect(rows.nth(0).get_by_text("Try again")).to_have_count(0)
    expect(rows.nth(1)).to_contain_text("The server says: file:")
    expect(rows.nth(2)).to_contain_text("The name of the file must end with one of .adoc,")
    assert pool.submitted == []


def test_texts_appear_beside_their_translations_as_they_come(page: Page, pool: FakePool) -> None:
    go_on = threading.Event()

    def translate(text: str) -> str:
        assert text != "two" or go_on.wait(PATIENCE / 1000)
        return text.upper()

    pool._translate = translate
    row = drop(page, {"a.txt": "one\ntwo\n"})
    try:
        pairs = row.locator(".texts > ul > li")
        expect(pairs).to_have_count(1)
        expect(pairs.first).to_contain_text("oneONE")
        expect(row).to_contain_text("1 of 2 passages")
        expect(row.locator("progress")).to_have_attribute("value", "0.5")
        expect(row.get_by_text("Download")).to_have_count(0)
    finally:
        go_on.set()
    expect(pairs).to_have_count(2)
    expect(pairs.last.locator("p").last).to_have_attribute("lang", "de")
    assert download(page, row)[1] == "ONE\nTWO\n"


def test_doubtful_passages_are_marked_and_say_why(page: Page, pool: FakePool) -> None:
    pool.warnings["Hello"] = ("repetition",)
    row = drop(page, {"a.txt": "Hello\nBye\n"})
    expect(row).to_contain_text("1 passage is doubtful, please check")
    pairs = row.locator(".texts > ul > li")
    expect(pairs.first).to_contain_text("The translation repeats itself")
    expect(row.locator(".doubtful")).to_have_count(1)
    expect(pairs).to_have_count(2)
    row.get_by_label("Show only what is doubtful (1)").check()
    expect(pairs).to_have_count(1)


def test_parts_take_the_place_of_a_text(page: Page, pool: FakePool) -> None:
    swapped = {"A red house has make. Go on.": "Haus.", "A red house has make.": "Haus!"}
    pool._translate = lambda text: swapped.get(text, text.upper())
    row = drop(page, {"a.html": "<p>A <b>red</b> house has <code>make</code>. Go on."})
    translated = row.locator(".texts > ul > li > div")
    expect(translated).to_contain_text("Translated in parts")
    expect(translated.locator("p")).to_have_text("A RED HOUSE HAS make. GO ON.")
    expect(row).to_contain_text("Translated ·")
    assert download(page, row)[1] == "<p>A <b>RED</b> HOUSE HAS <code>make</code>. GO ON."


def test_options_of_the_format_are_offered(read_options: list[DocumentOptions], page: Page) -> None:
    row = drop(page, {"a.stub": "Hello"})
    expect(row).to_contain_text("Translated")
    expect(row.locator(".notices")).to_have_text("A notice about the file.")
    assert read_options[-1] == DocumentOptions("de", source=read_options[-1].source)
    row.get_by_text("Options").click()
    row.get_by_label("Columns").fill("1, text")
    row.get_by_label("Only untranslated").uncheck()
    row.get_by_label("Fuzzy").select_option("again")
    with page.expect_response("**/translation/file"):
        row.get_by_role("button", name="Translate again").click()
    expect(row).to_contain_text("Translated")
    chosen = read_options[-1]
    assert (chosen.columns, chosen.only_untranslated, chosen.fuzzy) == (
        ("1", "text"),
        False,
        "again",
    )
    second = drop(page, {"b.stub": "Bye"}).last
    expect(second).to_contain_text("Translated")
    assert read_options[-1].columns == ("1", "text")  # the next file wants the same
    plain = drop(page, {"c.srt": ""}).last
    expect(plain.get_by_text("Options")).to_be_hidden()


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
    pairs = row.locator(".texts > ul > li")
    expect(pairs).to_have_count(100)
    expect(pairs.first).to_contain_text("LINE NUMBER 0")
    row.get_by_text("Show more (1,900 passages left)").click()
    expect(pairs).to_have_count(200)
    expect(pairs.last).to_contain_text("LINE NUMBER 199")
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
    page: Page, services: Services
) -> None:
    assert services.jobs is not None
    page.route("**/events", lambda route: route.abort())
    row = drop(page, {"large.txt": LARGE})
    expect(row).to_contain_text("The server cannot be reached.")
    page.unroute("**/events")
    row.get_by_text("Try again").click()
    expect(row).to_contain_text("Translated")
    expect(row.locator(".more")).to_have_text("Show more (1,900 passages left)")  # none twice
    assert download(page, row)[1] == LARGE.upper()


def test_what_is_too_long_for_one_request_becomes_a_job(page: Page) -> None:
    row = drop(page, {"a.txt": "Good morning.\n" * 200})
    expect(row).to_contain_text("Translated")
    assert download(page, row)[1] == "GOOD MORNING.\n" * 200


def test_what_takes_too_long_for_one_request_becomes_a_job(page: Page) -> None:
    late = {"type": "urn:m2m-server:deadline", "title": "x", "status": 504, "detail": "x"}
    page.route("**/translation/file", lambda route: route.fulfill(status=504, json=late))
    row = drop(page, {"a.txt": "Good morning."})
    expect(row).to_contain_text("Translated")
    assert download(page, row)[1] == "GOOD MORNING."


class TestWithoutJobs:
    """A server that takes no jobs."""

    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(port=0, max_characters=2 * len(LARGE), jobs=None)

    def test_a_large_document_is_sent_at_once(self, page: Page) -> None:
        row = drop(page, {"large.txt": LARGE})
        expect(row).to_contain_text("Translated")
        assert download(page, row)[1] == LARGE.upper()
