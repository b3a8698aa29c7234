"""What the flags of a run on a cluster become."""

from pathlib import Path

import pytest

from bulk.cli import main
from bulk.cluster.command import _backend_maker, _fingerprint
from bulk.cluster.connection import ActorSize
from server.core.settings import Settings

PAIR = ("en", "de")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--devices", "cpu"], "--devices cannot be used with --ray: see --gpus-per-actor"),
        (["--concurrency", "3"], "--concurrency cannot be used with --ray, which decides"),
        (["--timeout", "3"], "--timeout needs --url"),
        (["--model", "models/a"], "--model models/a: with --ray, give its whole path"),
        (["--ray", "nowhere"], "--ray nowhere: must be auto, or HOST:PORT"),
    ],
)
def test_what_ray_decides_cannot_be_chosen(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    flags: list[str],
    message: str,
) -> None:
    monkeypatch.setattr("bulk.cluster.connection.find_spec", lambda _: True)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models" / "a").mkdir(parents=True)
    (tmp_path / "in.csv").write_text("text\nfine\n")
    files = [str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv")]
    common = ["-s", "en", "-t", "de", "--ray", "auto", "--table", "--columns", "text", *files]
    assert main([*common, *flags]) == 2
    assert message in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "models"]


def test_an_actor_has_the_settings_without_secrets() -> None:
    settings = Settings(
        model="/models/a", beams=2, cache=Path("cache"), database="postgresql://u:password@host/db"
    )
    maker = _backend_maker(settings, PAIR, ActorSize(1, 0.5, 2))
    own, pair, per_gpu = maker.args
    assert (own.devices, own.threads, own.beams, pair, per_gpu) == ("cuda:0", 1, 2, PAIR, 2)
    assert (own.cache, own.glossaries) == (Path.cwd() / "cache", None)
    assert "password" not in repr(own.model_dump())
    own, _, per_gpu = _backend_maker(settings, PAIR, ActorSize(4, 0.0, 2)).args
    assert (own.devices, own.threads, per_gpu) == ("cpu", 4, 1)


def test_a_glossary_with_another_content_makes_other_translations(tmp_path: Path) -> None:
    settings = Settings(glossaries=tmp_path)
    (tmp_path / "en-de.tsv").write_text("house\tHaus\n")
    before = _fingerprint(settings, PAIR)
    (tmp_path / "en-de.tsv").write_text("house\tHütte\n")
    assert _fingerprint(settings, PAIR) != before
    assert _fingerprint(Settings(), PAIR)["glossaries"] is None
    assert _fingerprint(Settings(beams=2), PAIR) != _fingerprint(Settings(), PAIR)
