"""Errors of `m2m-translate` and their exit codes. Messages never contain user text."""


class BulkError(Exception):
    """Base of the errors that end a run."""

    exit_code: int


class RetryableError(BulkError):
    """The run may succeed when it is started again; it then resumes."""

    exit_code = 1


class InputError(BulkError):
    """The input or the options are invalid; the same run would fail again."""

    exit_code = 2


class BatchTextError(BulkError):
    """The text at `index` of a batch cannot be translated."""

    def __init__(self, index: int, reason: BulkError) -> None:
        super().__init__(str(reason))
        self.index = index
        self.reason = reason
        self.exit_code = reason.exit_code
