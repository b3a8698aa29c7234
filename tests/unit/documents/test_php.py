"""PHP files of texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import DocumentError
from tests.unit.documents.translators import (
    FakeTranslator,
    document_of,
    translate_identity,
    translate_upper,
)

PHP = document_of(".php")
LARAVEL = r"""<?php
// a comment 'x'
declare(strict_types=1);

namespace App;

return [
    /* another */
    'failed' => 'These :attribute don\'t match.', # last
    'old' => array('one', 'x' => "two\n", 1, -2.5, TRUE, Foo::class),
    'joined' => 'one '
        . "two", // and
    'empty' => [],
    "id" => 'btn-12',
];
"""
LARAVEL_UPPER = r"""<?php
// a comment 'x'
declare(strict_types=1);

namespace App;

return [
    /* another */
    'failed' => 'THESE :ATTRIBUTE DON\'T MATCH.', # last
    'old' => array('ONE', 'x' => "TWO\n", 1, -2.5, TRUE, Foo::class),
    'joined' => 'ONE TWO', // and
    'empty' => [],
    "id" => 'btn-12',
];
"""
VARIABLES = r"""<?php
if (!defined('IN_PHPBB')) { exit; }
defined('_JEXEC') or die;
$lang['menu']['open'] = 'open';
$lang = array_merge($lang, array(
    'A_B' => 'good day',
));
define("NAME", 'text');
?>
"""
VARIABLES_UPPER = r"""<?php
if (!defined('IN_PHPBB')) { exit; }
defined('_JEXEC') or die;
$lang['menu']['open'] = 'OPEN';
$lang = array_merge($lang, array(
    'A_B' => 'GOOD DAY',
));
define("NAME", 'TEXT');
?>
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("source", "upper"), [(LARAVEL, LARAVEL_UPPER), (VARIABLES, VARIABLES_UPPER)]
)
def test_strings_of_php_are_translated(source: str, upper: str, newline: str) -> None:
    data = source.replace("\n", newline).encode()
    assert translate_identity(PHP(data)) == data
    assert translate_upper(PHP(data)) == upper.replace("\n", newline).encode()


@pytest.mark.parametrize(
    ("source", "translation", "written"),
    [
        ('"Hi $name, \\$5"', "$name さん $5", '"$name さん \\$5"'),
        ('"Hi $name"', "$nameさん", '"{$name}さん"'),
        ('"Hi $name"', "$name[0]", '"{$name}[0]"'),
        ('"Hi {$name}"', "{$name}x", '"{$name}x"'),
        ('"Hi $user->name!"', "{0}x", '"{$user->name}x"'),
        ('"Hi {$user->name[0]}"', "!{0}", '"!{$user->name[0]}"'),
        ('"Hi $name"', "Hallo", '"Hi $name"'),  # a variable is lost
        ('"Hi $name"', "$name $name", '"Hi $name"'),
        ('"Hi $name"', '$name" . `x` . {$y} ${z} \\', '"$name\\" . `x` . {\\$y} \\${z} \\\\"'),
        ('"one\\ttwo\\n"', "a\tb\n", '"a\\tb\\n"'),
        ("'one'", "$x 'y' \\", "'$x \\'y\\' \\\\'"),
        ('"one \\u{1F600}"', "😀", '"😀"'),
        ('"one \\xe9"', "x", '"one \\xe9"'),
    ],
)
def test_translations_are_written_as_literals(source: str, translation: str, written: str) -> None:
    data = f"<?php return [{source}];".encode()
    translated = FakeTranslator(lambda _: translation).translate(PHP(data)).decode()
    assert translated == f"<?php return [{written}];"


@pytest.mark.parametrize("quote", ["'", '"'])
@given(st.text(st.sampled_from("a'\"\\$${}n\n")))
def test_a_written_literal_is_read_as_its_text(quote: str, text: str) -> None:
    written = FakeTranslator(lambda _: text).translate(
        PHP(f"<?php return [{quote}a{quote}];".encode())
    )
    translator = FakeTranslator(str.upper)
    translator.translate(PHP(written))
    expected = text.strip()
    assert translator.rounds == ([[expected]] if "a" in expected or "n" in expected else [])


def test_strings_of_php_are_chosen_by_name() -> None:
    data = b"<?php return ['a' => ['b' => 'one', 'two'], 'c' => 'three'];"
    assert translate_upper(PHP(data, keys=("a.*",))) == data.replace(b"one", b"ONE")
    assert translate_upper(PHP(data, exclude=("a", "b"))) == data.replace(b"three", b"THREE")


@pytest.mark.parametrize(
    "code",
    [
        "echo 'secret';",
        "return ['a' => secret('x')];",
        "return ['a' => 'secret",
        "return `secret`;",
        "return ['a' => 'x' . $secret];",
        "return ['a' => 'x' . SECRET];",
        "return ['a' => <<<A\nb\nA];",
        "return ['a' => new Secret];",
        "return ['a' => fn() => 'b'];",
        "return " + "[" * 100_000,
        "return ['a' => 'x'] + secret();",
        'return [\'a\' => "{$x["secret"]}"];',
        "/* secret",
        "return ['a' => 'b']; secret();",
        "if (true) { return ['a']; }",
        "return ['a' 'b'];",
        "class A {}",
        "return ['a' => $b];",
        "?> secret",
        "#[Secret] return ['a'];",
    ],
)
def test_php_that_is_more_than_data_is_refused(code: str) -> None:
    with pytest.raises(DocumentError, match=r"line [23] is not plain data") as caught:
        translate_identity(PHP(f"<?php\n{code}".encode()))
    assert "secret" not in str(caught.value)


def test_a_file_without_php_is_refused() -> None:
    with pytest.raises(DocumentError, match="line 1 is not plain data"):
        translate_identity(PHP(b"<p>secret</p>"))
