"""Encrypts user texts at rest: AES-256-GCM (NIST SP 800-38D) with a random nonce for each value."""

import base64
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
_PURPOSE = b"m2m-server database 1"
_PROOF = "m2m-server"


class Cipher:
    """Any thread may call it."""

    def __init__(self, key: bytes) -> None:
        """`key` has 32 bytes."""
        self._aes = AESGCM(key)

    def seal(self, value: str | bytes) -> str | bytes:
        """Return a value encrypted: bytes as bytes, text as Base64."""
        data = value.encode() if isinstance(value, str) else value
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = nonce + self._aes.encrypt(nonce, data, _PURPOSE)
        return base64.b64encode(sealed).decode() if isinstance(value, str) else sealed

    def open(self, value: str | bytes) -> str | bytes:
        """Return the value that `seal` was given. Raises InvalidTag for another key's."""
        sealed = base64.b64decode(value) if isinstance(value, str) else value
        data = self._aes.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _PURPOSE)
        return data.decode() if isinstance(value, str) else data

    def proof(self) -> str:
        """Return a value by which `is_of` tells whether another cipher has the same key."""
        return str(self.seal(_PROOF))

    def is_of(self, proof: str) -> bool:
        """Return whether a cipher with this key has made the proof."""
        try:
            return self.open(proof) == _PROOF
        except (InvalidTag, ValueError):
            return False
