from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrate.accounts import PROJECT, keys_of, main, read_fleet
from orchestrate.errors import FleetError, run_to_end
from orchestrate.tests.support import ACCOUNTS, KEYS, fleet_of, write_accounts, write_yaml

if TYPE_CHECKING:
    from pathlib import Path

KEY = "Invented/key+0123456789=="


def test_the_example_can_be_read() -> None:
    fleet = read_fleet(PROJECT / "orchestrate" / "accounts.example.yml", PROJECT)
    assert list(fleet.accounts) == ["shop-hanoi", "shop-saigon"]
    assert fleet.account("shop-saigon").chunk == "month"
    assert fleet.account("shop-saigon").start == date(2023, 1, 1)


def test_each_account_has_a_schema_of_its_own(tmp_path: Path) -> None:
    fleet = fleet_of(write_accounts(tmp_path))
    schemas = [account.loader["default_target_schema"] for account in fleet.accounts.values()]
    assert schemas == ["omnimessages_shop_a", "second"]


def test_bigquery_calls_a_schema_a_dataset(tmp_path: Path) -> None:
    accounts = [{**account, "loader": {}} for account in ACCOUNTS["accounts"]]
    content = {"pipeline": {"loader": "target-bigquery"}, "accounts": accounts}
    fleet = fleet_of(write_yaml(tmp_path, content))
    assert fleet.account("shop-a").loader == {"dataset": "omnimessages_shop_a"}


def test_accounts_may_share_tables_where_the_file_says_so(tmp_path: Path) -> None:
    accounts = [
        {**account, "loader": {"default_target_schema": "shared"}}
        for account in ACCOUNTS["accounts"]
    ]
    content = {"pipeline": {"shared_tables": True}, "accounts": accounts}
    fleet_of(write_yaml(tmp_path, content))
    content["pipeline"] = {}
    with pytest.raises(FleetError, match="The default_target_schema shared is given to 2"):
        fleet_of(write_yaml(tmp_path, content))


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name": "shop-b"}, "The name shop-b is given to 2 accounts: give each its own."),
    ({"name": "shop:a"}, "Account number 1: name is refused: write lower-case letters"),
    ({"start": None}, "Account shop-a has no start: write an object with name, start and secrets."),
    ({"start": "soon"}, "Account shop-a: start is refused: write the date"),
    ({"start": "2026-02-30"}, "Account shop-a: start is not a day of the calendar: correct it."),
    ({"chunk": "week"}, "Account shop-a: chunk is refused: write all, year or month"),
    ({"secrets": {}}, "Account shop-a: secrets is refused: write the name of an environment"),
    (
        {"secrets": {"antbuddy_api_key": KEY}},
        "Account shop-a: secrets.antbuddy_api_key is refused: write the name of an environment",
    ),
    (
        {"secrets": {"api_key": "SHOP_KEY"}},
        (
            "Account shop-a: secrets has the unknown field api_key: the fields are "
            "antbuddy_api_key, etelecom_api_key."
        ),
    ),
    (
        {"tap": {"antbuddy_api_key": KEY}},
        (
            "Account shop-a: tap.antbuddy_api_key is a secret, which does not belong into the "
            "file: name the variable that holds it under secrets."
        ),
    ),
    (
        {"loader": {"password": KEY}},
        (
            "Account shop-a: loader.password is a secret, which does not belong into the "
            "file: set TARGET_POSTGRES_PASSWORD in the environment."
        ),
    ),
    (
        {"tap": {"max_concurency": 8}},
        (
            "Account shop-a: tap.max_concurency is no setting of tap-omnimessages in meltano.yml: "
            "correct its name, or declare it there."
        ),
    ),
    ({"tap": {"start_date": "2026-01-01"}}, "Account shop-a: tap.start_date is not set here"),
    ({"tap": {"stream_maps": {"a": 1}}}, "Account shop-a: tap.stream_maps is refused: write a"),
    ({"key": KEY}, "Account shop-a has the unknown field key: the fields are name, start,"),
    (
        {"loader": {"default_target_schema": "second"}},
        "The default_target_schema second is given to 2 accounts: give each its own.",
    ),
]


@pytest.mark.parametrize(("changes", "sentence"), REFUSED, ids=lambda value: str(value)[:40])
def test_a_fault_is_one_sentence_without_the_value(
    tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(FleetError) as caught:
        fleet_of(write_accounts(tmp_path, **changes))
    assert str(caught.value).startswith(f"accounts.yml: {sentence}")
    assert len(str(caught.value).splitlines()) == 1
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "accounts.yml: The file is refused: write an object with the list accounts"),
        ("accounts: 7", "accounts.yml: accounts is refused: write a list of accounts."),
        ("accounts:\n  - 7", "accounts.yml: Account number 1 is refused: write an object"),
        ("accounts: [", "accounts.yml, line 2: "),
        ("accounts: []\naccounts: []", "line 1: the field accounts is given twice: correct"),
        ("pipeline: {loader: target-none}\naccounts: []", "has no target-none among its loaders"),
        ("pipeline: {loader: [a]}\naccounts: []", "accounts.yml: pipeline.loader is refused"),
        ("\x00", "correct the file."),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_is_one_sentence(
    tmp_path: Path, text: str, sentence: str
) -> None:
    with pytest.raises(FleetError) as caught:
        fleet_of(write_yaml(tmp_path, text))
    assert sentence in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_file_that_is_missing_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FleetError, match=r"cannot be read \(No such file or directory\): write it"):
        fleet_of(tmp_path / "accounts.yml")
    with pytest.raises(FleetError, match=r"meltano\.yml cannot be read"):
        read_fleet(write_accounts(tmp_path), tmp_path)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(FleetError) as caught:
        fleet_of(write_accounts(tmp_path, start="soon", chunk="week"))
    assert len(str(caught.value).splitlines()) == 2


def test_a_missing_variable_is_one_sentence_and_holds_up_no_other_account(tmp_path: Path) -> None:
    fleet = fleet_of(write_accounts(tmp_path))
    env = {"SHOP_B_ETELECOM_KEY": "invented-key-b", "SHOP_A_ANTBUDDY_KEY": ""}
    with pytest.raises(FleetError) as caught:
        keys_of(fleet.account("shop-a"), env)
    assert str(caught.value) == (
        "Account shop-a: the environment variable SHOP_A_ANTBUDDY_KEY is not set: set the API key "
        "there."
    )
    assert keys_of(fleet.account("shop-b"), env) == {"etelecom_api_key": "invented-key-b"}


def test_an_account_that_does_not_exist_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FleetError, match="There is no account 'shop-c'"):
        fleet_of(write_accounts(tmp_path)).account("shop-c")


def test_the_command_prints_the_names_or_the_faults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OMNIMESSAGES_ACCOUNTS", str(write_accounts(tmp_path)))
    assert run_to_end(lambda: main([])) == 0
    assert capsys.readouterr().out == "shop-a\nshop-b\n"
    assert run_to_end(lambda: main(["--keys"])) == 1
    assert len(capsys.readouterr().err.splitlines()) == 2
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    assert run_to_end(lambda: main(["--keys"])) == 0


def test_a_fleet_of_500_accounts_can_be_read(tmp_path: Path) -> None:
    secrets = {"antbuddy_api_key": "SHOP_KEY"}
    accounts = [
        {"name": f"shop-{number}", "start": "2026-01-01", "secrets": secrets}
        for number in range(500)
    ]
    assert len(fleet_of(write_yaml(tmp_path, {"accounts": accounts})).accounts) == 500


_TEXT = st.text("aA1_-: ", max_size=5)
_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_TEXT, inner, max_size=2),
    max_leaves=5,
)
_FIELDS = st.sampled_from(["name", "start", "chunk", "secrets", "tap", "loader", "other"])


@settings(deadline=None)
@given(changes=st.dictionaries(_FIELDS, _ANY, max_size=3))
def test_any_account_is_read_or_refused_in_sentences(
    tmp_path_factory: pytest.TempPathFactory, changes: dict[str, Any]
) -> None:
    content = {"accounts": [{**ACCOUNTS["accounts"][0], **changes}]}
    path = tmp_path_factory.mktemp("any") / "accounts.yml"
    path.write_text(json.dumps(content), encoding="utf-8")
    try:
        fleet_of(path)
    except FleetError as error:
        assert all(line.endswith(".") for line in str(error).splitlines())  # noqa: PT017
