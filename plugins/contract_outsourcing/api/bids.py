"""Acts on bids and openings: keys held, bids sealed and taken back, shares handed in, records."""

from __future__ import annotations

from marshmallow import fields, validate

from core.acts import Act
from core.fields import ID_MAX, Text, fen, identity, one_of, schema
from core.purchases.schemas import Paragraphs
from plugins.contract_outsourcing.service import bids, openings, records, sealing

TENDER = "tender"
PARTS_MOST = 100
# Base64 makes three bytes four; what else a bid says fits the rest.
BODY_MAX = bids.BYTES_MOST * 4 // 3 + 2 * 1024 * 1024


def _passphrase() -> Text:
    return Text(required=True, longest=sealing.PASSPHRASE_MAX)


_TECHNICAL = schema(
    "TechnicalPart",
    answers=fields.Dict(
        keys=Text(longest=100),
        values=Paragraphs(longest=5000),
        load_default=dict,
        validate=validate.Length(max=PARTS_MOST),
    ),
    words=Paragraphs(longest=10_000, load_default=None, allow_none=True),
)
_FILE = schema(
    "BidFile",
    name=Text(required=True, longest=300),
    content=fields.String(required=True, validate=validate.Length(max=BODY_MAX)),
)
_BOND = schema(
    "BidBond",
    form=one_of(*bids.BOND_FORMS),
    issuer=Text(required=True, longest=200),
    document=Text(required=True, longest=200),
    amount_fen=fen(),
)

KEYS = [
    Act(
        "tender.hold_key",
        "保管开标密钥的一份",
        "/contract/tenders/keys",
        sealing.HOLD,
        schema("HoldKey", id=identity(), part=one_of(*sealing.PARTS), passphrase=_passphrase()),
        sealing.hold_key,
        object_type=TENDER,
    ),
]

BIDDING = [
    Act(
        "bid.submit",
        "投标",
        "/contract/bids",
        "bid.make",
        schema(
            "SubmitBid",
            tender_id=identity(),
            technical=fields.Nested(_TECHNICAL, required=True),
            files=fields.List(
                fields.Nested(_FILE),
                load_default=list,
                validate=validate.Length(max=bids.FILES_MOST),
            ),
            small_firm=fields.Boolean(load_default=False, truthy={True}, falsy={False}),
            bond=fields.Nested(_BOND, load_default=None, allow_none=True),
            price_fen=fen(),
            unit_prices=fields.Dict(
                keys=Text(longest=60),
                values=fen(),
                load_default=None,
                allow_none=True,
                validate=validate.Length(max=PARTS_MOST),
            ),
        ),
        bids.submit,
        veiled=True,
        object_type=TENDER,
        body_max=BODY_MAX,
    ),
    Act(
        "bid.withdraw",
        "撤回投标",
        "/contract/bids/withdraw",
        "bid.make",
        schema("WithdrawBid", tender_id=identity()),
        bids.withdraw,
        veiled=True,
        object_type=TENDER,
    ),
    Act(
        "bid.mine",
        "查看本单位在一个项目的投标和回执",
        "/contract/bids",
        "bid.make",
        schema("OwnBids", tender_id=identity()),
        bids.mine,
        method="GET",
        reads=True,
    ),
    Act(
        "bid.tenders",
        "列出可以投标的项目",
        "/contract/bids/tenders",
        "bid.make",
        schema("TendersToBid"),
        bids.listed,
        method="GET",
        reads=True,
    ),
]

OPENING = [
    Act(
        "opening.offer_share",
        "交出开标密钥份额",
        "/contract/openings/shares",
        sealing.HOLD,
        schema("OfferShare", id=identity(), passphrase=_passphrase()),
        openings.offer_share,
        object_type=TENDER,
    ),
    Act(
        "opening.open",
        "开标",
        "/contract/openings",
        sealing.HOLD,
        schema("OpenBids", id=identity()),
        openings.open_bids,
        object_type=TENDER,
    ),
    Act(
        "opening.return_bids",
        "投标不足，原封退回",
        "/contract/openings/returns",
        sealing.HOLD,
        schema("ReturnBids", id=identity()),
        openings.return_bids,
        object_type=TENDER,
    ),
    Act(
        "opening.open_prices",
        "开启报价信封",
        "/contract/openings/prices",
        sealing.HOLD,
        schema("OpenPrices", id=identity()),
        openings.open_prices,
        object_type=TENDER,
    ),
    Act(
        "opening.list",
        "列出待保管密钥和待开标的项目",
        "/contract/openings",
        sealing.HOLD,
        schema("Openings"),
        records.tenders,
        method="GET",
        reads=True,
    ),
    Act(
        "opening.show",
        "查看一个项目的开标准备",
        "/contract/opening",
        sealing.HOLD,
        schema("Opening", id=identity()),
        records.opening,
        method="GET",
        reads=True,
    ),
    Act(
        "public.openings",
        "列出开标记录",
        "/contract/public/openings",
        None,
        schema(
            "OpeningRecords",
            before=fields.Integer(load_default=None, validate=validate.Range(min=1, max=ID_MAX)),
        ),
        records.records,
        method="GET",
        reads=True,
    ),
    Act(
        "public.opening",
        "查看一份开标记录",
        "/contract/public/opening",
        None,
        schema("OpeningRecord", id=identity()),
        records.record,
        method="GET",
        reads=True,
    ),
]

ACTS: list[Act] = [*KEYS, *BIDDING, *OPENING]
