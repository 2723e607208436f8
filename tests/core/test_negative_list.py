"""The negative list: dated, each entry with its reason and article, words cleared only by two."""

from __future__ import annotations

from datetime import date

import pytest

from core import clock
from core.catalogue import judge_negative
from core.catalogue.base import leaves
from core.catalogue.negative import entries, known_flags
from core.db import transaction
from tests import factories
from tests.catalogue_office import COUNTY, ON, Office, broken, refused
from tests.factories import attempt, do, make_catalogue

pytestmark = pytest.mark.one_engine

ORDER_102 = "政府购买服务管理办法第十条"
OLD_DAY = date(2015, 6, 1)


@pytest.fixture
def office(app, county):
    """Return finance of a county on 1 September 2026."""
    with app.app_context(), clock.frozen(factories.TODAY):
        yield Office(county)


@pytest.fixture
def reading(office):
    """Read the database inside one transaction."""
    with transaction(readonly=True):
        yield


def test_the_list_of_2014_has_eight_matters_and_three_tests(reading):
    found = entries(OLD_DAY)
    assert [entry.text for entry in found[:8]] == [
        "国家安全事项",
        "保密事项",
        "司法审判",
        "行政决策",
        "行政许可",
        "行政审批",
        "行政执法",
        "行政强制",
    ]
    assert [entry.code for entry in found[8:]] == ["not_duty", "direct_only", "unfit"]
    assert {entry.basis for entry in found} == {"长府办发〔2014〕18号（五）"}


@pytest.mark.requirement("R003-20")
def test_hunan_adds_its_three_and_other_provinces_do_not(reading):
    codes = {entry.code for entry in entries(ON, COUNTY)}
    assert codes >= {"HN1", "HN2", "HN3"}
    assert not codes & {entry.code for entry in entries(ON)} & {"HN1", "HN2", "HN3"}
    hits = judge_negative("", flags=["works_bundled"], on=ON, division_code=COUNTY)
    assert [hit.entry.code for hit in hits] == ["works_bundled", "HN2"]


@pytest.mark.requirement("R000-24", "R002-25", "R003-21")
def test_a_plan_for_what_is_on_the_list_is_refused_with_its_article(office):
    items = make_catalogue(office.county, codes=["A07", "E01"])
    for words, entry, article in (
        ("行政许可受理", "licence", "第二项"),
        ("行政执法辅助", "enforcement", "第二项"),
        ("养老院工程施工", "works", "第三项"),
        ("护理床货物采购", "goods", "第三项"),
        ("工程和服务打包", "works_bundled", "第三项"),
        ("企业垫资建设养老院", "financing", "第四项"),
        ("公益性岗位", "public_posts", "第五项"),
    ):
        refusal = broken(office.buyable(items["E01"], name=words), "NEGATIVE_LIST_HIT")
        assert refusal.facts["entry"] == entry
        assert refusal.basis == ORDER_102 + article
        assert refusal.facts["word"] in words


@pytest.mark.requirement("R000-31", in_part=True)
def test_people_are_not_bought_only_their_service(office):
    items = make_catalogue(office.county, codes=["A07"])
    refusal = broken(
        office.buyable(items["A07"], name="养老护理", content="以劳务派遣方式派遣护理员"),
        "NEGATIVE_LIST_HIT",
    )
    assert refusal.basis == "政府购买服务管理办法第十条第五项"
    assert "养事不养人" in refusal.message


def test_posts_could_be_bought_before_order_102(reading):
    assert judge_negative("购买岗位", on=OLD_DAY) == []
    assert judge_negative("购买岗位", on=date(2020, 3, 1))[0].entry.code == "public_posts"


def test_a_mark_always_hits_and_comes_before_words(reading):
    hits = judge_negative("国家安全", flags=["labour_dispatch"], on=ON)
    assert [(hit.entry.code, hit.word) for hit in hits] == [
        ("labour_dispatch", None),
        ("national_security", "国家安全"),
    ]
    assert {"goods", "works", "financing", "labour_dispatch"} <= set(known_flags())


def test_no_leaf_of_the_general_catalogue_meets_the_list(reading):
    for leaf in leaves().values():
        assert judge_negative(f"{leaf.name}\n{leaf.content}", on=ON, division_code=COUNTY) == []


@pytest.mark.requirement("R003-20")
def test_a_county_adds_an_entry_of_its_own_with_a_second_person(office):
    items = make_catalogue(office.county, codes=["A07"])
    entry = do(
        "negative.add_entry",
        office.budget,
        division_code=COUNTY,
        text="豪华养老项目",
        reason="超出基本公共服务范围",
        basis="望政办发〔2026〕3号",
        words=["豪华养老"],
        from_on="2026-09-01",
    )
    assert office.buyable(items["A07"], name="豪华养老") == "A07"
    own = attempt("negative.decide_entry", office.budget, id=entry["id"], agree=True)
    assert own.body["code"] == "ROLE_NOT_ALLOWED"
    twin = office.budget.__class__(office.budget.user_id, "同一人", office.approver.grants)
    answer = attempt("negative.decide_entry", twin, id=entry["id"], agree=True)
    assert refused(answer, "FOUR_EYES_REQUIRED")["basis"]
    do("negative.decide_entry", office.approver, id=entry["id"], agree=True)
    refusal = broken(office.buyable(items["A07"], name="豪华养老"), "NEGATIVE_LIST_HIT")
    assert refusal.basis == "望政办发〔2026〕3号"
    assert office.buyable(items["A07"], on=date(2026, 8, 31), name="豪华养老") == "A07"


def test_words_that_only_sound_like_it_are_cleared_in_writing_by_two(office):
    items = make_catalogue(office.county, codes=["E01"])
    broken(office.buyable(items["E01"], name="行政许可窗口引导"), "NEGATIVE_LIST_HIT")
    asked = do(
        "negative.ask_clearance",
        office.budget,
        division_code=COUNTY,
        entry="licence",
        phrase="行政许可窗口引导",
        reason="只做引导，不作决定",
        document="望财购函〔2026〕2号",
    )
    broken(office.buyable(items["E01"], name="行政许可窗口引导"), "NEGATIVE_LIST_HIT")
    do("negative.decide_clearance", office.approver, id=asked["id"], agree=True)
    assert office.buyable(items["E01"], name="行政许可窗口引导") == "E01"
    broken(office.buyable(items["E01"], name="行政许可审查"), "NEGATIVE_LIST_HIT")


@pytest.mark.parametrize("phrase", ["行政许可", "窗口引导服务"])
def test_a_clearance_names_a_phrase_that_holds_the_word_and_more(office, phrase):
    answer = attempt(
        "negative.ask_clearance",
        office.budget,
        division_code=COUNTY,
        entry="licence",
        phrase=phrase,
        reason="理由",
        document="1号",
    )
    assert answer.body["code"] == "INVALID_INPUT"


def test_a_rejected_addition_counts_for_nothing(office):
    entry = do(
        "negative.add_entry",
        office.budget,
        division_code=COUNTY,
        text="助餐",
        reason="不需要",
        basis="会议纪要",
        words=["助餐"],
        from_on="2026-09-01",
    )
    do("negative.decide_entry", office.approver, id=entry["id"], agree=False)
    again = attempt("negative.decide_entry", office.approver, id=entry["id"], agree=True)
    assert again.body["code"] == "STATE_CHANGED"
    with transaction(readonly=True):
        assert judge_negative("助餐", on=ON, division_code=COUNTY) == []


def test_an_entry_of_ones_own_does_not_reach_back(office):
    answer = attempt(
        "negative.add_entry",
        office.budget,
        division_code=COUNTY,
        text="助餐",
        reason="不需要",
        basis="会议纪要",
        words=["助餐"],
        from_on="2026-08-31",
    )
    assert answer.body["code"] == "INVALID_INPUT"


def test_officers_and_the_public_read_the_list_with_reasons_and_articles(office):
    told = do("public.negative_list", office.clerk, division_code=COUNTY)
    assert {"text", "reason", "basis"} <= told["items"][0].keys()
    assert do("negative.list", office.clerk, division_code=COUNTY)["may_confirm"] is False
