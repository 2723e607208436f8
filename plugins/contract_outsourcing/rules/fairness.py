"""Which words shut providers out for what they are and not for what they can do."""

from __future__ import annotations

import re
from dataclasses import dataclass

OWNERSHIP, FORM, PLACE, AGE, SIZE = "ownership", "form", "place", "age", "size"

_KINDS = r"(?:企业|公司|事业单位|社会组织)"
_PLACES = r"[省市县区州乡镇地]"
# What each ground looks like in a condition. Experience with the service, staff, equipment and
# licences that the service itself asks for are never among them.
_GROUNDS: dict[str, str] = {
    OWNERSHIP: r"所有制|国有|国企|央企|民营|民企|私营|私企|外资|内资|合资企业",
    FORM: rf"(?:仅限|只限|限于|限|须为|必须为|应为){_KINDS}"
    rf"|{_KINDS}(?:不得|不可|不能)(?:参加|投标|参与)"
    rf"|(?:是|为|属于){_KINDS}(?:的|$|[，；。,;])"
    rf"|{_KINDS}(?:身份|性质)?的?(?:得|加)\s*\d",
    PLACE: rf"注册地|注册在|登记地|住所地|外地{_KINDS}|外地供应商|分支机构|分公司"
    rf"|{_PLACES}内?(?:登记|注册)"
    rf"|[本当我]{_PLACES}内?的?(?:{_KINDS}|供应商|单位|机构|组织)",
    AGE: r"(?:成立|设立|注册|存续|经营)(?:时间|年限|期限|已?满|超过|不少于|不足|于)"
    r"|(?:成立|设立)\s*[\d一二三四五六七八九十]",
    SIZE: r"注册资[本金]|实缴资本|资产总额|总资产|净资产|营业收入|营业额|营收|销售额|产值"
    r"|利润(?:总额|率|不|达|超|在)|净利润|纳税额|从业人员(?:数|规模|不少于|超过)",
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
