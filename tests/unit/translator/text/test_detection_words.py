"""Single words and short phrases: the right language first, and honest confidences."""

import random

import pytest

from tests.unit.translator.text.test_detection import ALL, BUNDLED, FIVE, sentences_of
from translator.text.detection import Detection, Detector
from translator.text.words import words_of

# Common words of one language each; of those that several of the languages share, none.
COMMON = {
    "de": "Pfannkuchen Frühstück Schmetterling Danke Bahnhof Wochenende Geschwindigkeit "
    "Versicherung heute nicht zwischen Krankenhaus Zeitung vielleicht Gemüse Schlüssel "
    "Kühlschrank müde",
    "en": "pancake breakfast butterfly Thanks fridge insurance today between "
    "newspaper perhaps vegetables keyboard would tired through kitchen",
    "es": "desayuno mariposa Gracias ferrocarril semana nevera velocidad seguro ayer entonces "
    "periódico quizás verduras llave cansado cocina mañana hombre",
    "fr": "crêpe déjeuner papillon Merci gare vitesse aujourd'hui toujours hôpital "
    "journal peut-être légumes clavier fatigué cuisine beaucoup voiture",
    "nl": "pannenkoek ontbijt vlinder Bedankt koelkast snelheid verzekering vandaag tussen "
    "ziekenhuis krant misschien groenten sleutel moe keuken goedemorgen fiets",
}
OTHERS = {
    "cs": "příliš", "da": "morgenmad", "el": "καλημέρα", "fi": "aamiainen", "he": "בוקר",
    "hi": "नमस्ते", "hu": "köszönöm", "is": "morgunmatur", "it": "buongiorno", "ja": "ありがとう",
    "ko": "안녕하세요", "pl": "dziękuję", "pt": "obrigação", "ro": "mulțumesc", "ru": "спасибо",
    "sv": "frukost", "th": "สวัสดี", "tr": "teşekkürler", "uk": "дякую", "vi": "không",
    "zh": "谢谢",
}  # fmt: skip


@pytest.mark.parametrize("language", BUNDLED)
def test_most_common_words_get_their_language(language: str) -> None:
    words = COMMON[language].split()
    wrong = [word for word in words if FIVE.detect(word)[0].language != language]
    assert len(wrong) <= len(words) // 9, wrong


def test_most_common_words_get_their_language_among_a_hundred() -> None:
    words = OTHERS | {language: words.split()[0] for language, words in COMMON.items()}
    wrong = {word for language, word in words.items() if ALL.detect(word)[0].language != language}
    assert len(wrong) <= len(words) // 5, wrong


@pytest.mark.parametrize(("least", "most", "right"), [(1, 1, 0.78), (2, 3, 0.9)])
def test_confidences_are_as_high_as_the_share_of_right_answers(
    least: int, most: int, right: float
) -> None:
    answers = _answers(least, most)
    accuracy = sum(is_right for _, is_right in answers) / len(answers)
    assert accuracy >= right
    assert sum(confidence for confidence, _ in answers) / len(answers) == pytest.approx(
        accuracy, abs=0.04
    )
    sure = [is_right for confidence, is_right in answers if confidence >= 0.9]
    assert len(sure) / len(answers) > 0.3
    assert sum(sure) / len(sure) >= 0.94
    unsure = [is_right for confidence, is_right in answers if confidence < 0.6]
    assert sum(unsure) / len(unsure) <= 0.6


def test_a_word_of_several_languages_has_a_low_confidence() -> None:
    for word in ("hotel", "in", "internet", "radio"):
        assert FIVE.detect(word)[0].confidence < 0.8, word


@pytest.mark.parametrize(
    "noise",
    [
        "https://example.com/the/weather?is=nice", "someone.nice@the-weather.org", "12:30",
        "{the_name}", "`print(this, that)`", "<strong>", "/usr/share/the_weather", "%(other)s",
        "fooBar", "the_weather", "weather.py", "…", "(!?)",
    ],
)  # fmt: skip
def test_addresses_code_numbers_and_punctuation_are_no_evidence(noise: str) -> None:
    assert FIVE.detect(f"{noise} {noise}") == [Detection("en", 0.0)]
    assert FIVE.detect(f"{noise} Pfannkuchen {noise}") == FIVE.detect("Pfannkuchen")


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ("か", {"ja"}), ("한", {"ko"}), ("ωμέγα", {"el"}), ("ไทย", {"th"}), ("հայ", {"hy"}),
        ("ქართ", {"ka"}), ("שלום", {"he", "yi"}), ("हिन्दी", {"hi", "mr", "ne"}),
        ("漢字", {"ja", "zh"}), ("漢字です", {"ja"}), ("Java は言語です", {"ja"}), ("አማ", {"am"}),
        ("да", {"ba", "be", "bg", "kk", "mk", "mn", "ru", "sr", "uk", "uz"}),
    ],
)  # fmt: skip
def test_only_languages_of_the_script_are_candidates(text: str, languages: set[str]) -> None:
    found = ALL.detect(text)
    assert found[0].confidence > 0
    assert {detection.language for detection in found} <= languages


def test_a_script_of_none_of_the_languages_has_confidence_0() -> None:
    for text in ("спасибо", "ありがとう", "谢谢", "שלום"):
        assert FIVE.detect(text) == [Detection("en", 0.0)]


def test_the_language_with_a_script_of_its_own_is_certain() -> None:
    assert Detector(["en", "el", "ko"]).detect("καλημέρα") == [Detection("el", 1.0)]


def _answers(least: int, most: int) -> list[tuple[float, bool]]:
    """Return the confidence of texts cut out of the test sentences, and whether it is right."""
    draw, answers = random.Random(3), []
    for language, sentences in sentences_of(least=1).items():
        for sentence in sorted(sentences)[:400]:
            words = words_of(sentence)
            start = draw.randrange(len(words))
            text = " ".join(words[start : start + draw.randint(least, most)])
            best = FIVE.detect(text)[0]
            answers.append((best.confidence, best.language == language))
    return answers
