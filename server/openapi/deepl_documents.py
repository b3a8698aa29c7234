"""The routes for documents of DeepL's clients."""

from server.core.errors import (
    JobsOffError,
    NoResultError,
    StorageFullError,
    TooManyJobsError,
    TooManyTextsError,
    UnknownJobError,
)
from server.core.media_types import FORM, JSON, URLENCODED
from server.openapi.deepl_operation import deepl_operation
from server.openapi.errors import READING, TEXTS
from server.openapi.operations import answer, content_of, json_of, parameter
from server.schemas.deepl_documents import (
    DeepLDocument,
    DeepLDocumentForm,
    DeepLDocumentKey,
    DeepLDocumentStatus,
)

_ID = [parameter("document_id", "path", "The document's id.", str, required=True)]
_KEY = [parameter("document_key", "query", "The document's key.", str, required=True)]
_KEY_BODY = {each: content_of(DeepLDocumentKey) for each in (JSON, URLENCODED, FORM)}
_STATUS = {200: answer("How far it is.", json_of(DeepLDocumentStatus))}
_FILE = {
    "application/octet-stream": content_of(
        {"type": "string", "contentMediaType": "application/octet-stream"}
    )
}
_RESULT = {200: answer("The translated document.", _FILE)}
_FINDING = (*READING, JobsOffError, UnknownJobError)
DOCUMENTS = [
    deepl_operation(
        "post /v2/document",
        "deeplDocument",
        "Translate a document",
        {200: answer("The document is accepted.", json_of(DeepLDocument))},
        (*TEXTS, TooManyTextsError, JobsOffError, TooManyJobsError, StorageFullError),
        body={FORM: content_of(DeepLDocumentForm)},
        description="A job translates it; the formats are those of `/translation/file`.",
    ),
    *(
        deepl_operation(
            f"{method} /v2/document/{{document_id}}",
            f"deeplDocumentStatus{by}",
            "Get how far a document is",
            _STATUS,
            _FINDING,
            parameters=_ID + (_KEY if method == "get" else []),
            body=_KEY_BODY if method == "post" else {},
        )
        for method, by in (("post", ""), ("get", "ByQuery"))
    ),
    *(
        deepl_operation(
            f"{method} /v2/document/{{document_id}}/result",
            f"deeplDocumentResult{by}",
            "Download a translated document, and delete it",
            _RESULT,
            (*_FINDING, NoResultError),
            parameters=_ID + (_KEY if method == "get" else []),
            body=_KEY_BODY if method == "post" else {},
        )
        for method, by in (("post", ""), ("get", "ByQuery"))
    ),
]
