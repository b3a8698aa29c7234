"""Opens pages of a server for one test, and notes what goes wrong on them."""

import re
from collections.abc import Callable
from typing import Any, Literal

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

from tests.browser.contexts import Contexts, close


class Opener:
    """`mistakes` are scripts that failed, or that the content security policy stopped."""

    def __init__(self, contexts: Contexts, url: str) -> None:
        self.mistakes: list[str] = []
        self._contexts = contexts
        self._url = url
        self._pages: list[Page] = []
        self._own: list[BrowserContext] = []

    def open(
        self,
        path: str = "/",
        *,
        clock: bool = False,
        before: Callable[[Page], object] | None = None,
        color_scheme: Literal["light", "dark"] = "light",
        reduced_motion: Literal["reduce", "no-preference"] = "no-preference",
        **options: Any,
    ) -> Page:
        """Open a page; see the fixture `open_page`."""
        if clock:  # it is the context's
            self._own.append(self._contexts.new(options))
            page = self._own[-1].new_page()
        else:
            page = self._contexts.open(self._url, options)
            self._pages.append(page)
        page.emulate_media(color_scheme=color_scheme, reduced_motion=reduced_motion)
        page.on("pageerror", lambda error: self.mistakes.append(str(error)))
        page.on("console", self._note_policy)
        if clock:
            page.clock.install(time=0)
            page.clock.pause_at(1_000)
        if before:
            before(page)
        page.goto(self._url + path)
        if path == "/":
            expect(page.locator("#target")).to_have_attribute("data-value", re.compile("."))
        return page

    def close(self) -> None:
        """Close all pages."""
        for page in self._pages:
            close(page, self._url)
        for context in self._own:
            context.close()

    def _note_policy(self, message: ConsoleMessage) -> None:
        if "Policy" in message.text:
            self.mistakes.append(message.text)
