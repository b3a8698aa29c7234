"""Text requests → segments → translated segments → answers."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import NamedTuple, Protocol

from documents import run_rounds, translate_html
from documents.pages.xml_markup import translate_xml
from server.core.glossaries import Entries, Glossaries, occurring
from server.core.models import Models, Route
from server.core.requests import AUTO, Answer, RequestContext, TextRequest
from server.core.segments import Segment, SegmentTranslator, Translation
from translator.text.detection import Detection, Detector
from translator.text.segmentation import SegmentedText
from translator.verify.steps import TextOptions

_TRANSLATE = {"html": translate_html, "xml": translate_xml}
_SAMPLE = 5_000  # characters of a document that its language is detected from


class Observer(Protocol):
    """Counts what has been translated; `server.metrics.front.Metrics` does."""

    def count_segments(self, segments: int, client: str) -> None: ...
    def count_texts(
        self, requests: Sequence[TextRequest], answers: Sequence[Answer], client: str
    ) -> None: ...


class _Part(NamedTuple):
    """One translatable part of a request's text: all of it, or a piece of its HTML."""

    owner: int  # index of the text request
    text: str
    request: TextRequest  # the text of which it is a part
    source: str  # its language


class TranslationService:
    """Translates for all routes, jobs and commands. Any thread may call it."""

    def __init__(
        self,
        translators: Mapping[str, SegmentTranslator],
        models: Models,
        glossaries: Glossaries,
        observer: Observer | None = None,
    ) -> None:
        """`translators` are by model; `glossaries` apply to every request, and yield to its own."""
        self._observer = observer
        self._translators = translators
        self._models = models
        self._glossaries = glossaries
        self._terms = {
            pair: frozenset(term.casefold() for term, _ in entries)
            for pair, entries in glossaries.items()
        }
        self._detectors: dict[tuple[str, ...], Detector] = {}  # by languages
        self._detectors_for: dict[tuple[str, str | None], Detector] = {}  # by target and model

    @property
    def detected(self) -> frozenset[str]:
        """The languages that can be detected."""
        return self._detector(self._models.languages).known

    def detect(self, text: str) -> list[Detection]:
        """Return the languages that a text may be in, most likely first."""
        return self._detector(self._models.languages).detect(text)

    def detect_document(self, texts: Sequence[str], target: str, model: str | None) -> str:
        """Return the language of a document: one for all its texts, which may be very short."""
        sample = "\n".join(texts)[:_SAMPLE]
        return self.identify(TextRequest(sample, AUTO, target, model=model)).source

    def translate(self, requests: Sequence[TextRequest], context: RequestContext) -> list[Answer]:
        """Translate all texts; blank ones and those in the target language come back unchanged.

        Raises UnsupportedLanguageError where no model translates a text, the pool's
        OverloadedError, UnavailableError and DeadlineError, TextFailedError where the pool gave up
        on one text, and ClientGoneError soon after the client has disconnected.
        After an error no segment of the request is left waiting in the pool.
        """
        answers = [self.identify(request) for request in requests]
        parts = [
            _Part(i, request.text, request, answers[i].source)
            for i, request in enumerate(requests)
            if answers[i].source != request.target
        ]
        for part, whole in zip(parts, self._translate_parts(parts, context), strict=True):
            answers[part.owner] = answers[part.owner]._replace(
                text=whole.text, warnings=whole.warnings, alternatives=whole.alternatives
            )
        if self._observer is not None:
            self._observer.count_texts(requests, answers, context.client)
        return answers

    def identify(self, request: TextRequest) -> Answer:
        """Return the answer before translation: the unchanged text, its language, its model."""
        if request.source != AUTO:
            return self._untranslated(request, request.source, None)
        found = self._detector_for(request.target, request.model).detect(request.text)
        best = found[0]
        if self._terms:
            best = next((each for each in found if self._is_term(request, each.language)), best)
        return self._untranslated(request, best.language, best.confidence)

    def _untranslated(self, request: TextRequest, source: str, confidence: float | None) -> Answer:
        route = self._models.choose(source, request.target, request.model)
        return Answer(request.text, source, confidence, model=route.model.name)

    def _detector_for(self, target: str, model: str | None) -> Detector:
        """Return the detector for what can be translated to a language, by a model or by any."""
        key = target, model
        found = self._detectors_for.get(key)
        if found is None:
            found = self._detector(self._models.sources(target, model))
            self._detectors_for[key] = found
        return found

    def _detector(self, languages: tuple[str, ...]) -> Detector:
        found = self._detectors.get(languages)
        made = found or Detector(languages, self._models.detector_file)
        return found or self._detectors.setdefault(languages, made)

    def _is_term(self, request: TextRequest, source: str) -> bool:
        """Return whether the text is a term, which is in its glossary's language if it may be."""
        terms = self._terms.get((source, request.target), ())
        return bool(terms) and request.text.strip().casefold() in terms

    def _translate_parts(
        self, parts: Sequence[_Part], context: RequestContext
    ) -> Sequence[Translation]:
        """Translate whole texts: plain ones in one round, markup in as many as it takes."""
        if all(part.request.markup is None for part in parts):
            return self._round(parts, context) if parts else []
        return run_rounds(map(_rounds, parts), partial(self._round, context=context))

    def _round(self, parts: Sequence[_Part], context: RequestContext) -> list[Translation]:
        """Translate parts in one round; return one translation for each."""
        texts: list[tuple[SegmentedText, Route]] = []
        segments: dict[str, list[Segment]] = {}  # by model
        for part in parts:
            request = part.request
            route = self._models.choose(part.source, request.target, request.model)
            text = route.model.segmenter.split(part.text, route.source, request.splitting)
            texts.append((text, route))
            segments.setdefault(route.model.name, []).extend(self._segments_of(text, part, route))
        translated = self._translate(segments, context)
        return [
            _join(
                text, list(islice(translated[route.model.name], len(text.segments))), route.target
            )
            for text, route in texts
        ]

    def _segments_of(self, text: SegmentedText, part: _Part, route: Route) -> list[Segment]:
        request = part.request
        options = TextOptions(route.source, route.target, request.alternatives)
        found = self._terms_in(part)
        if not found:
            return [Segment(part.owner, piece, options) for piece in text.segments]
        return [
            Segment(part.owner, piece, options._replace(glossary=occurring(found, piece.text)))
            for piece in text.segments
        ]

    def _terms_in(self, part: _Part) -> Entries:
        """Return the glossary entries whose terms occur in a part."""
        request = part.request
        entries = self._glossaries.get((part.source, request.target), ())
        if not entries and not request.glossary:
            return ()  # mostly
        return occurring((dict(entries) | dict(request.glossary)).items(), part.text)

    def _translate(
        self, segments: Mapping[str, Sequence[Segment]], context: RequestContext
    ) -> dict[str, Iterator[Translation]]:
        """Return the translations of each model's segments: few requests need two models."""
        translated = {
            model: iter(self._translators[model].translate(each, context) if each else ())
            for model, each in segments.items()
        }
        count = sum(map(len, segments.values()))
        context.usage.add(segments=count)
        if self._observer is not None and count:
            self._observer.count_segments(count, context.client)
        return translated


def _rounds(whole: _Part) -> Generator[list[_Part], list[Translation], Translation]:
    """Translate a text in rounds: one for plain text, as many as it takes for markup."""
    request = whole.request
    if request.markup is None:
        return (yield [whole])[0]
    page = _TRANSLATE[request.markup](request.text, request.tags)
    warnings: dict[str, None] = {}
    try:
        texts = next(page)
        while True:
            translated = yield [whole._replace(text=text) for text in texts]
            warnings |= dict.fromkeys(code for each in translated for code in each.warnings)
            texts = page.send([each.text for each in translated])
    except StopIteration as end:
        return Translation(end.value, tuple(warnings))


def _join(text: SegmentedText, parts: Sequence[Translation], target: str) -> Translation:
    """Join the translations of a text's segments, and their alternatives rank by rank.

    A segment with fewer alternatives than others contributes its best translation.
    """
    if len(parts) == 1 and not parts[0].alternatives:  # mostly
        return Translation(text.join([parts[0].text], target), parts[0].warnings)
    ranks = max([len(part.alternatives) for part in parts], default=0)
    return Translation(
        text.join([part.text for part in parts], target),
        tuple(dict.fromkeys(code for part in parts for code in part.warnings)),
        tuple(text.join([_ranked(part, rank) for part in parts], target) for rank in range(ranks)),
    )


def _ranked(part: Translation, rank: int) -> str:
    return part.alternatives[rank] if rank < len(part.alternatives) else part.text
