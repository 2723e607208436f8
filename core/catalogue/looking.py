"""The acts that read the catalogue and the negative list, for officers and for everybody."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from core.acts import Act
from core.catalogue import base, judging, public, queries
from core.fields import ID_MAX, Text, date, identity, one_of, schema


def _page(name: str, **members: Any) -> Schema:
    """Return the schema of a list read newest first, page by page."""
    low, most = validate.Range(min=1, max=ID_MAX), validate.Range(min=1, max=200)
    return schema(
        name,
        before=fields.Integer(load_default=None, validate=low),
        limit=fields.Integer(load_default=queries.LIMIT, validate=most),
        **members,
    )


def _on() -> fields.Date:
    return date(required=False, load_default=None)


def _place() -> Text:
    return Text(load_default=None, longest=12)


def _whether() -> fields.String:
    """Return a yes or no that fits a query string."""
    return one_of("yes", "no")


OFFICERS = [
    Act(
        "catalogue.list",
        "列出指导性目录",
        "/catalogues",
        queries.VIEW,
        _page("Catalogues"),
        queries.catalogues,
        method="GET",
        reads=True,
    ),
    Act(
        "catalogue.get",
        "查看一本指导性目录",
        "/catalogues/one",
        queries.VIEW,
        schema("OneCatalogue", id=identity()),
        queries.catalogue,
        method="GET",
        reads=True,
    ),
    Act(
        "catalogue.items_on",
        "查看某日可以购买的事项",
        "/catalogues/items",
        queries.VIEW,
        schema("ItemsOn", division_code=Text(required=True, longest=12), on=_on()),
        queries.items_on,
        method="GET",
        reads=True,
    ),
    Act(
        "catalogue.difference",
        "对照目录两版的差别",
        "/catalogues/difference",
        queries.VIEW,
        schema("CatalogueDifference", id=identity()),
        queries.difference,
        method="GET",
        reads=True,
    ),
    Act(
        "catalogue.comments",
        "列出目录意见",
        "/catalogues/comments",
        queries.VIEW,
        _page("CatalogueComments", catalogue_id=identity()),
        queries.comments,
        method="GET",
        reads=True,
    ),
    Act(
        "catalogue.proposals",
        "列出目录建议",
        "/catalogues/proposals",
        queries.VIEW,
        _page("CatalogueProposals"),
        queries.proposals,
        method="GET",
        reads=True,
    ),
    Act(
        "catalogue.decide",
        "试作转移、购买或保留的判断",
        "/catalogues/decide",
        queries.VIEW,
        schema(
            "CatalogueDecide",
            **{name: _whether() for name in (*judging.QUESTIONS, *judging.SUITABILITY)},
        ),
        queries.decided,
        method="GET",
        reads=True,
    ),
    Act(
        "catalogue.handed_over",
        "查看历年转移的职能数",
        "/catalogues/handed-over",
        queries.VIEW,
        schema("HandedOver", division_code=Text(required=True, longest=12)),
        queries.handed_over,
        method="GET",
        reads=True,
    ),
    Act(
        "negative.list",
        "查看负面清单",
        "/negative-list",
        queries.NEGATIVE_VIEW,
        schema("NegativeList", division_code=_place(), on=_on()),
        queries.negative_list,
        method="GET",
        reads=True,
    ),
]

PUBLIC = [
    Act(
        "public.catalogue",
        "查看公布的指导性目录",
        "/public/catalogue",
        None,
        schema(
            "PublicCatalogue",
            division_code=_place(),
            on=_on(),
            text=Text(load_default=None, longest=40),
            category=one_of(*base.categories(), required=False, load_default=None),
        ),
        public.catalogue,
        method="GET",
        reads=True,
    ),
    Act(
        "public.catalogue_changes",
        "查看目录的年度变化",
        "/public/catalogue/changes",
        None,
        schema(
            "PublicChanges",
            division_code=_place(),
            year=fields.Integer(load_default=None, validate=validate.Range(min=2000, max=2100)),
        ),
        public.changes,
        method="GET",
        reads=True,
    ),
    Act(
        "public.consultations",
        "查看正在征求意见的目录",
        "/public/catalogue/consultations",
        None,
        schema("PublicConsultations"),
        public.consultations,
        method="GET",
        reads=True,
    ),
    Act(
        "public.consultation",
        "查看一份目录征求意见稿",
        "/public/catalogue/consultation",
        None,
        schema(
            "PublicConsultation",
            id=identity(),
            before=fields.Integer(load_default=None, validate=validate.Range(min=1, max=ID_MAX)),
        ),
        public.consultation,
        method="GET",
        reads=True,
    ),
    Act(
        "public.negative_list",
        "查看公布的负面清单",
        "/public/negative-list",
        None,
        schema("PublicNegativeList", division_code=_place(), on=_on()),
        public.negative_list,
        method="GET",
        reads=True,
    ),
]

READING = [*OFFICERS, *PUBLIC]
