"""Sources of training text: the table, cleaning, packages and the command."""

import gzip
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.training.source_files import write_catalogue, write_text
from training.corpus import LANGUAGES
from training.sources import DOMAINS, Source, held_out_documents, read_table
from training.sources import __main__ as command
from training.sources import preparing as preparing_module
from training.sources.packages import PackageError, available, download, unpack
from training.sources.preparing import RULES, collect, prepare, write_pairs
from training.sources.records import Record
from training.sources.text import is_pair, tidy


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


class TestPreparing:
    SOURCE = Source("town", "interface", "MIT", "a test", ("town-*", "gone"), "gettext")

    @pytest.fixture
    def debian(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Packages as from apt, but made here: `town-2`, with a catalogue of two messages."""

        def fill(_file: Path, folder: Path) -> None:
            messages = {"tree": "Baum", "house": "Haus"}
            write_catalogue(folder, "usr/share/locale/de/LC_MESSAGES/town.mo", messages)

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
        write_text(tree, "DEBIAN/control", control)
        write_text(tree, "usr/share/tiny/en/page.html", "<p>Text</p>")
        write_text(tree, "usr/share/tiny/picture.png", "")
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
