"""Vouchers another system issued are taken on by name, and are vouchers like any other after."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from core import clock, trace
from core.budget import Pool, line_number
from core.db import db
from core.files import Sheet, xlsx_bytes
from core.ledger import balance
from core.parties import Organisation, Resident
from core.years.tables import COLUMNS, gather
from plugins.voucher.models import Lot, LotMove, Voucher
from tests import factories
from tests.settlement_world import together
from tests.voucher.path import Path
from tests.voucher.shapes import MONTHLY

OPENING, JULY = "2026-02-28T09:00", "2026-07-01T09:00"
MAKER, APPROVER = "finance_maker", "finance_approver"
TERMS = {"valid_from": "2026-03-01", "single_use": False, "remainder": "keep"}


@pytest.fixture
def path(app, county) -> Iterator[Path]:
    """A county that took on a line and 1,300 yuan of vouchers in February; it is July."""
    path = Path(app, county)
    with clock.frozen(OPENING):
        approve(path, propose(path, opening(path)))
    with path.reading():
        county.line = line_number("OLD")
    with clock.frozen(JULY):
        path.build(vouchers=0, providers=1, **TERMS)
        with app.app_context():
            factories.make_residents(county, 3)
        yield path


def opening(path: Path) -> dict[str, str]:
    """Return the tables of a line, a tenth of it paid, and what vouchers hold of it."""
    with path.reading():
        code = db.session.get_one(Organisation, path.county.purchaser).credit_code
    rooms = {"approved": 3_000_000, "available": 2_570_000}
    rooms |= {"encumbered": 130_000, "disbursed": 300_000}
    return {
        "about.csv": "as_of,document\n2026-02-27,望财〔2026〕8号",
        "lines.csv": "code,name,fiscal_year,organisation,function_code,economic_code,document,"
        f"approved_fen,disbursed_fen\nOLD,教育券,2026,{code},205,303,1号,3000000,300000",
        "pools.csv": "number,name,form,line,encumbered_fen\nPZ,在外凭单,voucher,OLD,130000",
        "balances.csv": "account,owner,amount_fen\n"
        + "\n".join(f"line.{room},OLD,{fen}" for room, fen in rooms.items()),
    }


def holders(path: Path) -> list[dict[str, Any]]:
    """Return the rows of three holders: two vouchers unused, 200 yuan of the third used."""
    with path.reading():
        query = db.select(Resident).order_by(Resident.id)
        numbers = [one.id_number for one in db.session.scalars(query)][-3:]
    shared = {"pool": "PZ", "programme": "EDU", "class_code": "A", "allotment": "face"}
    shared |= {"period": "once", "valid_from": "2026-03-01", "valid_through": "2026-09-30"}
    return [
        shared | {"id_number": number, "granted": 50_000, "remaining": left, "committed_fen": left}
        for number, left in zip(numbers, (50_000, 50_000, 30_000), strict=True)
    ]


def names(rows: list[dict[str, Any]], document: str = "9号") -> dict[str, str]:
    """Return rows of holders as tables."""
    columns = COLUMNS["vouchers"]
    lines = [",".join(columns)] + [",".join(str(row[one]) for one in columns) for row in rows]
    return {
        "about.csv": f"as_of,document\n2026-06-30,{document}",
        "vouchers.csv": "\n".join(lines),
    }


def packed(path: Path, files: dict[str, str]) -> dict[str, str]:
    """Return tables as the acts take them."""
    with path.app.app_context():
        filename, data = gather([(name, text.encode()) for name, text in files.items()])
    return {"filename": filename, "content": base64.b64encode(data).decode()}


def propose(path: Path, files: dict[str, str]) -> int:
    """Propose tables and return the proposal's number."""
    return int(path.do("takeon.propose", MAKER, **packed(path, files))["id"])


def approve(path: Path, number: int) -> dict[str, Any]:
    """Approve a proposal as another person."""
    return path.do("takeon.approve", APPROVER, id=number)


def taken(path: Path) -> None:
    """Take the holders on and print their cards."""
    approve(path, propose(path, names(holders(path))))
    with path.reading():
        path.vouchers = list(db.session.scalars(db.select(Voucher.id).order_by(Voucher.id)))
    cards = path.do("voucher.print_cards", "purchaser_clerk", voucher_ids=path.vouchers)["cards"]
    path.codes = [card["code"] for card in cards]


def faults(path: Path, rows: list[dict[str, Any]]) -> list[tuple[int, str]]:
    """Return the faults of a dry run, which keeps nothing; the proposal is refused for them."""
    said = path.do("takeon.check", MAKER, **packed(path, names(rows)))
    assert not said["reconciled"]
    told = path.perform("takeon.propose", MAKER, **packed(path, names(rows))).body
    assert told["code"] == "TAKEON_ROWS_REFUSED"
    assert told["facts"]["faults"] == said["faults"]
    assert not any(row["id_number"] in str(told) for row in rows)
    return [(fault["row"], fault["message"]) for fault in said["faults"]]


def test_a_dry_run_tells_counts_and_sums_beside_the_opened_commitment(path: Path) -> None:
    said = path.do("takeon.check", MAKER, **packed(path, names(holders(path))))
    assert said["reconciled"]
    (row,) = said["rows"]
    assert (row["account"], row["owner"], row["difference_fen"]) == ("pool.uncharged", "PZ", 0)
    (sums,) = said["programmes"]
    assert sums == {
        "programme": "EDU",
        "pool": "PZ",
        "holders": 3,
        "lots": 3,
        "granted": 150_000,
        "remaining": 130_000,
        "committed_fen": 130_000,
    }
    with path.reading():
        assert db.session.scalar(db.select(Voucher.id)) is None


def test_taken_on_vouchers_stand_behind_the_one_opening_journal(path: Path) -> None:
    before = path.rooms()
    taken(path)
    assert path.rooms() == before
    assert path.lot(2) == {"redeemed": 20_000, "available": 30_000, "committed_fen": 30_000}
    with path.reading():
        pool = db.session.scalars(db.select(Pool).filter_by(component="voucher")).one()
        moves = db.session.scalars(
            db.select(LotMove.journal_id).where(LotMove.from_state == "issued")
        )
        assert len(set(moves)) == 1
        assert balance("pool.uncharged", pool_id=pool.id) == 130_000
    journals = {one["journal_id"] for one in path.do("takeon.list", MAKER)["items"]}
    assert len(journals) == 1


def test_such_vouchers_are_redeemed_settled_paid_traced_and_lapse(path: Path) -> None:
    """The whole story: July's cards, a lock, the bank; what is left goes back in October."""
    taken(path)
    path.redeem(0, 50_000)
    receipt = path.redeem(2, 30_000)
    assert path.perform(
        "voucher.redeem",
        path.providers[0].clerk,
        code=path.codes[2],
        service_code="fee",
        price_fen=1,
    ).refused
    path.lock()
    path.pay()
    assert path.rooms()["disbursed"] == 380_000
    with path.app.app_context():
        auditor = path.county.actor("auditor")
    with path.reading():
        (place,) = trace.find(receipt, auditor)
        back = {one.kind for level in trace.walk(place).before for one in level}
        assert {"line", "pool", "voucher"} <= back
        views = db.session.execute(db.text("SELECT * FROM hv_voucher")).mappings().all()
        uses = dict(
            db.session.execute(
                db.text("SELECT voucher_id, SUM(amount_fen) FROM hv_redemption GROUP BY voucher_id")
            ).all()
        )
    assert sum(row["face_fen"] for row in views) == 130_000
    for row in views:
        parts = row["remaining_fen"] + row["returned_fen"]
        assert row["face_fen"] == parts + uses.get(row["voucher_id"], 0)
    with clock.frozen("2026-10-01T09:00"):
        (lapsed,) = path.lapse()["pools"]
    assert (lapsed["released_fen"], lapsed["closed"]) == (50_000, True)
    assert path.rooms()["disbursed"] == 380_000
    assert "encumbered" not in path.rooms()


def test_lots_that_do_not_sum_up_to_the_commitment_are_refused_with_both_figures(
    path: Path,
) -> None:
    told = path.perform("takeon.propose", MAKER, **packed(path, names(holders(path)[:2]))).body
    assert told["code"] == "TAKEON_NOT_RECONCILED"
    assert "1,000.00" in told["detail"]
    assert "1,300.00" in told["detail"]
    (row,) = told["facts"]["differences"]
    assert row["difference_fen"] == -30_000


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("id_number", "430100195001010000", "没有登记"),
        ("programme", "NONE", "没有编号为"),
        ("pool", "XX", "没有待补录名册"),
        ("class_code", "Z", "这一类"),
        ("allotment", "Z", "这一项额度"),
        ("period", "2026-03", "周期 once"),
        ("valid_through", "2026-02-01", "截止日"),
        ("valid_through", "2027-02-01", "截止日"),
        ("remaining", 50_001, "不可能"),
        ("committed_fen", 49_999, "需要 500.00 元"),
        ("committed_fen", 50_001, "需要 500.00 元"),
    ],
)
def test_a_row_that_cannot_stand_is_named_by_its_line(
    path: Path, field: str, value: Any, words: str
) -> None:
    rows = holders(path)
    rows[0][field] = value
    found = faults(path, rows)
    assert found[0][0] == 2
    assert any(words in message for _row, message in found), found


def test_in_a_yaml_file_a_row_is_named_by_its_line_there(path: Path) -> None:
    text = "as_of: 2026-06-30\ndocument: 9号\nvouchers:\n" + "\n".join(
        "- " + ", ".join(f"{name}: {value!r}" for name, value in row.items()).join("{}")
        for row in [holders(path)[0] | {"class_code": "Z"}]
    )
    content = base64.b64encode(text.encode()).decode()
    said = path.do("takeon.check", MAKER, filename="名册.yaml", content=content)
    assert [(one["row"], "这一类" in one["message"]) for one in said["faults"]] == [(4, True)]


def test_holders_and_lines_in_one_file_are_told_to_come_one_after_the_other(path: Path) -> None:
    both = opening(path) | names(holders(path))
    told = path.perform("takeon.check", MAKER, **packed(path, both)).body
    assert told["code"] == "INVALID_INPUT"
    assert "单独提交" in told["detail"]


def test_a_voucher_twice_in_the_file_or_held_already_is_refused(path: Path) -> None:
    rows = holders(path)
    rows[1]["id_number"] = rows[0]["id_number"]
    assert [row for row, _words in faults(path, rows)] == [3]
    rows = holders(path)
    with path.reading():
        query = db.select(Resident.id).order_by(Resident.id.desc()).limit(1)
        number = db.session.scalars(query).one()
    fields = {"programme_id": path.county.programme, "resident_ids": [number]}
    path.do("voucher.issue", "purchaser_clerk", **fields)
    ((row, words),) = faults(path, rows)
    assert (row, "已持有" in words) == (4, True)


def test_what_became_wrong_before_the_approval_takes_nobody_on(path: Path) -> None:
    number = propose(path, names(holders(path)))
    again = propose(path, names(holders(path), "10号"))
    approve(path, number)
    assert path.refused("takeon.approve", APPROVER, id=again) == "TAKEON_ROWS_REFUSED"
    with path.reading():
        assert len(db.session.scalars(db.select(Lot.id)).all()) == 3


def test_a_commitment_without_its_holders_is_given_back_whole_or_not_at_all(path: Path) -> None:
    with path.reading():
        number = db.session.scalars(db.select(Pool.id).where(Pool.closed_on.is_(None))).one()
    less = {"pool_id": number, "amount_fen": 1, "reason": "终止"}
    told = path.refused("takeon.release", "finance_budget", **less)
    assert told == "TAKEON_HOLDERS_MISSING"
    path.do("takeon.release", "finance_budget", **less | {"amount_fen": 130_000})


def test_no_identity_number_is_kept_with_the_proposal(path: Path) -> None:
    rows = holders(path)
    propose(path, names(rows))
    with path.reading():
        kept = str(db.session.execute(db.text("SELECT content FROM takeon")).all())
        trail = str(db.session.execute(db.text("SELECT * FROM audit_entry")).all())
    for row in rows:
        assert row["id_number"] not in kept + trail


def test_the_command_reads_a_folder_of_csv_and_xlsx(path: Path, tmp_path) -> None:
    files = names(holders(path))
    (tmp_path / "about.csv").write_text(files["about.csv"], encoding="utf-8")
    header, *rows = [line.split(",") for line in files["vouchers.csv"].splitlines()]
    (tmp_path / "vouchers.xlsx").write_bytes(xlsx_bytes([Sheet("名册", header, rows)]))
    runner = path.app.test_cli_runner()
    dry = runner.invoke(args=["takeon", str(tmp_path)])
    assert "全部相符" in dry.output
    said = runner.invoke(args=["takeon", str(tmp_path), "--division", "430112"])
    assert said.exit_code == 0, said.output
    assert "3 人，3 份额度" in said.output
    assert "已提出第 2 号期初建账" in said.output


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"vouchers.csv": "pool\nPZ"}, "缺少列"),
        ({"people.csv": "a\n1"}, "不能识别"),
        ({"about.csv": ""}, "about.csv：文件是空的"),
        ({"about.csv": "as_of,document,x\n1,2,3"}, "不认识的列"),
        ({"balances.csv": "account,owner,amount_fen\nline.approved,A,1.5"}, "第 2 行"),
        ({"balances.csv": "account,owner,amount_fen"}, "恰好有一行"),
    ],
)
def test_tables_that_cannot_be_read_are_refused_in_words(
    path: Path, tmp_path, files: dict[str, str], words: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    said = path.app.test_cli_runner().invoke(args=["takeon", str(tmp_path)])
    assert said.exit_code == 1
    assert words in said.output


def test_a_period_used_up_before_is_not_granted_again_and_the_next_one_is(path: Path) -> None:
    """July came from the old system, used up or not; August is granted to all three."""
    with path.app.app_context():
        programme = factories.make_programme(path.county, code="MON", **TERMS | MONTHLY)
    july = {"programme": "MON", "allotment": "month", "period": "2026-07", "granted": 80_000}
    july |= {"valid_from": "2026-07-01", "valid_through": "2026-07-31"}
    left = (80_000, 50_000, 0)
    rows = [
        row | july | {"remaining": fen, "committed_fen": fen}
        for row, fen in zip(holders(path), left, strict=True)
    ]
    approve(path, propose(path, names(rows)))
    renew = {"programme_id": programme}
    path.do("voucher.renew", "purchaser_clerk", **renew)
    assert lots(path) == [("2026-07", fen) for fen in left]
    with clock.frozen("2026-08-01T09:00"):
        path.do("voucher.renew", "purchaser_clerk", **renew)
    assert lots(path)[3:] == [("2026-08", 80_000)] * 3


def lots(path: Path) -> list[tuple[str, int]]:
    """Return every lot's period and what is available of it."""
    with path.reading():
        rows = db.session.scalars(db.select(Lot).order_by(Lot.id))
        return [(row.period, row.available) for row in rows]


def test_of_two_approvals_at_once_one_takes_the_holders_on(path: Path) -> None:
    """Two files name the same holders; on both databases the second finds nothing left to name."""
    files = [names(holders(path), document) for document in ("9号", "10号")]
    calls = [
        partial(path.perform, "takeon.approve", APPROVER, id=propose(path, one)) for one in files
    ]
    answers = together(*calls)
    assert sorted(answer.refused for answer in answers) == [False, True]
    (told,) = (answer.body["code"] for answer in answers if answer.refused)
    assert told in {"TAKEON_ROWS_REFUSED", "STATE_CHANGED"}
    assert len(lots(path)) == 3


def test_a_commitment_on_other_lines_than_the_programmes_is_refused(path: Path) -> None:
    """Carried into the next year its money is on a line that the programme does not draw on."""
    rows = holders(path)
    with path.reading():
        pool = db.session.scalars(db.select(Pool.id).where(Pool.closed_on.is_(None))).one()
    with clock.frozen("2027-01-05T09:00"):
        asked = {"pool_id": pool, "codes": ["NEW"], "document": "1号"}
        number = path.do("budget.carry_over", "finance_budget", **asked)["id"]
        path.do("budget.approve_carry_over", APPROVER, id=number)
        found = faults(path, rows)
    assert [row for row, _words in found] == [2]
    assert "不在项目" in found[0][1]
