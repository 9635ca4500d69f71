"""An account's id names an account, and does not give its key away."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_omnimessages.http.account import account_id, is_account_id
from tap_omnimessages.http.urls import normalize_url

_URL = "https://api.example.com/v1/shop"


@pytest.mark.parametrize(
    "url",
    [
        f"{_URL}/",
        f"{_URL}.",
        f"{_URL}/.//",
        "HTTPS://API.Example.COM/v1/shop",
        "https://api.example.com:443/v1/shop",
        "https://api.example.com./v1/shop",
    ],
)
def test_another_spelling_of_the_base_url_is_the_same_account(url: str) -> None:
    assert account_id("etelecom", url, "k") == account_id("etelecom", _URL, "k")


@pytest.mark.parametrize(
    ("provider", "url", "key"),
    [
        ("antbuddy", _URL, "k"),
        ("etelecom", _URL, "K"),
        ("etelecom", _URL, "k2"),
        ("etelecom", "https://api.example.com/v1/partner", "k"),
        ("etelecom", "https://api.example.com/V1/shop", "k"),
        ("etelecom", "https://api.example.net/v1/shop", "k"),
        ("etelecom", "https://api.example.com:8443/v1/shop", "k"),
    ],
)
def test_another_provider_address_or_key_is_another_account(
    provider: str, url: str, key: str
) -> None:
    assert account_id(provider, url, key) != account_id("etelecom", _URL, "k")


def test_a_server_on_this_machine_may_change_its_port() -> None:
    first = account_id("antbuddy", "http://127.0.0.1:8765/antbuddy", "k")
    assert first == account_id("antbuddy", "http://localhost:54321/antbuddy/", "k")
    assert first == account_id("antbuddy", "http://[::1]:80/antbuddy", "k")
    assert first != account_id("antbuddy", "http://127.0.0.1:8765/other", "k")


def test_the_id_stays_the_same_in_later_versions() -> None:
    # Another value would make every user's state one of another account.
    known = account_id("antbuddy", "https://apiring.antbuddy.com", "an-invented-key")
    assert known == "antbuddy-cae074c10ce6"


_SEGMENT = st.text("aB1-_%.", min_size=1).filter(lambda text: text.strip("."))
_ENDS = st.text("/.", max_size=3)


@given(st.sampled_from(["", ":8443"]), st.lists(_SEGMENT, max_size=3), _ENDS, _ENDS)
def test_the_case_of_the_host_and_slashes_at_the_end_never_matter(
    port: str, segments: list[str], end: str, other_end: str
) -> None:
    path = "/".join(["", *segments])
    urls = f"https://API.example.com{port}{path}/{end}", f"HTTPS://api.Example.com{port}{path}/"
    assert normalize_url(urls[0]) == normalize_url(urls[1] + other_end)
    assert normalize_url(f"https://{normalize_url(urls[0])}") == normalize_url(urls[0])


@pytest.mark.parametrize("key", ["k", "sandbox", "an-invented-key", "~" * 400])
def test_the_id_has_one_form_and_is_no_plain_hash_of_the_key(key: str) -> None:
    identity = account_id("antbuddy", _URL, key)
    assert is_account_id(identity)
    digits = identity.removeprefix("antbuddy-")
    for text in (key, f"{_URL}{key}", f"antbuddy{key}"):
        for name in ("md5", "sha1", "sha256", "blake2b"):
            assert digits not in hashlib.new(name, text.encode()).hexdigest()


@pytest.mark.parametrize(
    "value", [None, 5, "", "antbuddy", "antbuddy-", "antbuddy-00000000000g", "an invented key", []]
)
def test_other_values_are_no_ids(value: object) -> None:
    assert not is_account_id(value)
