import gzip
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from training.corpus import LANGUAGES
from training.sources import DOMAINS, Source, held_out_documents, read_table
from training.sources import __main__ as command
from training.sources import preparing as preparing_module
from training.sources.aligned_pages import libreoffice, pages
from training.sources.gettext_catalogues import catalogues, message_pair, read_catalogue
from training.sources.packages import PackageError, available, download, unpack
from training.sources.preparing import RULES, collect, prepare, write_pairs
from training.sources.records import Record, documents
from training.sources.text import is_pair, tidy

HEADER = "Content-Type: text/plain; charset=UTF-8\n"


def _catalogue(root: Path, place: str, messages: dict[str, str], order: str = "<") -> Path:
    """Write a catalogue as msgfmt does: a table of keys, one of values, then the strings."""
    pairs = sorted({"": HEADER, **messages}.items())
    strings = [text.encode() for text in (*dict(pairs), *dict(pairs).values())]
    count = len(pairs)
    tables, data, start = b"", b"", 28 + 16 * count
    for text in strings:
        tables += struct.pack(f"{order}2I", len(text), start + len(data))
        data += text + b"\0"
    head = struct.pack(f"{order}7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, start)
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + tables + data)
    return path


def _write(root: Path, place: str, text: str) -> None:
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _texts(records: list[Record]) -> list[dict[str, str]]:
    return [dict(record.texts) for record in records]


class TestTable:
    def test_every_source_has_a_domain_a_licence_and_a_known_rule(self) -> None:
        table = read_table()
        assert set(table) >= {"lo", "mo", "docs", "ms", "more", "prose", "games", "words"}
        for name, source in table.items():
            assert source.name == name
            assert source.domain in DOMAINS
            assert source.licence
            assert source.origin
            assert source.rule is None or source.rule in RULES

    @pytest.mark.parametrize(
        ("entry", "problem"),
        [
            ('domain = "poems"', "domain must be one of"),
            ('domain = "prose"\nrule = "pages"', "go together"),
            ('domain = "prose"\npackages = ["a"]', "go together"),
        ],
    )
    def test_an_entry_that_cannot_be_used_is_named(
        self, tmp_path: Path, entry: str, problem: str
    ) -> None:
        path = tmp_path / "packages.toml"
        path.write_text(f'[odd]\nlicence = "MIT"\norigin = "here"\n{entry}\n')
        with pytest.raises(ValueError, match=f"odd: .*{problem}"):
            read_table(path)


class TestHeldOut:
    def test_documents_of_every_file_are_named(self) -> None:
        names = held_out_documents()
        assert "baobab/baobab/scan-home" in names
        assert "gbrainy/gbrainy" in names

    @pytest.mark.parametrize(
        ("name", "least", "most"),
        [("documentation", 5, 40), ("interface", 1, 15), ("prose", 4, 40)],
    )
    def test_test_sentences_are_whole_and_plain(self, name: str, least: int, most: int) -> None:
        path = Path(preparing_module.__file__).parents[1] / "corpus" / f"{name}.tsv"
        head, *rows = path.read_text(encoding="utf-8").splitlines()
        assert head.split("\t") == ["en", *(code for code in LANGUAGES if code != "en")]
        assert len(rows) == 200
        columns = [row.split("\t") for row in rows]
        assert all(len(cells) == 5 and all(cells) for cells in columns)
        assert len({cells[0].lower() for cells in columns}) == 200
        assert all(least <= len(cells[0].split()) <= most for cells in columns)
        assert not any(mark in row for row in rows for mark in "<>{}_%|\\")

    def test_whole_documents_stay_out_of_the_pairs(self) -> None:
        records = [
            Record("game/first", {"en": "A house", "de": "Ein Haus", "nl": "Een huis"}),
            Record("game/second", {"en": "A tree", "de": "Ein Baum"}),
        ]
        pairs = collect(records, frozenset(("game/first",)))
        assert pairs == {"de": [("A tree", "Ein Baum")], "es": [], "fr": [], "nl": []}


class TestText:
    def test_spaces_and_invisible_characters_are_tidied(self) -> None:
        assert tidy(" Cafe\u0301\u00a0\n au\u00adto\u200b ") == "Caf\u00e9 auto"

    @pytest.mark.parametrize(
        ("english", "other"),
        [
            ("Open", "Open"),
            ("Open", ""),
            ("12:30", "12.30"),
            ("A sentence of ordinary length, translated.", "Ja."),
            ("Make sure that it is on.", "Make sure that it is on!"),
            ("Open the Activities overview and type", "Open the Activiteiten overview and type"),
        ],
    )
    def test_what_is_no_translation_is_no_pair(self, english: str, other: str) -> None:
        assert not is_pair(english, other)

    def test_short_texts_may_differ_in_length(self) -> None:
        assert is_pair("Undo", "Rückgängig machen")


class TestCatalogues:
    @pytest.mark.parametrize("order", ["<", ">"])
    def test_both_byte_orders_contexts_and_plurals_are_read(
        self, tmp_path: Path, order: str
    ) -> None:
        messages = {"menu\x04File": "Datei", "a day\0some days": "ein Tag\0einige Tage"}
        path = _catalogue(tmp_path, "a.mo", messages, order)
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
            _catalogue(tmp_path / "town-1.2-data", place, {"_house": word, "%s": word})
        found = list(catalogues({"town-1.2-data": tmp_path / "town-1.2-data"}))
        assert found == [Record("town-data/town", {"en": "house", "de": "Haus", "nl": "huis"})]

    def test_languages_may_be_in_packages_of_their_own(self, tmp_path: Path) -> None:
        for language in ("de", "fr"):
            place = f"lib/resource/{language}/LC_MESSAGES/sc.mo"
            _catalogue(tmp_path / f"office-l10n-{language}", place, {"Cell": f"Cell {language}"})
        roots = {path.name: path for path in tmp_path.iterdir()}
        assert [name for name, _ in documents(roots, ".mo")] == ["office-l10n/sc"]
        assert _texts(list(catalogues(roots))) == [{"en": "Cell", "de": "Cell de", "fr": "Cell fr"}]


class TestPages:
    def _page(self, root: Path, language: str, body: str, kind: str = "html") -> None:
        _write(root, f"usr/share/help/{language}/guide/start.{kind}", body)

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
        assert _texts(found) == [
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
        assert _texts(list(pages({"guide": tmp_path}))) == [
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
        _write(
            tmp_path / "libreoffice-help-en-us",
            "help/en-US/text/scalc/guide/sum.html",
            f'<html><h1 id="hd_id1">Sum of cells</h1><p id="par_id2">Type {key.format("Ctrl")}.</p>'
            '<p id="bm_id3">Mark</p><p id="par_id4">Only English</p><p>Menu</p></html>',
        )
        _write(
            tmp_path / "libreoffice-help-es",
            "help/es/text/scalc/guide/sum.html",
            f'<html><body><p id="par_id2">Oprima {key.format("Ctrl")}.</p>'
            '<h1 id="hd_id1">Sumas de celdas</h1><p id="bm_id3">Marca</p></body></html>',
        )
        found = list(libreoffice({path.name: path for path in tmp_path.iterdir()}))
        assert {record.document for record in found} == {"libreoffice-help/scalc/guide/sum"}
        assert _texts(found) == [
            {"en": "Sum of cells", "es": "Sumas de celdas"},
            {"en": "Type Ctrl.", "es": "Oprima Ctrl."},
        ]


class TestPreparing:
    SOURCE = Source("town", "interface", "MIT", "a test", ("town-*", "gone"), "gettext")

    @pytest.fixture
    def debian(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Packages as from apt, but made here: `town-2`, with a catalogue of two messages."""

        def fill(_file: Path, folder: Path) -> None:
            messages = {"tree": "Baum", "house": "Haus"}
            _catalogue(folder, "usr/share/locale/de/LC_MESSAGES/town.mo", messages)

        monkeypatch.setattr(
            preparing_module, "available", lambda _names: {"town-*": "town-2", "gone": None}
        )
        monkeypatch.setattr(
            preparing_module, "download", lambda names, folder: {n: folder / n for n in names}
        )
        monkeypatch.setattr(preparing_module, "unpack", fill)

    @pytest.mark.usefixtures("debian")
    def test_files_are_sorted_and_counted(self, tmp_path: Path) -> None:
        written = prepare(self.SOURCE, tmp_path / "out")
        names = sorted(path.name for path in (tmp_path / "out").iterdir())
        assert names == [f"town.en-{language}.tsv.gz" for language in ("de", "es", "fr", "nl")]
        with gzip.open(tmp_path / "out" / "town.en-de.tsv.gz", "rt", encoding="utf-8") as lines:
            assert lines.read() == "house\tHaus\ntree\tBaum\n"
        assert str(written).startswith("town: en-de 2 pairs, 2 words; en-es 0 pairs")
        assert str(written).endswith("not in this release: gone")

    @pytest.mark.usefixtures("debian")
    def test_the_same_packages_give_the_same_bytes(self, tmp_path: Path) -> None:
        for name in ("first", "second"):
            prepare(self.SOURCE, tmp_path / name)
        for path in (tmp_path / "first").iterdir():
            assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes()

    def test_bytes_do_not_depend_on_the_name(self, tmp_path: Path) -> None:
        for name in ("a", "b"):
            write_pairs([("house", "Haus")], tmp_path / name)
        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()

    def test_a_source_of_prepared_files_only_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="ms: no rule"):
            prepare(read_table()["ms"], tmp_path)


class TestPackages:
    def _answer(self, monkeypatch: pytest.MonkeyPatch, output: str, code: int = 0) -> None:
        def run(words: list[str], **_: object) -> subprocess.CompletedProcess[str]:
            return subprocess.CompletedProcess(words, code, output, "E: no such package")

        monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
        monkeypatch.setattr(subprocess, "run", run)

    def test_without_apt_the_error_says_what_is_needed(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(shutil, "which", lambda _name: None)
        with pytest.raises(PackageError, match=r"no apt-cache here.*Run this on Debian"):
            available(["bash"])
        with pytest.raises(PackageError, match=r"no apt-get here.*Run this on Debian"):
            download(["bash"], tmp_path)
        with pytest.raises(PackageError, match="no dpkg-deb here"):
            unpack(tmp_path / "bash.deb", tmp_path)

    def test_empty_lists_ask_for_an_update(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._answer(monkeypatch, "")
        with pytest.raises(PackageError, match="run `apt-get update`"):
            available(["bash"])

    def test_a_pattern_takes_the_newest_version(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._answer(monkeypatch, "game-1.8-data\ngame-1.16-data\ngame-1.16-doc\nbash\n")
        assert available(["game-1.*-data", "bash", "gone"]) == {
            "game-1.*-data": "game-1.16-data",
            "bash": "bash",
            "gone": None,
        }

    def test_what_apt_says_is_passed_on(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        self._answer(monkeypatch, "", 100)
        with pytest.raises(PackageError, match="apt-get failed: E: no such package"):
            download(["bash"], tmp_path)

    def test_a_package_that_is_there_is_not_fetched_again(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        self._answer(monkeypatch, "", 100)
        (tmp_path / "bash_5.2_amd64.deb").touch()
        assert download(["bash"], tmp_path) == {"bash": tmp_path / "bash_5.2_amd64.deb"}

    @pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="needs dpkg-deb")
    def test_only_files_with_text_are_unpacked(self, tmp_path: Path) -> None:
        tree = tmp_path / "tree"
        control = "Package: tiny\nVersion: 1\nArchitecture: all\nMaintainer: me\nDescription: d\n"
        _write(tree, "DEBIAN/control", control)
        _write(tree, "usr/share/tiny/en/page.html", "<p>Text</p>")
        _write(tree, "usr/share/tiny/picture.png", "")
        file = tmp_path / "tiny_1_all.deb"
        subprocess.run(["dpkg-deb", "--build", tree, file], check=True, capture_output=True)
        unpack(file, tmp_path / "out")
        found = [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()]
        assert found == ["page.html"]

    @pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="needs dpkg-deb")
    def test_a_damaged_package_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "tiny_1_all.deb").write_bytes(b"half")
        with pytest.raises(PackageError, match=r"tiny_1_all\.deb is damaged: delete it"):
            unpack(tmp_path / "tiny_1_all.deb", tmp_path / "out")


class TestCommand:
    def test_each_source_asked_for_gets_a_line(
        self,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        tmp_path: Path,
    ) -> None:
        monkeypatch.setattr(command, "prepare", lambda source, *_: f"{source.name}: done")
        monkeypatch.setattr("sys.argv", ["sources", str(tmp_path), "--only", "docs", "lo"])
        command.main()
        assert capsys.readouterr().out == "docs: done\nlo: done\n"

    def test_a_machine_without_packages_ends_it_with_the_advice(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(shutil, "which", lambda _name: None)
        monkeypatch.setattr("sys.argv", ["sources", str(tmp_path)])
        with pytest.raises(SystemExit, match="lo: there is no apt-cache here"):
            command.main()
