"""Names that the model has not memorised, so that it learns to copy them."""

import random

_GIVEN = (
    "Anna Ben Clara David Emma Felix Greta Hugo Ines Jonas Karin Luis Maria Nora Oscar Paula "
    "Robert Sofia Thomas Ursula Victor Wanda Xavier Yusuf Zoe Ahmed Aisha Alejandro Amélie "
    "André Astrid Bianca Bogdan Camille Carlos Cédric Dmitri Eduardo Elena Fatima Fernando "
    "François Giulia Hannah Heike Ibrahim Ingrid Ivan Jasmine Jeroen Joanna José Julien "
    "Katarzyna Kenji Lars Leila Lucía Marek Marijke Mateo Mehmet Mohammed Natalia Olga Pedro "
    "Petra Priya Rachel Rajesh Sanne Siobhan Stefan Svetlana Takeshi Ulrich Valentina Vincent "
    "Willem Yasmin Yvonne Zainab"
)
_FAMILY = (
    "Müller Schmidt García Martínez Dubois Lefebvre Jansen Bakker Smith Johnson Nowak "
    "Wiśniewski Rossi Bianchi Andersson Nielsen Ivanov Petrov Nguyen Tanaka Yamamoto Kim Chen "
    "Singh Patel Khan Okafor Mensah Silva Oliveira Papadopoulos Horvat Novák Szabó Yılmaz Cohen "
    "Levy O'Brien McCarthy Fischer Wagner Hernández Rodríguez Moreau Fontaine Visser Mulder "
    "Thompson Robinson Zieliński Colombo Esposito Lindqvist Haugen Kuznetsov Watanabe Sharma "
    "Abdullah Diallo Fernandes Stavros"
)
# Onsets, vowels and codas of syllables, and endings of names; "-" is none.
_STARTS = "b bl br c ch d dr f fl fr g gr h j k kl kr l m n p pr r s sch sk st t tr v w y z"
_VOWELS = "a a a e e e i i i o o u ai ea ei ie io ou ia"
_ENDS = "- - - n n r l m s t k ck ll nd ng nn rd rt ss tt x z"
_LAST = "- - - - a ez ini man ov ova sen ski son stein etti berg ard"


def name(rng: random.Random) -> str:
    """Return a given name, a family name, or both; more than half are invented."""
    kinds = ((_GIVEN,), (_FAMILY,), (_GIVEN, _FAMILY))
    return " ".join(
        _invented(rng) if rng.random() < 0.6 else rng.choice(known.split())
        for known in rng.choice(kinds)
    )


def _invented(rng: random.Random) -> str:
    syllables = [
        "".join(rng.choice(parts.split()) for parts in (_STARTS, _VOWELS, _ENDS))
        for _ in range(rng.choice((1, 2, 2, 3)))
    ]
    if rng.random() < 0.2:
        syllables[0] = syllables[0].lstrip("bcdfghjklmnprstvwyz") or syllables[0]
    return ("".join(syllables) + rng.choice(_LAST.split())).replace("-", "").capitalize()
