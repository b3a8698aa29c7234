"""The setting `target_scripts`, from the configuration to the tokens of a translation."""

from functools import partial
from pathlib import Path

import pytest

from tests.agreement import nearly_equal
from tests.unit.translator.families import MANY_ENTRIES, MANY_SCRIPTS, make_nllb
from training.corpus import DIRECTIONS, read_references
from translator import Translator, TranslatorConfig
from translator.engines import DecodedSegment, Decoding, EncodedSegment
from translator.engines.build import build_engine
from translator.engines.cpu_features import computes_int8
from translator.engines.inflight import build as inflight_build
from translator.engines.inflight.engine import InflightEngine
from translator.engines.inflight.operations.table import PLAIN_TABLE
from translator.engines.inflight.projection import PartedHead
from translator.engines.inflight.scripts import TokenScripts
from translator.models.checkpoints import read_folder
from translator.models.scripts import script_of, uses

TARGETS = ("deu_Latn", "rus_Cyrl", "tha_Thai", "ell_Grek")
DTYPES = [
    "float32",
    "bfloat16",
    pytest.param("int8", marks=pytest.mark.skipif(not computes_int8(), reason="needs VNNI")),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with random weights and a vocabulary of many scripts."""
    path = tmp_path_factory.mktemp("scripts") / "model"
    return make_nllb(path, lines=MANY_SCRIPTS, entries=MANY_ENTRIES)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of a few tokens, because the vocabulary is small."""
    monkeypatch.setattr(inflight_build, "TokenScripts", partial(TokenScripts, fewest=4))


def scripts_found(folder: Path, cache: Path, dtype: str, *, on: bool) -> dict[str, set[str]]:
    """Return the scripts of the tokens that a plain English sentence becomes, by target."""
    checkpoint = read_folder("many", folder)
    config = TranslatorConfig(
        engine="inflight", dtype=dtype, target_scripts=on, cache=cache, threads=1
    )
    tokenizer = checkpoint.tokenizer()
    engine, _ = build_engine(config, checkpoint, tokenizer)
    segments = [
        EncodedSegment(
            key,
            tokenizer.encode("The city and the train", "eng_Latn"),
            tokenizer.forced_id(TARGETS[key % len(TARGETS)]),
            Decoding(beams, 40, hypotheses=beams),
        )
        for key, beams in enumerate((1, 1, 1, 1, 4, 4, 4, 4))
    ]
    engine.submit(segments)
    results: list[DecodedSegment] = []
    while len(results) < len(segments):
        results += engine.step()
    tokens = tokenizer.tokens()
    found: dict[str, set[str]] = {target: set() for target in TARGETS}
    for decoded in results:
        ids = {i for each in (decoded.ids or [], *decoded.alternatives) for i in each}
        names = found[TARGETS[decoded.key % len(TARGETS)]]
        # A single letter of Greek is a symbol.
        names.update(script_of(tokens[i]) for i in ids if sum(map(str.isalpha, tokens[i])) > 1)
    return found


@pytest.mark.parametrize("dtype", DTYPES)
def test_translations_have_no_other_script(folder: Path, cache: Path, dtype: str) -> None:
    without = scripts_found(folder, cache, dtype, on=False)
    assert any(foreign(target, names) for target, names in without.items())
    found = scripts_found(folder, cache, dtype, on=True)
    assert not any(foreign(target, names) for target, names in found.items()), found
    assert any(names - {"LATIN", ""} for names in found.values())


def foreign(target: str, names: set[str]) -> set[str]:
    return {name for name in names if name not in ("LATIN", "") and not uses(target, name)}


@pytest.mark.parametrize("on", [False, True])
def test_the_switch_decides_whether_the_head_has_parts(folder: Path, *, on: bool) -> None:
    config = TranslatorConfig(engine="inflight", dtype="float32", target_scripts=on, threads=1)
    engine = inflight_build.build_inflight(config, read_folder("many", folder), "float32")
    assert isinstance(engine, InflightEngine)
    make_pool = engine._make_pool
    assert isinstance(make_pool, inflight_build._PoolMaker)
    assert isinstance(make_pool.network.weights.head, PartedHead) == on
    assert (make_pool.network.operations is PLAIN_TABLE) != on


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_bundled_model_gives_the_same(cache: Path, dtype: str) -> None:
    """Its tokens are in one script, so all of them are scored."""
    references = read_references("test")
    work = [(text, *pair) for pair in DIRECTIONS for text in list(references[pair])[::100]]
    columns = [*map(list, zip(*work, strict=True))]
    with_parts, without = (
        Translator(
            TranslatorConfig(
                engine="inflight", dtype=dtype, target_scripts=on, cache=cache, threads=1
            )
        ).batch(*columns)
        for on in (True, False)
    )
    assert nearly_equal(with_parts, without, 0.03)
