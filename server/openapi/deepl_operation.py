"""What all operations for clients of DeepL have in common."""

from functools import partial

from server.openapi.operations import Operation
from server.schemas.deepl import STATUSES, DeepLError

deepl_operation = partial(Operation, key="deepl", error=DeepLError, statuses=STATUSES)
