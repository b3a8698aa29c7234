"""The status of a job."""

from typing import Literal

JobStatus = Literal["queued", "running", "done", "failed", "cancelled"]
