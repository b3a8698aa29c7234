"""Every unknown name and malformed value stops the start, with a message that helps."""

from pathlib import Path

import pytest

from server.core.settings import Settings
from server.core.settings_sources import flag, load_settings, variable


def refusal(
    capsys: pytest.CaptureFixture[str], *argv: str, environ: dict[str, str] | None = None
) -> str:
    """Return what is printed when these settings are refused."""
    with pytest.raises(SystemExit) as stop:
        load_settings(argv, environ or {})
    assert stop.value.code == 2
    return capsys.readouterr().err


def test_without_flags_and_variables_the_defaults_hold() -> None:
    settings = load_settings([], {"PATH": "/bin", "TRANSLATIONS": "not ours"})
    assert settings == Settings()
    assert (settings.host, settings.port, settings.model) == ("127.0.0.1", 8000, "bundled")


def test_a_flag_wins_over_its_variable() -> None:
    environ = {"TRANSLATION_PORT": "9000", "TRANSLATION_BEAMS": "3"}
    settings = load_settings(["--port", "9001"], environ)
    assert (settings.port, settings.beams) == (9001, 3)


def test_a_switch_can_be_turned_on_and_off() -> None:
    on = {"TRANSLATION_LOCAL_FILES_ONLY": "true"}
    assert load_settings(["--local-files-only"], {}).local_files_only
    assert load_settings([], on).local_files_only
    assert not load_settings(["--no-local-files-only"], on).local_files_only


@pytest.mark.parametrize("field", sorted(Settings.model_fields))
def test_every_field_can_be_set_by_variable_and_by_flag(field: str) -> None:
    values = {
        "devices": "cpu*2", "engine": "reference", "dtype": "float32", "kernels": "off",
        "log_level": "debug", "local_files_only": "true", "cache": "/srv/models", "model": "m",
        "host": "::1", "log_format": "json", "cors_origins": "https://a.example", "pin": "false",
        "route": "sw=nllb", "database": "postgresql://h/d",
        "database_encrypt_key": "0" * 64, "model_devices": "nllb=cuda:1",
        "target_scripts": "true",
    }  # fmt: skip
    value = values.get(field, "777")
    by_variable = load_settings([], {variable(field): value})
    switches = {
        "local_files_only": ["--local-files-only"],
        "target_scripts": ["--target-scripts"],
        "pin": ["--no-pin"],
    }
    argv = switches.get(field, [flag(field), value])
    assert getattr(by_variable, field) == getattr(load_settings(argv, {}), field)
    assert getattr(by_variable, field) != getattr(Settings(), field)


def test_the_cache_honours_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert load_settings([], {}).cache == tmp_path / "m2m-server"


def test_an_unknown_variable_is_refused_with_a_suggestion(
    capsys: pytest.CaptureFixture[str],
) -> None:
    message = refusal(capsys, environ={"TRANSLATION_MAX_TEXT": "3"})
    assert "unknown variable TRANSLATION_MAX_TEXT; did you mean TRANSLATION_MAX_TEXTS?" in message


def test_an_unknown_flag_is_refused_with_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert "unknown flag --prot; did you mean --port?" in refusal(capsys, "--prot", "80")


def test_an_argument_without_a_flag_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "unexpected argument '8000'" in refusal(capsys, "8000")


def test_an_abbreviated_flag_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "unknown flag --dev" in refusal(capsys, "--dev=cpu")


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("port", "http", "valid integer"),
        ("port", "65536", "less than or equal to 65535"),
        ("port", "", "valid integer"),
        ("engine", "fast", "one of auto, reference, ctranslate2"),
        ("dtype", "int4", "one of auto, float32"),
        ("devices", "gpu0", "allowed are 'auto', 'cpu'"),
        ("timeout", "nan", "finite number"),
        ("timeout", "inf", "finite number"),
        ("drain_timeout", "-1", "greater than or equal to 0"),
        ("beams", "0", "greater than 0"),
        ("http_threads", "1.5", "valid integer"),
        ("log_level", "loud", "one of debug, info"),
        ("local_files_only", "maybe", "valid boolean"),
    ],
)
def test_a_malformed_value_is_refused_by_its_name(
    field: str, value: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    message = refusal(capsys, environ={variable(field): value})
    assert f"{variable(field)}={value!r}" in message
    assert expected in message
    if field != "local_files_only":
        assert f"{flag(field)}={value!r}" in refusal(capsys, f"{flag(field)}={value}")


def test_all_mistakes_are_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    message = refusal(
        capsys, "--bogus", "--beams=x", environ={"TRANSLATION_X": "1", "TRANSLATION_PORT": "x"}
    )
    for name in ("--bogus", "--beams", "TRANSLATION_X", "TRANSLATION_PORT"):
        assert name in message


def test_help_lists_flag_variable_and_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        load_settings(["--help"], {})
    assert stop.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for field in Settings.model_fields:
        assert flag(field) in text
        assert f"[{variable(field)}; default:" in text
    assert "[TRANSLATION_MAX_CHARACTERS; default: 100000]" in text


def test_only_where_jobs_are_taken_bodies_may_be_as_large_as_theirs(tmp_path: Path) -> None:
    assert load_settings(["--jobs", "off"], {}).max_job_bytes == 0
    taken = load_settings(["--jobs", str(tmp_path)], {})
    assert taken.max_job_bytes > 100 * taken.max_body_bytes
