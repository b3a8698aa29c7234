"""Translations over HTTP, with the pool, worker processes and the bundled model."""

import random
from concurrent.futures import ThreadPoolExecutor

from tests.agreement import near_best
from tests.e2e.conftest import Server, check_same
from training.corpus import DIRECTIONS, read_references
from training.evaluate import score
from translator import Translator
from translator.text.detection import Detector

CLIENTS = 32
PER_DIRECTION = 8
# Below the mean over all directions in the model card: the score of 160 sentences varies.
MIN_BLEU = 26.0


def sample(references: dict[str, list[str]]) -> list[tuple[str, list[str]]]:
    """Return short and long sentences of a direction; the files are sorted by length."""
    return list(references.items())[:: len(references) // PER_DIRECTION][:PER_DIRECTION]


def test_an_english_sentence_is_translated_to_german(
    server: Server, in_process: Translator
) -> None:
    text = "Where is the station, and when does the next train leave?"
    answer = server.translate(text, "en", "de")
    assert answer in near_best(in_process, text, "en", "de")
    assert Detector(in_process.languages).detect(answer)[0].language == "de"
    assert answer.endswith("?")


def test_arrays_and_layout_are_kept(server: Server) -> None:
    texts = ["Thank you.", "", "  \n", "I am tired.\n\n  - Where is Tom?\r\n"]
    translations = server.translate(texts, "en", "fr")
    assert len(translations) == 4
    assert translations[1:3] == texts[1:3]
    first, second = translations[3].split("\n\n  - ")
    assert first
    assert second.endswith("?\r\n")
    assert server.translate(texts[0], "en", "fr") == translations[0]


def test_unseen_sentences_from_concurrent_clients(server: Server, in_process: Translator) -> None:
    """Every answer belongs to its request, and the quality is that of the model card."""
    requests = [
        (text, source, target, references)
        for source, target in DIRECTIONS
        for text, references in sample(read_references("test")[source, target])
    ]
    random.Random(1).shuffle(requests)
    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = list(clients.map(lambda item: server.translate(*item[:3]), requests))
    texts, sources, targets, references = map(list, zip(*requests, strict=True))
    check_same(zip(answers, in_process.batch(texts, sources, targets), strict=True))
    assert score(answers, references).bleu >= MIN_BLEU


def test_a_long_text_is_translated_completely(server: Server) -> None:
    sentences = list(read_references("test")["en", "de"])[:150]
    translation = server.translate("\n".join(sentences), "en", "de")
    assert len(translation.split("\n")) == 150
    one_line = server.translate(" ".join(sentences), "en", "de")
    assert len(one_line) > 0.8 * len(translation)


def test_status_routes_report_the_work_done(server: Server) -> None:
    before = server.get("/gpus")["gpus"]
    server.translate(["One.", "Two.", "Three."], "en", "es")
    rows = server.get("/gpus")["gpus"]
    assert [row["device"] for row in rows] == ["cpu:0", "cpu:1"]
    assert {row["state"] for row in rows} == {"ready"}
    finished = [row["finished_segments"] for row in rows]
    assert sum(finished) - sum(row["finished_segments"] for row in before) == 3
    health = server.get("/health_check")
    assert health["workers"] == {"ready": 2, "total": 2}
    assert health["model"] == "bundled"
    codes = [language["code"] for language in server.get("/languages")]
    assert codes == ["de", "en", "es", "fr", "nl"]
