"""The command `check`: what it prints, what it never prints, and how it ends."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from omnimessages_sandbox import ApiVariants, Faults, Sandbox
from tests.check.looks import LONG_WORLD, WORLD
from tests.pages import README, VIETNAMESE
from tests.support import NOW, START, fixed, notification, run_command, session

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

KEYS = ("canary-key-7f3a9-first", "canary-key-7f3a9-second")


def _check(
    sandbox: Sandbox, folder: Path, *arguments: str, **settings: Any
) -> subprocess.CompletedProcess[str]:
    config = {**sandbox.settings(), "start_date": START, "max_retry_seconds": 0, **settings}
    path = folder / "config.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    return run_command("check", "--config", str(path), *arguments, folder=folder)


def _secrets(value: Any) -> set[str]:
    """Return each text and number of the account that only its owner may know."""
    if isinstance(value, dict):
        return set().union(*map(_secrets, value.values()))
    if isinstance(value, list):
        return set().union(*map(_secrets, value))
    text = str(value)
    # Shorter ones, such as ZALO or a count, are no secret.
    return {text} if len(text) >= 8 and not re.fullmatch(r"[A-Z_a-z]+", text) else set()


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any], set[str]]:
    """Return the check's text and JSON, and what they may not contain."""
    folder = tmp_path_factory.mktemp("check")
    variants = ApiVariants(antbuddy_unknown_fields=True, etelecom_enums="wider")
    with Sandbox(
        world=WORLD, now=NOW, variants=variants, antbuddy_key=KEYS[0], etelecom_key=KEYS[1]
    ) as sandbox:
        text = _check(sandbox, folder)
        requests = len(sandbox.requests)
        as_json = _check(sandbox, folder, "--json")
        secrets = {*KEYS, sandbox.address}
        secrets |= _secrets(list(WORLD.sessions(NOW))) | _secrets(list(WORLD.notifications(NOW)))
    assert (text.returncode, as_json.returncode) == (0, 0), text.stderr
    assert 40 <= requests <= 2 * 45
    return text.stdout, json.loads(as_json.stdout), secrets


def test_the_table_fits_80_columns_and_has_no_colours_without_a_terminal(
    outputs: tuple[str, dict[str, Any], set[str]],
) -> None:
    text, _, _ = outputs
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    assert text.rstrip().endswith("A load can start.")


def test_neither_output_has_a_key_a_number_a_text_or_an_id(
    outputs: tuple[str, dict[str, Any], set[str]],
) -> None:
    text, content, secrets = outputs
    assert len(secrets) > 1000
    for output in (text, json.dumps(content, ensure_ascii=False)):
        assert not {secret for secret in secrets if secret in output}
        assert not re.search(r"\d{7}", output.replace(str(_clock(content)), ""))


def _clock(content: dict[str, Any]) -> int:
    # The sandbox's clock stands still, so the difference is large here.
    return int(content["apis"]["AntBuddy"]["answers"]["clock"]["meaning"]) // 1000


def test_the_json_answers_the_same_questions_as_the_text(
    outputs: tuple[str, dict[str, Any], set[str]],
) -> None:
    text, content, _ = outputs
    assert list(content["apis"]) == ["AntBuddy", "eTelecom"]
    for api in content["apis"].values():
        assert api["can_load"]
        assert api["requests"] <= 45
        for answer in api["answers"].values():
            assert set(answer) == {"meaning", "words", "seen"}
    flat = " ".join(text.split())
    assert content["apis"]["AntBuddy"]["answers"]["offset"]["words"] in flat


def test_a_failing_provider_does_not_stop_the_other(tmp_path: Path) -> None:
    with Sandbox(world=WORLD, now=NOW, antbuddy_key="another-key-7f3a9") as sandbox:
        process = _check(sandbox, tmp_path, "--json", antbuddy_api_key="canary-key-7f3a9")
        content = json.loads(process.stdout)
    assert process.returncode == 1
    assert not content["can_load"]
    assert content["apis"]["eTelecom"]["can_load"]
    (reason,) = content["apis"]["AntBuddy"]["reasons"]
    assert "the API key was refused" in reason
    assert "antbuddy_api_key" in reason
    assert "canary" not in process.stdout + process.stderr


@pytest.mark.parametrize("provider", ["antbuddy", "etelecom"])
@pytest.mark.parametrize("fault", ["500", "429", "html", "reset", "no_list", "success_false"])
def test_an_api_that_never_answers_is_one_sentence(
    provider: str, fault: str, tmp_path: Path
) -> None:
    faults = Faults.from_dict({"script": (fault,) * 200, "api": provider})
    with Sandbox(world=WORLD, now=NOW, faults=faults) as sandbox:
        process = _check(sandbox, tmp_path, "--json")
        requests = len(sandbox.requests)
    content = json.loads(process.stdout)
    assert process.returncode == 1
    reasons = [reason for api in content["apis"].values() for reason in api["reasons"]]
    assert len(reasons) == 1
    assert requests <= 50


@pytest.mark.parametrize("script", [("ok", "500", "500", "500"), ("ok", "ok", "cut_body", "429")])
@pytest.mark.usefixtures("clock")
def test_a_fault_in_the_middle_ends_no_check(script: tuple[str, ...], tmp_path: Path) -> None:
    with Sandbox(world=WORLD, now=NOW, faults=Faults(script=script)) as sandbox:
        process = _check(sandbox, tmp_path, "--json", etelecom_api_key=None, max_retry_seconds=60)
    content = json.loads(process.stdout)
    assert process.returncode == 0
    assert content["skipped"] == ["etelecom_api_key"]
    assert content["apis"]["AntBuddy"]["answers"]["selection"]["meaning"] == "session_start"


@pytest.mark.parametrize(
    ("variants", "settings", "change"),
    [
        ({"antbuddy_times": "epoch_ms"}, {}, ("antbuddy_time_format", "epoch_ms")),
        ({"antbuddy_times": "epoch_s_else_empty"}, {}, ("antbuddy_time_format", "epoch_s")),
        (
            {"antbuddy_page_cap_refuses": True},
            {"antbuddy_page_size": 101},
            ("antbuddy_page_size", 100),
        ),
        (
            {"antbuddy_longest_window_days": 8},
            {"antbuddy_window_days": 31},
            ("antbuddy_window_days", 7),
        ),
        (
            {"etelecom_longest_window_days": 31},
            {"etelecom_window_days": 60},
            ("etelecom_window_days", 30),
        ),
    ],
)
def test_a_setting_without_which_no_load_can_start_is_named_and_cures_it(
    variants: dict[str, Any], settings: dict[str, Any], change: tuple[str, Any], tmp_path: Path
) -> None:
    name, value = change
    other = {"antbuddy": "etelecom", "etelecom": "antbuddy"}[name.partition("_")[0]]
    settings = {**settings, f"{other}_api_key": None}
    with Sandbox(world=WORLD, now=NOW, variants=ApiVariants(**variants)) as sandbox:
        process = _check(sandbox, tmp_path, **settings)
        cured = _check(sandbox, tmp_path, **{**settings, name: value})
    assert process.returncode == 1
    assert f"  {name}: {json.dumps(value)}  # " in process.stdout
    assert f"Set {name} to {value}." in " ".join(process.stdout.split())
    assert cured.returncode == 0, cured.stdout


def test_a_lookback_that_sessions_outlive_is_suggested(tmp_path: Path) -> None:
    with Sandbox(world=WORLD, now=NOW) as sandbox:
        process = _check(sandbox, tmp_path, antbuddy_lookback_days=1)
    assert process.returncode == 0
    assert re.search(r"\n  antbuddy_lookback_days: \d  # a session changed", process.stdout)


def test_an_empty_account_can_be_loaded(tmp_path: Path) -> None:
    with Sandbox(world=fixed(), now=NOW) as sandbox:
        process = _check(sandbox, tmp_path)
    assert process.returncode == 0, process.stdout
    assert process.stdout.count("none: the API shows no row at all") == 2


@pytest.mark.parametrize("rows", [1, 2, 3, 6])
def test_a_small_account_leaves_questions_open(rows: int, tmp_path: Path) -> None:
    days = [f"2026-03-{day + 10:02d}T08:00:00.250Z" for day in range(rows)]
    world = fixed(
        (session(number, day) for number, day in enumerate(days)),
        (notification(number + 1, day) for number, day in enumerate(days)),
    )
    with Sandbox(world=world, now=NOW) as sandbox:
        process = _check(sandbox, tmp_path, "--json")
    content = json.loads(process.stdout)
    assert process.returncode == 0, process.stdout
    answers = content["apis"]["AntBuddy"]["answers"]
    assert answers["offset"]["meaning"] in (None, "rows")
    assert answers["key"]["meaning"] == "works"


def test_the_estimate_of_the_history_is_near_the_truth(tmp_path: Path) -> None:
    with Sandbox(world=LONG_WORLD, now=NOW) as sandbox:
        process = _check(sandbox, tmp_path, "--json", start_date="2025-10-01T00:00:00Z")
    apis = json.loads(process.stdout)["apis"]
    truth = {
        "AntBuddy": len(list(LONG_WORLD.sessions(NOW))),
        "eTelecom": len(list(LONG_WORLD.notifications(NOW))),
    }
    for name, count in truth.items():
        amount = apis[name]["answers"]["amount"]["meaning"]
        assert 0.7 <= amount["rows"] / count <= 1.4
        # Each row once, and each window, by both times of eTelecom.
        assert count / 100 < amount["requests"] < count / 10


def test_faulty_settings_give_the_sentences_of_a_run(tmp_path: Path) -> None:
    process = run_command("check", settings=None, folder=tmp_path)
    assert process.returncode == 1
    assert "start_date is missing" in process.stderr
    assert not process.stdout
    assert "Traceback" not in process.stderr


def test_the_settings_may_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox(world=fixed(), now=NOW) as sandbox:
        for name, value in {**sandbox.settings(), "start_date": START}.items():
            monkeypatch.setenv(f"TAP_OMNIMESSAGES_{name.upper()}", value)
        process = run_command("check", "--config=ENV", folder=tmp_path)
    assert process.returncode == 0, process.stderr


def test_the_example_of_the_readme_is_an_output_of_the_check(
    outputs: tuple[str, dict[str, Any], set[str]],
) -> None:
    text, _, _ = outputs
    shown = {line.strip() for line in text.splitlines()}
    for page in (README, VIETNAMESE):
        (block,) = [
            b for b in re.findall(r"```text\n(.*?)```", page.text, re.DOTALL) if "API key" in b
        ]
        lines = [line.strip() for line in block.splitlines() if line.strip() not in ("", "…")]
        assert len(lines) > 5
        assert [line for line in lines if line not in shown and line[-1:] != "("] == []
