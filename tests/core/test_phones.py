"""Phone numbers are read in every spelling, and hidden in every spelling."""

from __future__ import annotations

import time
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.phones import (
    HIDDEN,
    LONGEST_KEPT,
    NumberKind,
    kind_of,
    mask_phone,
    mask_phones_in,
    plain_number,
    same_line,
    whole_number,
    without_extension,
)

MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
LANDLINES = st.sampled_from(["01065123456", "057187654321", "05318765432", "02087654321"])
BEFORE = st.sampled_from(
    ["", "+86", "0086", "86", "0", "17951", "17909", "12593", "10193", "179510", "+86 ", "193"]
)
SIGNS = st.sampled_from(
    ["-", " ", "\u00a0", "\u3000", "\u2010", "\u2011", "\u2013", "\u2014", "\u2212", "\uff0d", "."]
)
UNSEEN = st.sampled_from(
    ["\u200b", "\u200e", "\u202a", "\u2066", "\u2060", "\ufeff", "\u00ad", "\ufe0f", "\ufe0e"]
)
FULL_WIDTH = str.maketrans("0123456789+-()", "０１２３４５６７８９＋－（）")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@pytest.mark.parametrize(
    ("written", "plain", "kind"),
    [
        ("13812345678", "13812345678", NumberKind.MOBILE),
        ("+86 138 1234 5678", "13812345678", NumberKind.MOBILE),
        ("0086-138-1234-5678", "13812345678", NumberKind.MOBILE),
        ("8613812345678", "13812345678", NumberKind.MOBILE),
        ("013812345678", "13812345678", NumberKind.MOBILE),
        ("17951013812345678", "13812345678", NumberKind.MOBILE),
        ("17951008613812345678", "13812345678", NumberKind.MOBILE),
        ("12593 138.1234.5678", "13812345678", NumberKind.MOBILE),
        ("10193-13812345678", "13812345678", NumberKind.MOBILE),
        ("'13812345678", "13812345678", NumberKind.MOBILE),
        ("tel:+86-138-1234-5678", "13812345678", NumberKind.MOBILE),
        ("电话：１３８１２３４５６７８", "13812345678", NumberKind.MOBILE),
        ("\u202a+8613900005101\u202c", "13900005101", NumberKind.MOBILE),
        ("139–0000–5111", "13900005111", NumberKind.MOBILE),
        ("139‑0000‑5112", "13900005112", NumberKind.MOBILE),
        ("(+86)139-0000-5101", "13900005101", NumberKind.MOBILE),
        ("139 0000 5101 (微信同号)", "13900005101", NumberKind.MOBILE),
        ("139 0000 5101（本人）", "13900005101", NumberKind.MOBILE),
        ("【微信】13900005101", "13900005101", NumberKind.MOBILE),
        ("13900005101微信同号", "13900005101", NumberKind.MOBILE),
        ("📱 139-0000-5101", "13900005101", NumberKind.MOBILE),
        ("sms:+8613900005101", "13900005101", NumberKind.MOBILE),
        ("Mob. 13900005101、", "13900005101", NumberKind.MOBILE),
        ("1252013900005101", "13900005101", NumberKind.MOBILE),
        ("13900005101.0", "13900005101", NumberKind.MOBILE),
        ("+86 400 812 3456", "4008123456", NumberKind.SERVICE),
        ("0400 812 3456", "4008123456", NumberKind.SERVICE),
        ("+86 800-810-1234", "8008101234", NumberKind.SERVICE),
        ("(0571) 8765-4321 转 801", "057187654321-801", NumberKind.LANDLINE),
        ("0571-87654321(801)", "057187654321-801", NumberKind.LANDLINE),
        ("0571--87654321--801", "057187654321-801", NumberKind.LANDLINE),
        ("0571-87654321*801", "057187654321-801", NumberKind.LANDLINE),
        ("0571-87654321 总机转801", "057187654321-801", NumberKind.LANDLINE),
        ("400-812-3456-8", "4008123456-8", NumberKind.SERVICE),
        ("13812345678转12", "13812345678-12", NumberKind.MOBILE),
        ("+86 (10) 6512 3456", "01065123456", NumberKind.LANDLINE),
        ("861065123456", "01065123456", NumberKind.LANDLINE),
        ("010-6512-3456", "01065123456", NumberKind.LANDLINE),
        ("0571—8765.4321", "057187654321", NumberKind.LANDLINE),
        ("8657187654321", "057187654321", NumberKind.LANDLINE),
        ("＋８６（０５７１）８７６５４３２１", "057187654321", NumberKind.LANDLINE),
        ("179510571 8765 4321", "057187654321", NumberKind.LANDLINE),
        ("0571-8765 4321转123", "057187654321-123", NumberKind.LANDLINE),
        ("0571-8765 4321 转 123", "057187654321-123", NumberKind.LANDLINE),
        ("(0571)87654321 ext. 123", "057187654321-123", NumberKind.LANDLINE),
        ("0571-87654321x123", "057187654321-123", NumberKind.LANDLINE),
        ("0571-87654321＃123", "057187654321-123", NumberKind.LANDLINE),
        ("0571-87654321－123", "057187654321-123", NumberKind.LANDLINE),
        ("tel:057187654321;ext=123", "057187654321-123", NumberKind.LANDLINE),
        ("tel:057187654321;phone-context=+86", "057187654321", NumberKind.LANDLINE),
        ("400-812-3456", "4008123456", NumberKind.SERVICE),
        ("800 810 1234", "8008101234", NumberKind.SERVICE),
        ("4008123456转8", "4008123456-8", NumberKind.SERVICE),
        ("95588", "95588", NumberKind.SERVICE),
        ("021-95588", "02195588", NumberKind.SERVICE),
        ("96166", "96166", NumberKind.SERVICE),
        ("10086", "10086", NumberKind.SERVICE),
        ("12345", "12345", NumberKind.SERVICE),
        ("1064812345678", "1064812345678", NumberKind.THINGS),
        ("+86 1440012345678", "1440012345678", NumberKind.THINGS),
        ("1461234567890", "1461234567890", NumberKind.THINGS),
        ("+852 9123 4567", "0085291234567", NumberKind.FOREIGN),
        ("00852-91234567", "0085291234567", NumberKind.FOREIGN),
        ("+44 20 7946 0958", "00442079460958", NumberKind.FOREIGN),
        ("62345678", "62345678", NumberKind.UNKNOWN),
        ("1380013800", "1380013800", NumberKind.UNKNOWN),
        ("12812340020", "12812340020", NumberKind.UNKNOWN),
        ("138123400200", "138123400200", NumberKind.UNKNOWN),
        ("0571-876543", "0571876543", NumberKind.UNKNOWN),
        ("+999 123", "00999123", NumberKind.UNKNOWN),
        ("1.38E+10", "", NumberKind.UNKNOWN),
        ("anonymous", "", NumberKind.UNKNOWN),
        ("", "", NumberKind.UNKNOWN),
        ("+", "", NumberKind.UNKNOWN),
        ("123", "", NumberKind.UNKNOWN),
        ("1" * 21, "", NumberKind.UNKNOWN),
        ("13812345678/13912345678", "", NumberKind.UNKNOWN),
        ("1" * 100_000, "", NumberKind.UNKNOWN),
    ],
)
def test_a_number_is_read_however_it_is_written(written: str, plain: str, kind: NumberKind) -> None:
    assert plain_number(written) == plain
    assert kind_of(plain) == kind
    assert len(plain) <= LONGEST_KEPT


@given(MOBILES, BEFORE, st.lists(SIGNS, min_size=2, max_size=2), UNSEEN)
def test_every_spelling_of_a_mobile_number_is_that_number(
    number: str, before: str, signs: list[str], unseen: str
) -> None:
    written = f"{before}{number[:3]}{signs[0]}{unseen}{number[3:7]}{signs[1]}{number[7:]}{unseen}"
    for spelt in (written, written.translate(FULL_WIDTH), written.translate(ARABIC)):
        assert plain_number(spelt) == number
        hidden = mask_phones_in(f"回电{spelt}。")
        assert f"{number[:3]}{HIDDEN}{number[7:]}" in hidden
        assert mask_phones_in(hidden) == hidden


@given(LANDLINES, BEFORE.filter(lambda one: one not in {"0", "179510"}), SIGNS)
def test_every_spelling_of_a_landline_is_that_number(number: str, before: str, sign: str) -> None:
    area = 3 if number[1] in "12" else 4
    inside = 0 if not before or before.startswith(("179", "125", "101", "193")) else 1
    written = f"{before}{number[inside:area]}{sign}{number[area:-4]}{sign}{number[-4:]}"
    assert plain_number(written) == number
    hidden = mask_phones_in(f"座机{written}转12")
    assert number[area:-4] not in "".join(filter(str.isdigit, hidden))
    assert HIDDEN in hidden
    assert mask_phones_in(hidden) == hidden


@given(st.from_regex(r"\+?[0-9]{5,17}(-[0-9]{1,4})?", fullmatch=True))
def test_a_kept_number_is_read_as_itself(written: str) -> None:
    plain = plain_number(written)
    assert plain_number(plain) == plain
    assert without_extension(plain).isdigit() or not plain


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("13812341234", "138****1234"),
        ("057187654321", "057****4321"),
        ("057187654321-123", "057****4321-123"),
        ("62345678", "6****78"),
        ("110", "****"),
        ("", "****"),
    ],
)
def test_the_middle_of_a_number_is_hidden(number: str, masked: str) -> None:
    assert mask_phone(number) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("电话13812345678打", "电话138****5678打"),
        ("tel13812345678x", "tel138****5678x"),
        ("**13812345678**", "**138****5678**"),
        ("('13812345678',)", "('138****5678',)"),
        ("13812345678.0", "138****5678.0"),
        (
            "13812345678/13912345678、13712345678，13612345678",
            "138****5678/139****5678、137****5678，136****5678",
        ),
        ("138-1234-5678 139-1234-5678", "138****5678 139****5678"),
        ("138 1234 5678", "138****5678"),
        ("138.1234.5678", "138****5678"),
        ("138_1234_5678", "138****5678"),
        ("（138）1234－5678", "138****5678"),
        ("138\u200b1234\u200b\u200b\u200b\u200b\u200b5678", "138****5678"),
        ("1\u20603\u20608\u20601\u20602\u20603\u20604\u20605\u20606\u20607\u20608", "138****5678"),
        ("1 3 8 1 2 3 4 5 6 7 8", "138****5678"),
        ("1-3-8-1-2-3-4-5-6-7-8", "138****5678"),
        ("一三八一二三四五六七八", "138****5678"),
        ("幺三八 一二三四 五六七八", "138****5678"),
        ("之一13812345678", "之一138****5678"),
        ("+8613812345678", "+86138****5678"),
        ("+86 138-1234-5678", "+86 138****5678"),
        ("013812345678", "0138****5678"),
        ("1795113812345678", "17951138****5678"),
        ("0571-87654321转123", "057****4321转123"),
        ("(0571) 8765 4321", "057****4321"),
        ("电话：０５７１－８７６５４３２１", "电话：057****4321"),
        ("0 5 7 1 8 7 6 5 4 3 2 1", "057****4321"),
        ("+86 571 8765 4321", "+86 571****4321"),
        ("+852 9123 4567", "+852****4567"),
        ("00852-91234567", "00852****4567"),
        ("1064812345678", "106****5678"),
        ("座机 87654321", "座机 8****21"),
        ("2026-11-28 13812345678 2026-11-28", "2026-11-28 138****5678 2026-11-28"),
    ],
)
def test_numbers_in_a_text_are_hidden(text: str, masked: str) -> None:
    assert mask_phones_in(text) == masked
    assert mask_phones_in(masked) == masked


@pytest.mark.parametrize("text", ["①13900005101", "13900005101²", "⑩13900005101"])
def test_a_bullet_or_a_footnote_is_no_digit_of_a_number(text: str) -> None:
    assert plain_number(text) == ""
    assert "139****5101" in mask_phones_in(text)


@pytest.mark.parametrize(
    "text", ["①③⑨⓪⓪⓪⓪⑤①⓪①", "¹³⁹⁰⁰⁰⁰⁵¹⁰¹", "❶❸❾⓿⓿⓿⓿❺❶⓿❶", "139零零零零5101", "一三九0000五一〇１"]
)
def test_digits_in_circles_raised_ones_and_mixtures_are_hidden_too(text: str) -> None:
    assert mask_phones_in(f"致电{text}。") == "致电139****5101。"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "客户满意",
        "2026-11-28",
        "20261128",
        "2026-11-28 13:30:00,123",
        "2026/11/28-2026/12/31",
        "13 2026-11-28 1",
        "18,800.00",
        "1380000.00 元",
        "13.5%-20.75%",
        "13.5-20.75 2026",
        "2026-2027",
        "BJ70000003",
        "10086 95588 400-812-3456",
        "6222138123456789012",
        "110101198001020992",
        "order 138123456789",
        "at 1700000000.123",
        "id 12812345678",
        "87654321",
        "1 3 5 7 9 11 13 15",
        "192.168.100.200",
        "二〇二六年11月28日13时30分",
        "共2026元，三十一笔",
        "工单20261128一百二十三号",
    ],
)
def test_what_is_no_persons_number_stays(text: str) -> None:
    assert mask_phones_in(text) == text


@given(st.text("0123456789 -./+*()138电一", max_size=60))
def test_masking_twice_changes_nothing_and_adds_little(text: str) -> None:
    masked = mask_phones_in(text)
    assert mask_phones_in(masked) == masked
    assert len(masked) <= len(text)


@pytest.mark.parametrize(
    "piece", ["1", "1-", "-", "138 ", "0571-", "1 ", "13812345678 ", "+", "一 ", "(1", "00", "1.3,"]
)
def test_a_long_text_takes_time_in_proportion(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    began = time.process_time()
    mask_phones_in(text)
    plain_number(text)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("139 0000 5101", "13900005101"),
        ("95512345", "95512345"),
        ("9551234", ""),
        ("10086", ""),
        ("5101", ""),
        ("87654321", ""),
        ("张三", ""),
    ],
)
def test_a_whole_number_is_one_of_the_plan_with_eight_digits_at_least(
    text: str, whole: str
) -> None:
    assert whole_number(text) == whole


def test_two_numbers_ring_at_one_place_unless_two_extensions_tell_them_apart() -> None:
    board = "057187654321"
    assert same_line(board, board)
    assert same_line(board, f"{board}-8")
    assert same_line(f"{board}-8", board)
    assert same_line(f"{board}-8", f"{board}-8")
    assert not same_line(f"{board}-8", f"{board}-9")
    assert not same_line(board, "057187654322")
    assert not same_line(f"{board}-8", "057187654322-8")


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("05902345678", NumberKind.UNKNOWN),
        ("0099912345678", NumberKind.UNKNOWN),
        ("0085291234567", NumberKind.FOREIGN),
        ("057187654321-8", NumberKind.LANDLINE),
    ],
)
def test_area_codes_and_countries_are_looked_up(number: str, kind: NumberKind) -> None:
    assert kind_of(number) is kind


def test_a_number_has_five_digits_at_least_and_twenty_signs_at_most() -> None:
    assert [plain_number(text) for text in ("1234", "12345")] == ["", "12345"]
    longest = "106" + "1" * 17
    assert [plain_number(text) for text in (longest, f"{longest}1")] == [longest, ""]
    assert mask_phone("1234") == HIDDEN
    assert mask_phone("12345") == f"1{HIDDEN}45"
    assert mask_phone("1234567890") == f"1{HIDDEN}90"


PARTS = [(3, 4, 4), (3, 8), (7, 4), (4, 4, 3), (4, 3, 4), (3, 3, 5), (5, 6), (6, 5)]


def parted(sign: str, parts: tuple[int, ...]) -> str:
    ends = list(accumulate(parts, initial=0))
    return sign.join("13900005101"[first:last] for first, last in pairwise(ends))


@pytest.mark.parametrize("sign", [".", "/", ","])
@pytest.mark.parametrize("parts", PARTS)
def test_dots_in_the_usual_places_hide_no_number(sign: str, parts: tuple[int, ...]) -> None:
    assert mask_phones_in(parted(sign, parts)) == "139****5101"


@pytest.mark.parametrize("parts", [(2, 4, 5), (2, 9), (3, 2, 6), (3, 5, 3), (4, 5, 2)])
def test_dots_in_other_places_part_amounts(parts: tuple[int, ...]) -> None:
    assert mask_phones_in(parted(".", parts)) == parted(".", parts)
