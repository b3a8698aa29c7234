"""What is unfit to learn from is told from what is fit, and test sentences are kept out."""

import gzip
import json
import multiprocessing
from pathlib import Path

import pytest

from training import gathering
from training.cleaning import bare_words, clean, normalised
from training.corpus import SentencePair
from training.gathering import find_files, gather
from training.heldout import EVERYDAY, HeldOut, TestSet, read_test_sets
from training.phrasebook import read_phrases
from training.prepare import COUNTS_FILE, VALIDATION, prepare
from training.reading import SourceCount, read_source
from training.sources.packages import PackageError
from training.sources.table import Source
from training.store import TYPED, WITH_ENGLISH, WITHOUT_ENGLISH, PairStore, Part, read_parts
from translator.models.checkpoints import BUNDLED_FOLDER
from translator.models.tokenizer import Tokenizer

SOURCE = Source("manual", "documentation", "MIT", "a manual")


@pytest.mark.parametrize(
    ("english", "other", "reason"),
    [
        ("12:30", "12.30", "no letters"),
        ("Open the file and choose a name.", "Ja.", "lengths"),
        ("There are 25 files in 3 folders.", "In 3 Ordnern liegen 52 Dateien.", "numbers"),
        ("Cannot open {name}: error.", "{nom} lässt sich nicht öffnen.", "placeholders"),
        ("See https://example.org/a now.", "Siehe jetzt https://example.org/b", "placeholders"),
        ("Press the button twice", "Press the button twice", "not translated"),
        (
            "The document was saved in the folder that you chose before.",
            "Le document a été enregistré dans le dossier choisi auparavant.",
            "language",
        ),
        ("long " * 200, "lang " * 200, "too long"),
    ],
)
def test_faults(english: str, other: str, reason: str) -> None:
    assert clean((english, other), "de") == ([], reason)


@pytest.mark.parametrize(
    ("english", "other"),
    [
        ("There are 1,200 files.", "Es gibt 1.200 Dateien."),
        ("One of 3 files", "Eine von drei Dateien"),
        ("OK", "OK"),
        ("Save %s as {0}", "%s als {0} speichern"),
    ],
)
def test_what_is_fit_stays_as_it_is(english: str, other: str) -> None:
    assert clean((english, other), "de") == ([(english, other)], "")


def test_equal_numbering_of_headings_goes() -> None:
    assert clean(("8.28.2. Activate it", "8.28.2. Aufruf davon"), "de")[0] == [
        ("Activate it", "Aufruf davon")
    ]


def test_paragraphs_are_split_where_both_sides_have_equally_many_sentences() -> None:
    pair = ("It is new. Try it now. It works.", "Es ist neu. Versuch es jetzt. Es geht.")
    kept, _ = clean(pair, "de")
    assert kept[:3] == [
        ("It is new.", "Es ist neu."),
        ("Try it now.", "Versuch es jetzt."),
        ("It works.", "Es geht."),
    ]
    assert set(kept[3:]) <= {pair}
    uneven = ("It is new. Try it now.", "Es ist neu, versuch es jetzt.")
    assert clean(uneven, "de")[0] == [uneven]


def test_near_duplicates_are_equal_when_normalised() -> None:
    assert normalised("Chapter 4: L’été…") == normalised("chapter 12 l'ete")


class TestHeldOut:
    @pytest.fixture
    def held_out(self) -> HeldOut:
        rows = {
            "A cat sleeps under the old table near the warm oven.": [
                "Eine Katze schläft unter dem alten Tisch beim warmen Ofen."
            ]
        }
        references = {
            ("en", "de"): rows,
            ("de", "en"): {o[0]: [e] for e, o in rows.items()},
        }
        return HeldOut([TestSet("captions", references)])

    @pytest.mark.parametrize(
        "pair",
        [
            ("a cat sleeps under the old table near the warm oven", "egal"),
            ("whatever", "Eine Katze schläft unter dem alten Tisch beim warmen Ofen!"),
            ("Yesterday a cat sleeps under the old table near the window.", "egal"),
        ],
    )
    def test_equal_and_nearly_equal_ones_are_held(
        self, held_out: HeldOut, pair: SentencePair
    ) -> None:
        assert held_out.holds(pair)

    def test_others_are_not(self, held_out: HeldOut) -> None:
        assert not held_out.holds(("A cat sleeps under the table.", "Eine Katze schläft."))

    def test_no_sentence_of_the_everyday_test_is_in_the_training_split(self) -> None:
        sets = {test.name: test for test in read_test_sets()}
        held_out = HeldOut(sets.values())
        assert len(sets[EVERYDAY].references) == 20
        assert all(
            held_out.holds((english, "…")) for english in sets[EVERYDAY].references["en", "de"]
        )

    def test_the_phrasebook_teaches_no_test_sentence(self) -> None:
        for test in read_test_sets():
            for (source, _), sentences in test.references.items():
                taught = {"".join(bare_words(row[source])) for row in read_phrases()}
                assert not taught & {"".join(bare_words(text)) for text in sentences}, test.name

    def test_sets_have_the_languages_of_their_columns(self, tmp_path: Path) -> None:
        (tmp_path / "odd.tsv").write_text("en\tde\tnl\nGo!\tGeh!\t\nStop!\t\tStop!\n")
        found = read_test_sets([tmp_path])[1]
        assert found.references == {
            ("en", "de"): {"Go!": ["Geh!"]},
            ("de", "en"): {"Geh!": ["Go!"]},
            ("en", "nl"): {"Stop!": ["Stop!"]},
            ("nl", "en"): {"Stop!": ["Stop!"]},
        }


def write_file(folder: Path, name: str, pairs: list[SentencePair]) -> Path:
    path = folder / name
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(f"{english}\t{other}\n" for english, other in pairs)
    return path


def test_repeats_and_boilerplate_are_capped(tmp_path: Path) -> None:
    pairs = [("Open it.", "Öffne es."), ("Open it!", "Mach es auf."), ("open it", "Auf damit.")]
    # Words of letters alone make them different: digits are no difference.
    words = [chr(97 + i // 26) + chr(97 + i % 26) for i in range(300)]
    pairs += [
        (f"Specifies the name of the field {w}.", f"Legt den Namen fest: {w}.") for w in words
    ]
    path = write_file(tmp_path, "manual.en-de.tsv.gz", [*pairs, pairs[0]])
    count = SourceCount()
    with multiprocessing.get_context("fork").Pool(1) as pool:
        kept = list(read_source(pool, SOURCE, "de", path, HeldOut([]), count))
    assert kept[:2] == pairs[:2]
    assert len(kept) == 2 + 150
    assert count.read == 304
    assert count.dropped == {"repeated": 2, "boilerplate": 150}


def test_a_domain_becomes_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = {language: [("I see.", "…")] for language in ("de", "es", "fr", "nl")}
    monkeypatch.setattr("training.prepare.read_pairs", lambda _, language: few[language])
    monkeypatch.setattr("training.prepare.read_directions", lambda _: {})
    letters = [chr(97 + i // 26) + chr(97 + i % 26) * 3 for i in range(676)]
    files = {
        SOURCE: {
            "de": write_file(
                tmp_path, "manual.en-de.tsv.gz", [(f"word {w}", f"Wort {w}") for w in letters]
            ),
            "nl": write_file(
                tmp_path, "manual.en-nl.tsv.gz", [(f"word {w}", f"woord {w}") for w in letters]
            ),
        }
    }
    tokenizer = Tokenizer(BUNDLED_FOLDER)

    def text_of(store: PairStore, run: int) -> str:
        return tokenizer.decode(store.run(run).tolist())

    counts = prepare(tokenizer, files, tmp_path / "data")
    parts = read_parts(tmp_path / "data")
    assert {Part("documentation", k) for k in (WITH_ENGLISH, WITHOUT_ENGLISH, TYPED)} <= set(parts)
    store = parts[Part("documentation", WITHOUT_ENGLISH)]
    assert store.ids[0] == tokenizer.language_ids["de"]
    assert text_of(store, 0).replace("Wort", "woord") == text_of(store, 1)
    apart = read_parts(tmp_path / "data" / VALIDATION)[Part("documentation", WITH_ENGLISH)]
    texts = {text_of(apart, 2 * i) for i in range(len(apart))}
    trained = parts[Part("documentation", WITH_ENGLISH)]
    assert texts
    assert not texts & {text_of(trained, 2 * i) for i in range(len(trained))}
    assert counts["manual"].kept == 2 * 676
    assert json.loads((tmp_path / "data" / COUNTS_FILE).read_text())["manual"]["kept"] == 2 * 676


class TestGathering:
    def test_a_file_of_an_unknown_source_is_named(self, tmp_path: Path) -> None:
        write_file(tmp_path, "diary.en-de.tsv.gz", [])
        with pytest.raises(ValueError, match=r"diary\.en-de\.tsv\.gz: not a source"):
            find_files(tmp_path, {})

    def test_prepared_files_go_first_and_what_is_missing_is_said(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def none_here(source: Source, _: Path) -> None:
            raise PackageError(f"no packages for {source.name}")

        monkeypatch.setattr(gathering, "prepare", none_here)
        path = write_file(tmp_path, "lo.en-de.tsv.gz", [])
        files = gather(tmp_path, tmp_path / "made")
        assert {source.name: dict(found) for source, found in files.items()} == {"lo": {"de": path}}
        said = capsys.readouterr().out
        assert "no packages for mo" in said
        assert "without ms" in said
        assert "SOURCES=" in said
