"""Catalogues, pages and help files become records."""

from pathlib import Path

import pytest

from tests.unit.training.source_files import texts_of, write_catalogue, write_text
from training.sources.aligned_pages import libreoffice, pages
from training.sources.gettext_catalogues import catalogues, message_pair, read_catalogue
from training.sources.records import Record, documents


class TestCatalogues:
    @pytest.mark.parametrize("order", ["<", ">"])
    def test_both_byte_orders_contexts_and_plurals_are_read(
        self, tmp_path: Path, order: str
    ) -> None:
        messages = {"menu\x04File": "Datei", "a day\0some days": "ein Tag\0einige Tage"}
        path = write_catalogue(tmp_path, "a.mo", messages, order)
        assert read_catalogue(path) == {
            "menu\x04File": "Datei",
            "a day": "ein Tag",
            "some days": "einige Tage",
        }

    def test_another_file_is_refused_by_name(self, tmp_path: Path) -> None:
        (tmp_path / "a.mo").write_bytes(b"msgid")
        with pytest.raises(ValueError, match=r"a\.mo: not a gettext catalogue"):
            read_catalogue(tmp_path / "a.mo")

    @pytest.mark.parametrize(
        ("message", "translation", "pair"),
        [
            ("_File", "_Datei", ("File", "Datei")),
            ("E~xit", "~Beenden", ("Exit", "Beenden")),
            ("Find && &replace", "Suchen && e&rsetzen", ("Find & replace", "Suchen & ersetzen")),
            ("Rock & roll", "Rock & Rollen", ("Rock & roll", "Rock & Rollen")),
            ("female^Good morning!", "Guten Morgen!", ("Good morning!", "Guten Morgen!")),
            ("menu|Help me", "Hilf mir", ("Help me", "Hilf mir")),
            ("?weapon:Bow", "Bogen: Waffe", ("Bow", "Bogen: Waffe")),
            (
                "A <b>bold</b> step",
                "Ein <i>mutiger</i> Schritt",
                ("A bold step", "Ein mutiger Schritt"),
            ),
            (
                "See <ref>dst='unit_Mage' text='the magi'</ref>.",
                "Siehe <ref>dst='unit_Mage' text='die Magier'</ref>.",
                ("See the magi.", "Siehe die Magier."),
            ),
            (
                "%PRODUCTNAME help",
                "Hilfe zu %PRODUCTNAME",
                ("LibreOffice help", "Hilfe zu LibreOffice"),
            ),
            ("Set file_name", "file_name setzen", None),
            ("%d files", "%d Dateien", None),
            ("Welcome, $name", "Willkommen, $name", None),
            ("<a href='x'>Link</a>", "<a href='x'>Verweis</a>", None),
            ("Line\\n", "Zeile\\n", None),
        ],
    )
    def test_messages_become_what_a_reader_sees(
        self, message: str, translation: str, pair: tuple[str, str] | None
    ) -> None:
        assert message_pair(message, translation) == pair

    def test_languages_of_a_message_are_one_record(self, tmp_path: Path) -> None:
        for language, word in (("de", "Haus"), ("nl", "huis"), ("pl", "dom")):
            place = f"usr/share/locale/{language}/LC_MESSAGES/town.mo"
            write_catalogue(tmp_path / "town-1.2-data", place, {"_house": word, "%s": word})
        found = list(catalogues({"town-1.2-data": tmp_path / "town-1.2-data"}))
        assert found == [Record("town-data/town", {"en": "house", "de": "Haus", "nl": "huis"})]

    def test_languages_may_be_in_packages_of_their_own(self, tmp_path: Path) -> None:
        for language in ("de", "fr"):
            place = f"lib/resource/{language}/LC_MESSAGES/sc.mo"
            write_catalogue(
                tmp_path / f"office-l10n-{language}", place, {"Cell": f"Cell {language}"}
            )
        roots = {path.name: path for path in tmp_path.iterdir()}
        assert [name for name, _ in documents(roots, ".mo")] == ["office-l10n/sc"]
        assert texts_of(list(catalogues(roots))) == [
            {"en": "Cell", "de": "Cell de", "fr": "Cell fr"}
        ]


class TestPages:
    def _page(self, root: Path, language: str, body: str, kind: str = "html") -> None:
        write_text(root, f"usr/share/help/{language}/guide/start.{kind}", body)

    def test_blocks_of_equal_pages_are_aligned(self, tmp_path: Path) -> None:
        self._page(
            tmp_path,
            "en",
            "<html><body><h1>2.1. First steps</h1><!-- no text --><ul><li>Press <b>the "
            "button</b><br>twice.</li></ul><pre>make</pre><p>Same</p></body></html>",
        )
        self._page(
            tmp_path,
            "de",
            "<html><body><h1>2.1. Erste Schritte</h1><ul><li>Drücken Sie <b>den Knopf</b><br>"
            "zweimal.</li></ul><p>Same</p></body></html>",
        )
        self._page(
            tmp_path,
            "fr",
            "<html><body><h1>Premiers pas</h1><p>Appuyez deux fois.</p></body></html>",
        )
        found = list(pages({"guide": tmp_path}))
        assert {record.document for record in found} == {"guide/guide/start"}
        assert texts_of(found) == [
            {"en": "First steps", "de": "Erste Schritte"},
            {"en": "Press the button twice.", "de": "Drücken Sie den Knopf zweimal."},
        ]

    def test_mallard_is_read_as_it_is_shown(self, tmp_path: Path) -> None:
        page = (
            '<page xmlns="http://projectmallard.org/1.0/"><info><desc>{}</desc></info><p>{} '
            "<keyseq><key>Ctrl</key><key>A</key></keyseq></p></page>"
        )
        self._page(tmp_path, "C", page.format("A short help", "Now press"), "page")
        self._page(tmp_path, "nl", page.format("Een korte hulp", "Druk nu op"), "page")
        assert texts_of(list(pages({"guide": tmp_path}))) == [
            {"en": "A short help", "nl": "Een korte hulp"},
            {"en": "Now press Ctrl+A", "nl": "Druk nu op Ctrl+A"},
        ]

    def test_a_page_that_cannot_be_read_matches_none(self, tmp_path: Path) -> None:
        self._page(tmp_path, "C", "<page><p>Good day</p></page>", "page")
        self._page(tmp_path, "de", "<page><p>Guten Tag", "page")
        self._page(tmp_path, "es", "", "html")
        assert list(pages({"guide": tmp_path})) == []


class TestLibreOffice:
    def test_paragraphs_are_aligned_by_id_whatever_their_order(self, tmp_path: Path) -> None:
        key = (
            '<span class="switchinline"><span id="MAC1" class="MAC">Command</span>'
            '<span id="default1">{}</span></span>'
        )
        write_text(
            tmp_path / "libreoffice-help-en-us",
            "help/en-US/text/scalc/guide/sum.html",
            f'<html><h1 id="hd_id1">Sum of cells</h1><p id="par_id2">Type {key.format("Ctrl")}.</p>'
            '<p id="bm_id3">Mark</p><p id="par_id4">Only English</p><p>Menu</p></html>',
        )
        write_text(
            tmp_path / "libreoffice-help-es",
            "help/es/text/scalc/guide/sum.html",
            f'<html><body><p id="par_id2">Oprima {key.format("Ctrl")}.</p>'
            '<h1 id="hd_id1">Sumas de celdas</h1><p id="bm_id3">Marca</p></body></html>',
        )
        found = list(libreoffice({path.name: path for path in tmp_path.iterdir()}))
        assert {record.document for record in found} == {"libreoffice-help/scalc/guide/sum"}
        assert texts_of(found) == [
            {"en": "Sum of cells", "es": "Sumas de celdas"},
            {"en": "Type Ctrl.", "es": "Oprima Ctrl."},
        ]
