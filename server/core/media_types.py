"""Media types of request and response bodies."""

JSON = "application/json"
FORM = "multipart/form-data"
URLENCODED = "application/x-www-form-urlencoded"
EVENT_STREAM = "text/event-stream"
BINARY = "application/octet-stream"
