"""How a run of `m2m-translate` can fail, and with which exit code. No message holds user text."""


class BulkError(Exception):
    """Base of what ends a run with a message."""

    exit_code: int


class RetryableError(BulkError):
    """The run may succeed when it is started again: it then goes on where it was."""

    exit_code = 1


class InputError(BulkError):
    """The input or the options are wrong; the same run would fail again."""

    exit_code = 2


class BatchTextError(BulkError):
    """One of the texts that were sent together cannot be translated: that at `index`."""

    def __init__(self, index: int, reason: BulkError) -> None:
        super().__init__(str(reason))
        self.index = index
        self.reason = reason
        self.exit_code = reason.exit_code
