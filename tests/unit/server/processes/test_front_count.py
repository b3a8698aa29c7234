"""How many fronts a machine gets by default."""

import pytest

from server.processes.front_count import front_count


@pytest.mark.parametrize(
    ("devices", "cores", "fronts"),
    [
        (["cpu"], 64, 1),
        (["cpu:0", "cpu:1"], 64, 1),
        (["cuda:0"], 1, 1),
        (["cuda:0"], 3, 1),
        (["cuda:0"], 4, 2),
        (["cuda:0"], 16, 2),
        ([f"cuda:{i}" for i in range(8)], 192, 16),
        ([f"cuda:{i}" for i in range(8)], 16, 7),
        (["cuda:0+cuda:1"], 16, 4),
        (["cuda:0", "cpu"], 16, 2),
    ],
)
def test_two_a_gpu_within_the_cores_that_are_left(
    devices: list[str], cores: int, fronts: int
) -> None:
    assert front_count(devices, cores) == fronts
