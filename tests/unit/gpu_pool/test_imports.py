"""What importing the pool may load: the front must stay light."""

import subprocess
import sys


def test_the_pool_loads_no_heavy_package() -> None:
    script = (
        "import sys, gpu_pool.pool, gpu_pool.devices\n"
        "heavy = {'torch', 'transformers', 'ctranslate2', 'flask', 'translator', 'server'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)\n"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
