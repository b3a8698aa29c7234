"""The models of a server, and which of them translates what.

Requests, glossaries and jobs name languages by the server's codes: those of its first model, and
of each further model for the languages that the models before it lack.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from server.core.errors import UnsupportedLanguageError
from server.core.served_model import ServedModel
from translator.models.flores import flores_code
from translator.models.languages import bcp47, find
from translator.text.detector_file import DetectorFile


class RouteError(ValueError):
    """A route is invalid; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Route:
    """Who translates a text: a model, and the languages by its own codes."""

    model: ServedModel
    source: str
    target: str


class Models:
    """Always answers the same; threads may share it."""

    def __init__(
        self,
        served: Sequence[ServedModel],
        routes: Mapping[str, str] | None = None,
        detector_file: DetectorFile | None = None,
    ) -> None:
        """`routes` map a language or a pair such as `en:sw` to the name of a model.

        `detector_file` detects languages; None: the small classifiers do. Raises RouteError.
        """
        self.default = served[0]
        self.detector_file = detector_file
        self._served = {model.name: model for model in served}
        self._codes: dict[str, dict[str, str]] = {}  # by model: its codes by the server's
        self._identities: dict[str, str] = {}  # the server's codes by what they mean
        for model in served:
            meanings = _meanings(model.languages)
            for meaning, code in meanings.items():
                self._identities.setdefault(meaning, code)
            self._codes[model.name] = {self._identities[each]: meanings[each] for each in meanings}
        self.languages = tuple(self._identities.values())
        self._routes = dict(self._read_route(*route) for route in (routes or {}).items())
        self._chosen: dict[tuple[str, str, str | None], Route] = {}  # what `choose` has returned

    def __iter__(self) -> Iterator[ServedModel]:
        return iter(self._served.values())

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the models, the default first."""
        return tuple(self._served)

    def languages_of(self, name: str | None) -> tuple[str, ...]:
        """Return the server's codes of a model's languages; None: of all models'."""
        return self.languages if name is None else tuple(self._codes[name])

    def find(self, code: str, name: str | None = None) -> str | None:
        """Return the language that a user's code means, of a model or of any; None if none."""
        languages = self.languages_of(name)
        if code in languages:
            return code
        same = self._identities.get(flores_code(code) or "")
        return same if same in languages else find(code, languages)

    def models_of(self, language: str) -> list[ServedModel]:
        """Return the models that have a language."""
        return [model for model in self if language in self._codes[model.name]]

    def targets(self, source: str) -> list[str]:
        """Return the languages that a language can be translated to."""
        having = [self._codes[model.name] for model in self.models_of(source)]
        return sorted(each for each in set().union(*having) if each != source)

    def sources(self, target: str, name: str | None) -> tuple[str, ...]:
        """Return the languages that can be translated to a language, by a model or by any."""
        names = [model.name for model in self.models_of(target) if name in (None, model.name)]
        return tuple(code for code in self.languages if any(code in self._codes[n] for n in names))

    def choose(self, source: str, target: str, name: str | None = None) -> Route:
        """Return the model for a pair: the one of that name, else of a route, else the first.

        The route of a pair goes before that of its target, and this one before its source's.
        Raises UnsupportedLanguageError where no such model has both languages.
        """
        key = source, target, name
        if key not in self._chosen:
            self._chosen[key] = self._choose(*key)
        return self._chosen[key]

    def _choose(self, source: str, target: str, name: str | None) -> Route:
        routed = (self._routes.get(each) for each in ((source, target), target, source))
        for each in [name] if name else [*filter(None, routed), *self._served]:
            codes = self._codes.get(each, {})  # a job may name a model that is no longer served
            if source in codes and target in codes:
                return Route(self._served[each], codes[source], codes[target])
        who = f"model {name} does not translate" if name else "no model translates"
        raise UnsupportedLanguageError(f"{who} from {source} to {target}", None)

    def _read_route(self, key: str, name: str) -> tuple[str | tuple[str, str], str]:
        if name not in self._served:
            raise RouteError(f"{key}={name}: the models are {', '.join(self._served)}")
        found = [self.find(code, name) for code in key.split(":")]
        match found:
            case [str(language)]:
                return language, name
            case [str(source), str(target)]:
                return (source, target), name
        raise RouteError(f"{key}={name}: {key} is neither a language of {name} nor a pair of them")


def _meanings(languages: Sequence[str]) -> dict[str, str]:
    """Return a model's codes by what they mean: a code of FLORES-200, or the code itself."""
    meanings: dict[str, str] = {}
    for code in languages:
        meaning = flores_code(bcp47(code)) or code
        meanings[code if meaning in meanings else meaning] = code
    return meanings
