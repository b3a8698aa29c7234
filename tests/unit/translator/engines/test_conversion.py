"""The cache of converted models."""

import subprocess
import sys
from pathlib import Path

from translator import Translator
from translator.engines.conversion import cache_entry
from translator.models.checkpoints import Checkpoint


def test_the_conversion_is_cached_by_content(
    bundled: Checkpoint, cache: Path, int8: Translator, tmp_path: Path
) -> None:
    folders = sorted(path.name for path in (cache / "ctranslate2").iterdir() if path.is_dir())
    entry = cache_entry(bundled, "int8", cache)
    assert entry.name in folders
    changed = tmp_path / "changed"
    changed.mkdir()
    for path in bundled.folder.iterdir():
        (changed / path.name).write_bytes(path.read_bytes())
    same = Checkpoint("same", changed, bundled.config, bundled.generation, bundled.family)
    assert cache_entry(same, "int8", cache) == entry
    (changed / "config.json").write_text((changed / "config.json").read_text() + " ")
    assert cache_entry(same, "int8", cache) != entry


def test_two_processes_convert_once(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from translator import Translator, TranslatorConfig;"
        # One thread: other uses of the cores would be measured, one process after the other.
        "config = TranslatorConfig(cache=Path(sys.argv[1]), engine='ctranslate2', threads=1);"
        "t = Translator(config);"
        "print(t.translate('Good morning.', 'en', 'fr'))"
    )
    command = [sys.executable, "-W", "ignore", "-c", script, str(tmp_path)]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert outputs[0] == outputs[1] != ""
    assert len([path for path in (tmp_path / "ctranslate2").iterdir() if path.is_dir()]) == 1
