"""Errors of the translator. Their messages may be shown to people; none holds user text."""


class TranslatorError(Exception):
    """Base of the errors below."""


class CheckpointError(TranslatorError):
    """The model cannot be found, downloaded or read; the message says what to do."""


class DeviceError(TranslatorError):
    """The device does not exist, or not with what the configuration asks of it."""
