"""Language detection: right for sentences, confidence 0 for unknown text, offline."""

import gzip
import subprocess
import sys
import threading
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.models.languages import M2M100_CODES
from translator.text.detection import Detection, Detector

CORPUS = Path(__file__).parents[4] / "training" / "corpus"
BUNDLED = ("en", "de", "fr", "es", "nl")
FIVE = Detector(BUNDLED)
ALL = Detector(M2M100_CODES)


def sentences_of(least: int) -> dict[str, set[str]]:
    sentences = defaultdict(set)
    for file in CORPUS.glob("test.en-*.tsv.gz"):
        other = file.name.removeprefix("test.en-")[:2]
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                english, foreign = line.rstrip("\n").split("\t")
                sentences["en"].add(english)
                sentences[other].add(foreign)
    return {
        language: {s for s in found if len(s) >= least} for language, found in sentences.items()
    }


@pytest.mark.parametrize("detector", [FIVE, ALL], ids=["five", "all"])
@pytest.mark.parametrize("spell", [str, str.upper], ids=["as written", "in capitals"])
def test_sentences_are_recognised(detector: Detector, spell: type[str]) -> None:
    sentences = sentences_of(least=20)
    assert set(sentences) == set(BUNDLED)
    for language, texts in sentences.items():
        right = sum(detector.detect(spell(text))[0].language == language for text in texts)
        assert right / len(texts) >= 0.95, language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Wie spät ist es?", "de"),
        ("Où est la gare ?\r\n\r\nElle est là-bas.", "fr"),
        ("Vielen Dank", "de"),
        ("DANKE", "de"),
        ("これは日本語の文章です。", "ja"),
        ("Det var en gång en katt som bodde i ett hus.", "sv"),
        ("Eg veit ikkje kva eg skal gjere no.", "no"),  # Nynorsk, "nn" to the detector
        ("אני לא יודע", "he"),
    ],
)
def test_languages_by_their_codes_in_m2m100(text: str, language: str) -> None:
    best = ALL.detect(text)[0]
    assert best.language == language
    assert best.confidence > 0.25


@pytest.mark.parametrize("text", ["", " \r\n\t", "😀🎉", "12345", "3.14 – 2,71 %", "…?!"])
def test_text_without_known_words_has_confidence_0(text: str) -> None:
    assert FIVE.detect(text) == [Detection("en", 0.0)]
    assert Detector(["nl", "fr"]).detect(text) == [Detection("nl", 0.0)]


def test_no_language_is_certain_of_what_is_no_word() -> None:
    assert FIVE.detect("xqzxqzxqz")[0].confidence < 0.9


def test_a_text_in_none_of_the_languages_has_confidence_0() -> None:
    assert FIVE.detect("Это русский текст, довольно длинный.") == [Detection("en", 0.0)]


def test_languages_unknown_to_the_detector_are_not_an_error() -> None:
    assert Detector(["zu", "xh"]).detect("Good morning") == [Detection("zu", 0.0)]


def test_the_first_guess_is_among_all_languages_of_the_world() -> None:
    detector = Detector(["en", "fr"])
    assert detector.first_guess("Das Wetter ist heute\nsehr schön.") == "de"
    assert detector.first_guess("The weather is nice today.") == "en"
    assert detector.first_guess("Das Wetter \ud800 ist heute sehr schön.") == "de"


def test_an_empty_list_of_languages_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Detector([])


def test_only_a_sample_of_a_long_text_is_read() -> None:
    german = "Das Wetter ist heute schön, und wir gehen im Wald spazieren. "
    boilerplate = "0123456789 " * 100
    assert FIVE.detect(boilerplate + german * 20_000)[0].language == "de"


def test_a_lone_surrogate_is_harmless() -> None:
    assert FIVE.detect("\ud800 Guten Tag zusammen")[0].language == "de"


@given(st.text(max_size=80))
def test_any_text_has_a_result(text: str) -> None:
    detections = FIVE.detect(text)
    confidences = [detection.confidence for detection in detections]
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 <= confidence <= 1 for confidence in confidences)
    assert sum(confidences) == pytest.approx(0 if confidences == [0] else 1, abs=1e-3)
    assert {detection.language for detection in detections} <= set(BUNDLED)


def test_threads_share_a_detector_from_the_first_call() -> None:
    detector, texts = Detector(BUNDLED), ["Guten Morgen", "Good morning", "Buenos días"] * 20
    found: list[str] = [""] * len(texts)
    start = threading.Barrier(len(texts))

    def detect(index: int) -> None:
        start.wait()
        found[index] = detector.detect(texts[index])[0].language

    threads = [threading.Thread(target=detect, args=[i]) for i in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["de", "en", "es"] * 20


def test_no_network_no_other_file_and_no_torch_are_used(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "def audit(event, arguments):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo', 'socket.sendto'):\n"
        "        sys.exit(event)\n"
        "    if event == 'open' and str(arguments[1] or 'r')[0] in 'wax':\n"
        "        sys.exit(str(arguments))\n"
        "sys.addaudithook(audit)\n"
        "from translator.text.detection import Detector\n"
        "assert Detector(['en', 'de']).detect('Guten Tag')[0].language == 'de'\n"
        "import logging\n"
        "assert not logging.root.handlers\n"
        "sys.exit(', '.join({'torch', 'transformers', 'flask'} & set(sys.modules)) or 0)\n"
    )
    environment = {"PYTHONPATH": str(Path.cwd()), "TMPDIR": str(tmp_path), "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-B", "-W", "error", "-c", script],
        env=environment, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []
