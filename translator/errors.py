"""Errors of the translator. Their messages may be shown to users; none contains user text."""


class TranslatorError(Exception):
    """Base of the errors below."""


class CheckpointError(TranslatorError):
    """The model cannot be found, downloaded or read; the message says what to do."""


class DeviceError(TranslatorError):
    """The device does not exist, or cannot do what the configuration asks of it."""
