"""The command line: what stops the start, and what the front must not load."""

import subprocess
import sys
from pathlib import Path

import pytest

from server.core.settings import Settings
from server.http.waitress_server import HttpServer
from translator import Translator, TranslatorConfig

pytestmark = pytest.mark.slow  # a process for each test


def run(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("module", ["server.app", "server.__main__", "server.core.worker_factory"])
def test_the_front_loads_no_model_library(module: str) -> None:
    heavy = "{'torch', 'transformers', 'ctranslate2'}"
    result = run("-c", f"import sys, {module}; assert not {heavy} & set(sys.modules)")
    assert result.returncode == 0, result.stderr


def test_a_spawned_worker_loads_nothing_of_the_front() -> None:
    # It imports `__main__` again, which took a second while that module loaded Flask.
    result = run(
        "-c", "import sys, server.__main__; assert not {'flask', 'pydantic'} & set(sys.modules)"
    )
    assert result.returncode == 0, result.stderr


def test_a_converted_model_starts_without_libraries_that_take_seconds_to_load(cache: Path) -> None:
    # Converts it, if none has.
    Translator(TranslatorConfig(engine="ctranslate2", cache=cache, threads=1))
    code = (
        "import sys; from pathlib import Path; from translator import Translator, TranslatorConfig;"
        f"config = TranslatorConfig(engine='ctranslate2', cache=Path({str(cache)!r}), threads=1);"
        "Translator(config);"
        "print({'ctranslate2', 'transformers', 'huggingface_hub'} & set(sys.modules))"
    )
    result = run("-c", code)
    assert result.stdout == "{'ctranslate2'}\n", result.stderr


def test_the_help_names_the_commands_and_the_settings() -> None:
    result = run("-m", "server", "--help")
    assert result.returncode == 0
    for name in ("serve", "fetch", "key", "--startup-timeout", "TRANSLATION_MEMORY_MARGIN"):
        assert name in result.stdout


@pytest.mark.parametrize(("command", "shown"), [("serve", "--port"), ("fetch", "--revision"),
                                                ("key", "--requests-per-minute")])  # fmt: skip
def test_each_command_has_its_own_help(command: str, shown: str) -> None:
    result = run("-m", "server", command, "--help")
    assert result.returncode == 0
    assert f"usage: m2m-server {command}" in result.stdout
    assert shown in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["8000"], "invalid choice: '8000'"),
        (["--prot", "80"], "unknown flag --prot; did you mean --port?"),
        (["serve", "--prot=80"], "unknown flag --prot; did you mean --port?"),
        (["key", "a", "--port", "80"], "key: unexpected argument '--port'"),
        (["fetch", "bundled"], "required: DIR"),
    ],
)
def test_a_wrong_command_line_exits_with_2(arguments: list[str], message: str) -> None:
    result = run("-m", "server", *arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert message in result.stderr


def test_a_malformed_setting_exits_with_2() -> None:
    result = run("-m", "server", "--port", "http")
    assert (result.returncode, result.stdout) == (2, "")
    assert "--port='http'" in result.stderr


def test_settings_that_do_not_go_together_exit_with_1() -> None:
    result = run("-m", "server", "--devices", "cpu", "--engine", "reference", "--dtype", "int8")
    assert (result.returncode, result.stdout) == (1, "")
    assert (
        result.stderr
        == "m2m-server: dtype int8 needs engine ctranslate2 or inflight; reference has none\n"
    )


def test_a_model_that_is_not_there_exits_with_1(tmp_path: Path) -> None:
    result = run("-m", "server", "--devices", "cpu", "--model", str(tmp_path))
    assert (result.returncode, result.stdout) == (1, "")
    assert "is not a checkpoint" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_port_in_use_exits_with_1() -> None:
    taken = HttpServer(lambda *_: [], Settings(port=0))
    taken.start()
    try:
        port = taken.url.rpartition(":")[2]
        result = run("-m", "server", "--devices", "cpu", "--port", port)
    finally:
        taken.close()
    assert (result.returncode, result.stdout) == (1, "")
    assert f"cannot listen on 127.0.0.1 port {port}: Address already in use" in result.stderr


def test_an_admin_port_in_use_exits_with_1() -> None:
    taken = HttpServer(lambda *_: [], Settings(port=0))
    taken.start()
    try:
        port = taken.url.rpartition(":")[2]
        result = run("-m", "server", "--devices", "cpu", "--port", "0", "--admin-port", port)
    finally:
        taken.close()
    assert (result.returncode, result.stdout) == (1, "")
    assert f"cannot listen on 127.0.0.1 admin port {port}: Address already in use" in result.stderr
