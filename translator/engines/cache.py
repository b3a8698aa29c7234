"""Cache keys for what is derived from a checkpoint."""

import hashlib

from translator.models.checkpoints import Checkpoint, weight_files
from translator.models.manifest import sha256


def content_hash(checkpoint: Checkpoint, versions: str) -> str:
    """Return a hash of the checkpoint's content and of `versions`, those of the code that reads it.

    A fetched checkpoint has the hashes of its files in its manifest, so the files are not read.
    """
    digest = hashlib.sha256(versions.encode())
    names = ("config.json", *checkpoint.family.tokenizer_files)
    for path in [*(checkpoint.folder / name for name in names), *weight_files(checkpoint.folder)]:
        record = checkpoint.manifest and checkpoint.manifest.files.get(path.name)
        digest.update(bytes.fromhex(record.sha256 if record else sha256(path)))
    return digest.hexdigest()[:32]
