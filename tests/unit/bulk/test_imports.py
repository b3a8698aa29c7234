"""`m2m-translate` starts without the libraries that it does not use."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("modules", "unused"),
    [
        ("bulk.cli, bulk.local, bulk.remote", {"flask", "werkzeug", "waitress", "ray"}),
        ("bulk.cli, bulk.cluster.command", {"ray", "pyarrow", "torch", "flask"}),
        ("bulk.cli, bulk.remote", {"torch", "transformers", "ctranslate2", "flask"}),
    ],
)
def test_unused_libraries_are_not_loaded(modules: str, unused: set[str]) -> None:
    code = f"import sys, {modules}; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert not unused & set(loaded)
