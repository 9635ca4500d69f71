"""Repair a JSON text where its meaning is plain, and find the place where it is not."""

from __future__ import annotations

import json
import re

import msgspec

_BOM = b"\xef\xbb\xbf"
# One part of a JSON text outside of which nothing needs a repair.
_TOKEN = re.compile(
    rb'"(?P<string>[^"\\]*+(?:\\.[^"\\]*+)*+)"'
    rb"|(?P<word>[^\s\[\]{},:\"\x00]++)"
    rb"|(?P<comma>,(?=\s*+[\]}]))"
    rb"|(?P<open>[\[{])|(?P<close>[\]}])",
    re.DOTALL,
)
# What a JSON string cannot contain as it is, and escapes, which may be wrong.
_SUSPECT = re.compile(rb"[\\\x00-\x1f]")
_ESCAPE = re.compile(
    rb"(?P<valid>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb'|\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4}|\\["\\/bfnrt])'
    rb"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|(?P<quote>\\')"
    rb"|(?P<odd>\\)"
    rb"|(?P<control>[\x00-\x1f])",
)
_LITERALS = {b"true", b"false", b"null"}
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?")
# Numbers that only other languages write: NaN, -Infinity, inf, 007, +5, .5 and 5.
_ODD_NUMBER = re.compile(
    rb"[+-]?(?:nan|inf(?:inity)?|(?=\.?[0-9])[0-9]*+\.?[0-9]*+(?:e[+-]?[0-9]++)?)", re.IGNORECASE
)
_AT_BYTE = re.compile(r"\(byte (\d+)\)")
_DEEPEST = 500


def repair_json(body: bytes) -> bytes:
    r"""Repair a JSON text that strict parsers refuse, where its meaning is plain.

    | what | becomes |
    | --- | --- |
    | a byte order mark; UTF-16 and UTF-32 | UTF-8 without a mark |
    | bytes that are not UTF-8, half a surrogate pair | U+FFFD |
    | a raw control character in a text | its escape |
    | `\'` in a text | `'` |
    | any other escape that JSON does not have | the backslash and what follows, as they came |
    | `NaN`, `Infinity`, `007`, `+5`, `.5` | a text, because JSON has no such number |
    | a comma behind the last item, or behind the whole | nothing |
    | NUL characters behind the whole | nothing |

    The text may be no JSON before and after.
    """
    return _TOKEN.sub(_repair_token, _unwrap(body))


def _unwrap(body: bytes) -> bytes:
    """Return the UTF-8 text without what stands around it."""
    encoding = json.detect_encoding(body)
    if encoding.startswith(("utf-16", "utf-32")):
        body = body.decode(encoding, "replace").encode("utf-8", "replace")
    body = body.removeprefix(_BOM).rstrip(b"\x00 \t\r\n").removesuffix(b",")
    return body.decode("utf-8", "replace").encode()


def _repair_token(found: re.Match[bytes]) -> bytes:
    token = found[0]
    kind = found.lastgroup
    if kind == "string" and _SUSPECT.search(token):
        return _ESCAPE.sub(_repair_escape, token)
    if kind == "comma":
        return b""
    if (
        kind == "word"
        and token not in _LITERALS
        and not _NUMBER.fullmatch(token)
        and _ODD_NUMBER.fullmatch(token)
    ):
        return b'"' + token + b'"'
    return token


def _repair_escape(found: re.Match[bytes]) -> bytes:
    match found.lastgroup:
        case "half":
            return rb"\ufffd"
        case "quote":
            return b"'"
        case "odd":
            return rb"\\"
        case "control":
            return b"\\u%04x" % found[0][0]
    return found[0]


def looks_like_json(body: bytes) -> bool:
    """Return whether a body begins as a JSON object or a list does."""
    return _unwrap(body).lstrip()[:1] in {b"{", b"["}


def describe_fault(body: bytes) -> str:
    """Say where a JSON text that cannot be repaired is wrong.

    Returns:
        The end of a sentence, with positions in bytes from 1 and nothing of the text itself.
    """
    unwrapped = _unwrap(body)
    size = len(unwrapped)
    depth = 0
    for found in _TOKEN.finditer(unwrapped):
        depth += (found.lastgroup == "open") - (found.lastgroup == "close")
        if depth > _DEEPEST:
            return f"it is nested too deeply, at byte {found.start() + 1} of {size}"
    repaired = repair_json(body)
    try:
        msgspec.json.decode(repaired, type=msgspec.Raw)
    except msgspec.DecodeError as error:
        place = _AT_BYTE.search(str(error))
        if place:
            position = _original_position(unwrapped, int(place[1]))
            return f"byte {position + 1} of {size} does not belong there"
    return f"it ends too early, after byte {size}"


def _original_position(unwrapped: bytes, position: int) -> int:
    """Return the place in the unwrapped text that a place in the repaired one comes from."""
    shift = 0
    for found in _TOKEN.finditer(unwrapped):
        if found.start() + shift >= position:
            break
        shift += len(_repair_token(found)) - len(found[0])
    return max(0, min(position - shift, len(unwrapped) - 1))
