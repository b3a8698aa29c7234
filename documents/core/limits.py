"""How large a document may be. What takes many times its size in memory is refused before that."""

from dataclasses import dataclass

from documents.core.rounds import DocumentError


@dataclass(frozen=True, slots=True)
class Limit:
    """The size of a file in MiB, and the number of pieces in it that take memory of their own."""

    mib: int
    pieces: int = 0
    marks: bytes = b""  # characters that begin a piece
    what: str = ""  # the pieces, for messages

    def check(self, data: bytes) -> None:
        """Raise `DocumentError` for a larger file."""
        if len(data) > self.mib << 20:
            raise DocumentError(f"the file has more than {self.mib} MiB; split it into several")
        if self.marks and count_marks(data, self.marks) > self.pieces:
            raise DocumentError(
                f"the file has more than {self.pieces:,} {self.what}; split it into several"
            )


def count_marks(data: bytes, marks: bytes) -> int:
    """Return how often the characters occur."""
    return sum(data.count(mark) for mark in marks)
