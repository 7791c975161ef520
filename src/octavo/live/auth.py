"""Who may send: the secrets of the configuration against the headers of a request, in constant time."""

from __future__ import annotations

import base64
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from octavo.live.config import Secret

REALM = 'realm="octavo"'


def allowed(secrets: Sequence[Secret], headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether headers show any of the secrets; without secrets everybody may send.

    Every header is compared with every secret, so that the time tells nothing of either.

    Args:
        secrets: what a sender must know, any of them.
        headers: name and value of each header, as ASGI gives them.
    """
    shown = list(headers)
    found = [_shows(secret, name, value) for secret in secrets for name, value in shown]
    return any(found) or not secrets


def challenge(secrets: Sequence[Secret]) -> str | None:
    """What ``WWW-Authenticate`` says to who showed none of the secrets; None where they are headers of their own.

    Source: RFC 7617, section 2 (Basic), and RFC 6750, section 3 (Bearer).
    """
    types = {secret.type for secret in secrets}
    schemes = [f"{scheme.title()} {REALM}" for scheme in ("basic", "bearer") if scheme in types]
    return ", ".join(schemes) or None


def _shows(secret: Secret, name: bytes, value: bytes) -> bool:
    if name.lower() != secret.name.lower().encode("ascii"):
        return False
    if secret.type in ("header", "authorization"):
        return hmac.compare_digest(value.strip(), secret.value.encode())
    scheme, _, token = value.strip().partition(b" ")
    is_right = hmac.compare_digest(token.strip(), _token(secret))
    return is_right and scheme.lower() == secret.type.encode("ascii")


def _token(secret: Secret) -> bytes:
    """What stands behind the scheme's name."""
    if secret.type == "basic":
        return base64.b64encode(f"{secret.username}:{secret.password}".encode())
    return secret.value.encode()
