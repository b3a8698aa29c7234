"""Real translations through HTTP, the pool, worker processes and the bundled model."""

import random
from concurrent.futures import ThreadPoolExecutor

from tests.agreement import near_best
from tests.e2e.conftest import Server, check_same
from training.corpus import DIRECTIONS, read_references
from training.evaluate import score
from translator import Translator
from translator.text.detection import Detector

CLIENTS = 32
PER_DIRECTION = 20
# The card's mean over all directions is well above it; a slice of 400 sentences scatters.
LEAST_BLEU = 26.0


def spread(references: dict[str, list[str]]) -> list[tuple[str, list[str]]]:
    """Return some sentences of a direction, short and long: the files are sorted by length."""
    return list(references.items())[:: len(references) // PER_DIRECTION]


def test_an_english_sentence_becomes_german(server: Server, in_process: Translator) -> None:
    text = "Where is the station, and when does the next train leave?"
    answer = server.ask(text, "en", "de")
    assert answer in near_best(in_process, text, "en", "de")
    assert Detector(in_process.languages).detect(answer)[0].language == "de"
    assert answer.endswith("?")


def test_arrays_and_layout(server: Server) -> None:
    texts = ["Thank you.", "", "  \n", "I am tired.\n\n  - Where is Tom?\r\n"]
    translations = server.ask(texts, "en", "fr")
    assert len(translations) == 4
    assert translations[1:3] == texts[1:3]
    first, second = translations[3].split("\n\n  - ")
    assert first
    assert second.endswith("?\r\n")
    assert server.ask(texts[0], "en", "fr") == translations[0]


def test_unseen_sentences_from_many_clients_at_once(server: Server, in_process: Translator) -> None:
    """Every answer is that of its question, and as good as the card says."""
    work = [
        (text, source, target, references)
        for source, target in DIRECTIONS
        for text, references in spread(read_references("test")[source, target])
    ]
    random.Random(1).shuffle(work)
    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = list(clients.map(lambda item: server.ask(*item[:3]), work))
    expected = [in_process.translate(*item[:3]) for item in work]
    check_same(zip(answers, expected, strict=True))
    assert score(answers, [references for *_, references in work]).bleu >= LEAST_BLEU


def test_a_long_text_is_translated_to_its_end(server: Server) -> None:
    sentences = list(read_references("test")["en", "de"])[:150]
    translation = server.ask("\n".join(sentences), "en", "de")
    assert len(translation.split("\n")) == 150
    one_line = server.ask(" ".join(sentences), "en", "de")
    assert len(one_line) > 0.8 * len(translation)


def test_the_tables_tell_the_truth(server: Server) -> None:
    before = server.get("/gpus")["gpus"]
    server.ask(["One.", "Two.", "Three."], "en", "es")
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
