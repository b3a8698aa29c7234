"""Bytes in, bytes out: what a worker process runs decodes as the library's class does."""

from translator import Translator
from translator.device_decoder import DeviceDecoder
from translator.segment_batch import SegmentBatch
from translator.text_model import TextModel
from translator.verify.steps import TextOptions
from translator.wire import pack, unpack_decoded

TEXTS = ("I am tired.", "Tom is happy.\nWhere is Tom?", "It costs 3.50 dollars.")


def test_packed_segments_are_translated_as_texts_are(int8: Translator) -> None:
    decoder = DeviceDecoder(int8.config)
    model = TextModel.for_checkpoint(int8.checkpoint, None, thorough=True)
    batch = SegmentBatch(model)
    for key, text in enumerate(TEXTS):
        batch.add(key, model.segmenter.split(text, "en"), TextOptions("en", "de"))
    while batch.decoding:
        decoder.submit([(segment.key, pack(segment)) for segment in batch.take_encoded()])
        for key, payload in decoder.step():
            batch.accept(unpack_decoded(key, payload))
    found = {each.key: each.text for each in batch.take_finished()}
    assert [found[key] for key in range(len(TEXTS))] == [
        int8.translate(text, "en", "de") for text in TEXTS
    ]


def test_it_describes_its_device(int8: Translator) -> None:
    decoder = DeviceDecoder(int8.config)
    assert (decoder.name, decoder.uuids, decoder.engine) == ("CPU", (), int8.engine)
    assert (decoder.budget, decoder.memory_scale, decoder.cached()) == (None, 1.0, 0)
    assert (decoder.batches >= 1, decoder.splits) == (True, 0)
