"""What is beside marks: blanks, punctuation and words, in the scripts of several languages."""

import pytest

from documents.core.edges import has_same_sides, restore_edges, split_edges


@pytest.mark.parametrize(
    ("source", "translation", "same"),
    [
        ("click [here] and", "klicken Sie [hier] und", True),
        ("click [here] and", "[hier] klicken", True),
        ("click [here] and", "und klicken Sie [hier].", True),
        ("click [here] and", "klicken Sie [hier], und", False),
        ("click [here].", "klicken Sie [hier].", True),
        ("click [here].", "klicken Sie [hier]..", False),
        ("click [here].", "klicken Sie [hier] an.", False),
        ("click [here].", "点击[这里]。", True),
        ("click [here] and", "点击[这里]，然后", True),
        ('said "[yes]" now', "sagte „[ja]“ nun", True),
        ('said "[yes]" now', "a dit « [oui] » alors", True),
        ('said "[yes]" now', "sagte [ja] nun", False),
        ("said 'yes' now [x] y", "sagte „ja“ nun [x] y", True),
        ("[Is it here?] No", "[¿Está aquí?] No", True),
        ("so ([see]) it", "so （[见]）it", True),
        ("[John]'s car", "[Johns] Auto", True),
        ("[see:] it", "[siehe]: es", False),
        ("これは[ペン]です", "this is a [pen]", True),
    ],
)
def test_what_is_beside_marks(source: str, translation: str, same: bool) -> None:
    parts = [text.replace("[", "").replace("]", "") for text in (source, translation)]
    ranges = [(text.index("["), text.index("]") - 1) for text in (source, translation)]
    assert has_same_sides(parts[0], ranges[0], parts[1], ranges[1]) is same


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (' "yes". ', (' "', "yes", '". ')),
        ("'s car", ("", "'s car", "")),
        ("{name} 50% /etc", ("", "{name} 50% /etc", "")),
        (" - !", (" - !", "", "")),
    ],
)
def test_edges_are_blanks_and_punctuation(text: str, parts: tuple[str, str, str]) -> None:
    assert split_edges(text) == parts


@pytest.mark.parametrize(
    ("source", "translation", "restored"),
    [
        ("here", "Hier.", "Hier"),
        ("stop!", "停！", "停！"),
        ("stop!", "halt", "halt!"),
        ('"Yes."', "„Ja“.", '"Ja."'),
        ("here", "...", ""),
    ],
)
def test_a_translation_gets_the_edges_of_its_source(
    source: str, translation: str, restored: str
) -> None:
    assert restore_edges(source, translation, (True, True)) == restored
    assert restore_edges(source, translation, (False, False)) in (translation, restored)
