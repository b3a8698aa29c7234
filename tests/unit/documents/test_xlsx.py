"""Excel files: shared and inline strings, tables, and texts that formulas compare with."""

import re

import pytest

from tests.unit.documents.packages import OFFICE, A, S, member, workbook
from tests.unit.documents.translators import (
    FakeTranslator,
    by_dictionary,
    document_of,
    translate_identity,
    translate_upper,
)

XLSX = document_of(".xlsx")
STRINGS, SHEET, TABLE = (
    f"xl/{name}.xml" for name in ("sharedStrings", "worksheets/sheet1", "tables/table1")
)
BOLD = "<rPr><b/></rPr>"


def text(content: str) -> str:
    return f'<t xml:space="preserve">{content}</t>'


def run(content: str, properties: str = "") -> str:
    return f"<r>{properties}{text(content)}</r>"


def strings(data: bytes) -> list[str]:
    return re.findall(r"<si>(.*?)</si>", member(data, STRINGS), re.DOTALL)


def translated(content: str, translator: FakeTranslator) -> str:
    return strings(translator.translate(XLSX(workbook(f"<si>{content}</si>"))))[0]


def test_plain_and_rich_strings() -> None:
    translator = by_dictionary({"The red car": "Das rote Auto", "red": "rote"})
    assert translated("<t>one</t>", translator) == text("ONE")
    rich = f"{run('The ')}{run('red', BOLD)}{run(' car')}"
    assert translated(rich, translator) == f"{run('Das ')}{run('rote', BOLD)}{run(' Auto')}"


def test_line_breaks_and_escapes_stay() -> None:
    translator = FakeTranslator(str.upper)
    content = "<t>one\n\ntwo_x000D_three</t>"
    assert translated(content, translator) == text("ONE\n\nTWO_x000D_THREE")
    assert translator.rounds == [["one", "two", "three"]]
    rich = run("one", BOLD) + run("\ntwo", BOLD)
    assert translated(rich, translator) == "".join(run(part, BOLD) for part in ("ONE", "\n", "TWO"))


def test_readings_of_the_old_text_are_dropped() -> None:
    content = '<t>猫 cat</t><rPh sb="0" eb="1"><t>ねこ</t></rPh><phoneticPr fontId="1"/>'
    new = translated(content, FakeTranslator(str.upper))
    assert new == f'{text("猫 CAT")}<phoneticPr fontId="1"/>'


def test_inline_strings_are_translated_and_other_cells_stay() -> None:
    sheet = (
        '<sheetData><row><c t="inlineStr"><is><t>one</t></is></c><c><v>1.50</v></c>'
        '<c t="str"><f>"a"&amp;A1</f><v>two</v></c><c t="b"><v>1</v></c></row></sheetData>'
    )
    new = translate_upper(XLSX(workbook("<si><t>x</t></si>", sheet)))
    assert sheet.replace("<t>one</t>", text("ONE")) in member(new, SHEET)
    assert '<sheet name="Data"/>' in member(new, "xl/workbook.xml")
    assert '<calcPr calcId="1" fullCalcOnLoad="1"/>' in member(new, "xl/workbook.xml")


@pytest.mark.parametrize(
    "reference",
    [
        '<c><f>IF(A1="Yes",1,0)</f></c>',
        '<c><f>COUNTIF(A:A,"=yes")</f></c>',
        '<conditionalFormatting><cfRule><formula>A1="Yes"</formula></cfRule></conditionalFormatting>',
        '<dataValidation><formula1>"No, Yes"</formula1></dataValidation>',
        '<filterColumn colId="0"><filters><filter val="Yes"/></filters></filterColumn>',
        "<f>SUM(Table1[Yes])</f>",
        "<f>Table1[[#This Row],[Yes]]</f>",
        '<x:f><![CDATA[A1="Yes"]]></x:f>',
    ],
)
def test_texts_that_are_compared_with_stay(reference: str) -> None:
    reference = reference.replace("<x:f>", '<x:f xmlns:x="y">')
    new = translate_upper(XLSX(workbook("<si><t>Yes</t></si><si><t>Other</t></si>", reference)))
    assert strings(new) == ["<t>Yes</t>", text("OTHER")]


def test_columns_with_brackets_in_their_names_stay() -> None:
    new = translate_upper(XLSX(workbook("<si><t>net [a]</t></si>", "<f>T[net '[a']]</f>")))
    assert strings(new) == ["<t>net [a]</t>"]


def test_names_of_pivot_fields_stay() -> None:
    name = "xl/pivotCache/pivotCacheDefinition1.xml"
    pivot = (
        f'<pivotCacheDefinition {S}><cacheField name="Yes" numFmtId="0"/></pivotCacheDefinition>'
    )
    new = translate_upper(XLSX(workbook("<si><t>Yes</t></si><si><t>x</t></si>", "", {name: pivot})))
    assert strings(new) == ["<t>Yes</t>", text("X")]


def table(*columns: str, attributes: str = "") -> dict[str, str]:
    names = "".join(f'<tableColumn id="{i}" name="{name}"/>' for i, name in enumerate(columns))
    return {TABLE: f"<table {S} {attributes}><tableColumns>{names}</tableColumns></table>"}


def columns(data: bytes) -> list[str]:
    return re.findall(r'name="(.*?)"', member(data, TABLE))


HEADERS = "<si><t>net\nprice</t></si><si><t>name</t></si>"


def test_columns_of_tables_get_the_new_text_of_their_cells() -> None:
    data = workbook(HEADERS, "", table("net_x000a_price", "name", "Column1"))
    new = translate_upper(XLSX(data))
    assert columns(new) == ["NET_x000a_PRICE", "NAME", "Column1"]
    assert strings(new) == [text("NET\nPRICE"), text("NAME")]
    assert translate_identity(XLSX(data)) == data


def test_columns_that_would_have_the_same_name_keep_it() -> None:
    data = workbook(f"{HEADERS}<si><t>other</t></si>", "", table("name", "NAME2", "Neu"))
    new = by_dictionary({"name": "neu"}).translate(XLSX(data))
    assert columns(new) == ["name", "NAME2", "Neu"]
    assert strings(new)[1:] == ["<t>name</t>", text("OTHER")]
    data = workbook(HEADERS, "", table("name", attributes='tableType="queryTable"'))
    assert strings(translate_upper(XLSX(data)))[1] == "<t>name</t>"


def test_comments_drawings_and_charts() -> None:
    names = ("xl/comments1.xml", "xl/drawings/drawing1.xml", "xl/charts/chart1.xml")
    comments = (
        f"<comments {S}><comment ref='A1'><text>{run('a note', BOLD)}</text></comment></comments>"
    )
    drawing = (
        f'<d:wsDr xmlns:d="{OFFICE}drawingml/2006/spreadsheetDrawing" {A}>'
        '<d:cNvPr id="1" name="P" descr="a cat"/><a:p><a:r><a:t>box</a:t></a:r></a:p></d:wsDr>'
    )
    chart = (
        f'<c:chart xmlns:c="{OFFICE}drawingml/2006/chart"><c:strCache><c:v>north</c:v>'
        "<c:v>Yes</c:v></c:strCache></c:chart>"
    )
    parts = dict(zip(names, (comments, drawing, chart), strict=True))
    new = translate_upper(XLSX(workbook("", '<f>A1="Yes"</f>', parts)))
    assert run("A NOTE", BOLD) in member(new, names[0])
    assert 'descr="A CAT"/><a:p><a:r><a:t>BOX<' in member(new, names[1])
    assert "<c:v>NORTH</c:v><c:v>Yes</c:v>" in member(new, names[2])
