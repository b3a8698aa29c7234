"""Pages of the browser, opened in contexts that many tests share."""

from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

# Milliseconds until what does not come fails a test: long enough for a machine whose every core is
# taken by other tests, where Swagger UI alone takes more than five seconds to draw all routes.
PATIENCE = 30_000


class Contexts:
    """Keeps a context for each set of options, with a page that opens all others.

    They are drawn by its process: to start one for each page takes twice the time. A page sees
    nothing of those before it: its server has another port, so it has another origin.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._openers: dict[str, Page] = {}

    def open(self, url: str, options: dict[str, Any]) -> Page:
        """Return an empty page for a server; whoever closes it deletes what its origin stored."""
        opener = self._openers.get(repr(options))
        if opener is None:
            opener = self._openers[repr(options)] = self.new(options).new_page()
            opener.goto(f"{url}/health_check/live")  # its host is that of all servers
        with opener.context.expect_page() as opened:
            opener.evaluate("void open('about:blank')")
        return opened.value

    def new(self, options: dict[str, Any]) -> BrowserContext:
        """Return a context that is the caller's alone."""
        context = self._browser.new_context(locale="de-DE", **options)
        context.set_default_timeout(PATIENCE)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        return context


def close(page: Page, url: str) -> None:
    """Close a page and delete what its origin has stored, for another server may get the port."""
    session = page.context.new_cdp_session(page)
    session.send("Storage.clearDataForOrigin", {"origin": url, "storageTypes": "all"})
    page.close()
