"""A text and its translation, with what several checks compare."""


class Pair:
    """Both texts, and their words: what is between white space."""

    __slots__ = ("own", "plain", "shared", "source", "translation", "words")

    def __init__(self, source: str, translation: str, *, plain: bool = False) -> None:
        """`plain`: both texts are, as far as the caller knows; see `protected_tokens.is_plain`."""
        self.source = source
        self.translation = translation
        self.plain = plain
        self.own = source.split()
        self.words = translation.split()
        self.shared = len({*self.own}.intersection(self.words))  # different words in both
