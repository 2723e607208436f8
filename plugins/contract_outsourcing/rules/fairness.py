"""Which words shut providers out for what they are and not for what they can do."""

from __future__ import annotations

import re
from dataclasses import dataclass

OWNERSHIP, FORM, PLACE, AGE, SIZE = "ownership", "form", "place", "age", "size"

_HERE = r"(?:本|当|我|该|全|省|市|县|区|州|乡|镇)"
# What each ground looks like in a condition. Experience with the service, staff, equipment and
# licences that the service itself asks for are never among them.
_GROUNDS: dict[str, str] = {
    OWNERSHIP: r"所有制|国有(?:企业|独资|控股|背景)?|国企|央企|民营|民企|私营|私企|外资|合资企业|内资",
    FORM: r"(?:仅限|只限|限于|须为|必须为|应为|限)(?:企业|公司|事业单位|社会组织)"
    r"|(?:事业单位|企业|社会组织)(?:不得|不可|不能)(?:参加|投标|参与)"
    r"|(?:为|是|属于)(?:企业|公司|事业单位)的?(?:得|加)\s*\d",
    PLACE: rf"注册地|注册在|登记地|{_HERE}(?:地|市|县|区|省)?(?:内|域内)?(?:登记|注册)的?"
    rf"|{_HERE}(?:地|市|县|区|省)(?:的)?(?:企业|公司|供应商|单位|机构|组织)"
    r"|本地化?注册|外地(?:企业|供应商|公司)|分支机构(?:设|在)|住所地",
    AGE: r"成立(?:时间|年限|满|已满|超过|不少于|不足|以来|于)|成立\s*\d|成立[一二三四五六七八九十]+年"
    r"|设立(?:时间|年限|满|超过|不少于)|经营年限|从业年限|注册(?:时间|年限|满)|存续(?:期|满)",
    SIZE: r"注册资[本金]|实缴资本|资产总额|总资产|净资产|营业收入|营业额|营收|销售额|产值|利润"
    r"|纳税额|从业人员(?:数|规模|不少于|超过)",
}
_PATTERNS = {ground: re.compile(pattern) for ground, pattern in _GROUNDS.items()}
# "不限所有制", "不以注册资本为条件": the words say that the ground does not count.
_DENIED = re.compile(
    r"(?:不限|不以|不得以|不论|无论|不设|不要求|不考虑|不看|无需|不区分)[^，。；,;]{0,12}$"
)


@dataclass(frozen=True)
class Exclusion:
    """A ground on which a text shuts providers out, and the words that do."""

    ground: str
    words: str


def exclusions(text: str) -> list[Exclusion]:
    """Return the grounds a text names, each once, in the order of the law's list."""
    found = []
    for ground, pattern in _PATTERNS.items():
        for match in pattern.finditer(text):
            if not _DENIED.search(text[: match.start()]):
                found.append(Exclusion(ground, match.group()))
                break
    return found
