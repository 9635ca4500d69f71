"""Identify an account without revealing its API key.

The id of an account goes into every state, and states reach logs, databases and buckets. It is
`<provider>-<12 hex digits>`, such as `antbuddy-0123456789ab`, and is made in two steps:

1. scrypt stretches the API key, with the provider's name in its salt. Each guess at a key costs
   about 50 ms and 16 MB, and tables of common passwords are of no use. The salt is fixed, because a
   later run, perhaps on another machine, must get the same id from the same settings.
2. BLAKE2b, with the stretched key as its key, hashes the base URL.

48 bits remain. They tell accounts apart: a state of another account passes once in 2**48 tries.
They do not determine a key: a random key of 128 bits shares its id with 2**80 others, so not even
a search through all keys would find it. Only a key that can be guessed could be confirmed.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache

from tap_omnimessages.http.urls import normalize_url

_SALT = "tap-omnimessages account "
_DIGEST_BYTES = 6
_FORM = re.compile(rf"[a-z0-9_]+-[0-9a-f]{{{2 * _DIGEST_BYTES}}}")


def account_id(provider: str, base_url: str, key: str) -> str:
    """Return the id of an account.

    Args:
        provider: The prefix of the provider's settings, such as `antbuddy`.
        base_url: The base URL of the API, in any spelling.
        key: The API key.

    Returns:
        The id; the same for the same account in every run.
    """
    url = normalize_url(base_url).encode(errors="surrogatepass")
    digest = hashlib.blake2b(url, key=_stretch(provider, key), digest_size=_DIGEST_BYTES)
    return f"{provider}-{digest.hexdigest()}"


def is_account_id(value: object) -> bool:
    """Return whether a value has the form of an account's id."""
    return isinstance(value, str) and _FORM.fullmatch(value) is not None


# Slow on purpose, and the same for all streams of an account.
@cache
def _stretch(provider: str, key: str) -> bytes:
    salt = f"{_SALT}{provider}".encode()
    return hashlib.scrypt(key.encode(), salt=salt, n=2**14, r=8, p=1)
