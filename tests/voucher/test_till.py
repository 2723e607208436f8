"""Redeeming: exactly once, whoever asks, however often, on both engines."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from core import Huigou, clock, codes
from core.acts import Answer, perform
from core.audit import AuditEntry
from core.db import db, forget_connections, transaction
from core.ledger import Transfer, balance
from plugins.voucher.models import Redemption
from tests import factories
from tests.factories import County

DAY = "2026-09-01T09:00"


@pytest.fixture
def till(app: Huigou, county: County) -> Callable[..., Answer]:
    """Redeem as the county's clerk on a day within the window."""
    with app.app_context():
        factories.make_programme(county)
        token = factories.token_of(county, "provider_clerk")

    def redeem(code: str, *, price_fen: int = 50_000, key: str | None = None) -> Answer:
        fields = {"code": code, "service_code": "fee", "price_fen": price_fen}
        with app.app_context(), clock.frozen(DAY):
            return perform("voucher.redeem", fields, token=token, key=key)

    return redeem


def issued(app: Huigou, county: County, count: int = 1) -> list[dict[str, Any]]:
    """Return fresh vouchers with their printed cards."""
    with app.app_context():
        return factories.issue(county, count)


def test_a_card_is_redeemed_and_the_provider_is_owed_its_value(
    app: Huigou, county: County, till: Callable[..., Answer]
) -> None:
    """The pool is charged and the expense owed; the line's rooms do not move at the till."""
    (voucher,) = issued(app, county)
    answer = till(voucher["code"], key="k")
    assert (answer.status, answer.body["amount_fen"]) == (200, 50_000)
    with app.app_context(), transaction(readonly=True):
        assert balance("pool.charged") == balance("fin.payable") == 50_000
        assert balance("line.encumbered") == 50_000


def test_a_voucher_cannot_be_redeemed_twice(
    app: Huigou, county: County, till: Callable[..., Answer]
) -> None:
    """The second answer names when and where the first use was."""
    (voucher,) = issued(app, county)
    till(voucher["code"], key="first")
    answer = till(voucher["typed"], key="second")
    assert answer.body["code"] == "VOUCHER_ALREADY_REDEEMED"
    assert answer.body["facts"]["provider"] == "望城区育才学校"


def test_the_same_request_again_hears_the_same_and_posts_nothing(
    app: Huigou, county: County, till: Callable[..., Answer]
) -> None:
    """A retry after a lost answer gets the receipt of the first."""
    (voucher,) = issued(app, county)
    first, again = till(voucher["code"], key="k"), till(voucher["code"], key="k")
    assert first.body == again.body
    assert again.replayed
    assert uses(app) == 1


def test_a_key_used_for_another_request_is_refused(
    app: Huigou, county: County, till: Callable[..., Answer]
) -> None:
    """The same key may not carry another amount."""
    (voucher,) = issued(app, county)
    till(voucher["code"], key="k")
    assert till(voucher["code"], key="k", price_fen=1).body["code"] == "KEY_REUSED"


def test_what_the_fee_leaves_over_is_forfeited_and_returns_to_the_line(
    app: Huigou, county: County, till: Callable[..., Answer]
) -> None:
    """No change is given; the rest is available to the line at once, without locking it."""
    (voucher,) = issued(app, county)
    before = line_available(app)
    answer = till(voucher["code"], price_fen=20_000)
    assert (answer.body["amount_fen"], answer.body["forfeited_fen"]) == (20_000, 30_000)
    assert line_available(app) == before + 30_000


def test_a_refused_attempt_is_kept_with_its_reason(
    app: Huigou, county: County, till: Callable[..., Answer]
) -> None:
    """The trail holds code, provider and voucher of what was refused."""
    (voucher,) = issued(app, county)
    till(voucher["code"])
    till(voucher["code"])
    with app.app_context(), transaction(readonly=True):
        entry = db.session.scalars(
            db.select(AuditEntry).filter_by(outcome="refused", action="voucher.redeem")
        ).one()
        assert entry.code == "VOUCHER_ALREADY_REDEEMED"
        assert entry.organisation_id == county.provider
        assert entry.object_id == str(voucher["id"])


@pytest.mark.parametrize(
    ("code", "refusal"),
    [
        ("123456789012", "CODE_MISTYPED"),
        ("https://example.invalid/?q=1", "CODE_UNKNOWN"),
        ("HG1:C" + "0" * 26, "VOUCHER_UNKNOWN"),
        ("\u202e\U0001f600", "CODE_UNKNOWN"),
    ],
)
def test_a_code_that_leads_nowhere_is_refused(
    till: Callable[..., Answer], code: str, refusal: str
) -> None:
    """Mistyped, foreign and never issued codes each say what to do."""
    assert till(code).body["code"] == refusal


def test_a_phone_code_is_good_once(
    app: Huigou, county: County, till: Callable[..., Answer]
) -> None:
    """A screenshot of a used or old code is dead."""
    with app.app_context():
        factories.make_programme(
            county,
            code="BAL",
            single_use=False,
            remainder="keep",
            beyond="refuse",
            funding=[{"line_id": county.line}],
        )
        (voucher,) = factories.issue(county)
        code = phone_code(county, voucher, DAY)
        old = phone_code(county, voucher, "2026-09-01T08:50")
    assert till(old, price_fen=100).body["code"] == "CODE_ROTATED"
    assert till(code, price_fen=100).body["remaining"] == 49_900
    assert till(code, price_fen=100).body["code"] == "CODE_ROTATED"


@pytest.mark.parametrize("clients", [16, 64])
def test_of_many_tills_at_once_exactly_one_wins(
    app: Huigou, county: County, till: Callable[..., Answer], clients: int
) -> None:
    """Forty rounds of one voucher at many tills: one redemption each, the others refused."""
    vouchers = issued(app, county, 40)
    till(vouchers[0]["code"])
    for number, voucher in enumerate(vouchers[1:], start=1):
        answers = at_once(
            clients,
            lambda client, v=voucher, n=number: till(v["code"], key=f"{n}-{client}"),
        )
        assert Counter(answer.status for answer in answers) == {200: 1, 422: clients - 1}
    assert uses(app) == 40


def test_the_same_key_many_times_at_once_is_one_redemption(
    app: Huigou, county: County, till: Callable[..., Answer]
) -> None:
    """Sixty-four copies of one request get sixty-four identical answers."""
    first, voucher = issued(app, county, 2)
    till(first["code"])
    answers = at_once(64, lambda _client: till(voucher["code"], key="same"))
    assert {str(answer.body) for answer in answers} == {str(answers[0].body)}
    assert answers[0].status == 200
    assert uses(app) == 2


def test_a_shared_balance_is_spent_to_the_fen_and_never_beyond(
    app: Huigou, county: County, till: Callable[..., Answer]
) -> None:
    """Sixteen tills draw 30 yuan each from 500: sixteen fit, the seventeenth does not."""
    with app.app_context():
        factories.make_programme(
            county,
            code="BAL",
            single_use=False,
            remainder="keep",
            beyond="refuse",
            funding=[{"line_id": county.line}],
        )
        (voucher,) = factories.issue(county)
    answers = at_once(
        20, lambda client: till(voucher["code"], price_fen=3_000, key=f"draw-{client}")
    )
    assert Counter(answer.status for answer in answers) == {200: 16, 422: 4}
    remaining = sorted(a.body["remaining"] for a in answers if not a.refused)
    assert remaining == list(range(2_000, 50_000, 3_000))


def test_a_crash_between_commit_and_answer_is_healed_by_asking_again(
    app: Huigou,
    county: County,
    till: Callable[..., Answer],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was committed is answered from the trail."""
    (voucher,) = issued(app, county)
    with monkeypatch.context() as patch:
        from plugins.voucher.service import till as module  # noqa: PLC0415 - patched below

        redeem = module.redeem

        def crash(request: Any) -> Answer:
            redeem(request)
            raise KeyboardInterrupt

        patch.setattr(module, "redeem", crash)
        act = app.extensions["huigou"].acts["voucher.redeem"]
        object.__setattr__(act, "port", crash)
        with pytest.raises(KeyboardInterrupt):
            till(voucher["code"], key="k")
        object.__setattr__(act, "port", redeem)
    answer = till(voucher["code"], key="k")
    assert (answer.status, answer.replayed) == (200, True)
    assert uses(app) == 1


def test_a_batch_answers_every_line_for_itself(app: Huigou, county: County) -> None:
    """Good lines are redeemed together; a used, a doubled and an unknown one are refused."""
    with app.app_context():
        factories.make_programme(county)
        token = factories.token_of(county, "provider_clerk")
    one, two, three = issued(app, county, 3)
    codes_ = [one["code"], two["code"], one["typed"], "HG1:C" + "0" * 26, three["typed"], "12"]
    lines = [
        {"code": code, "service_code": "fee", "price_fen": 50_000, "key": f"line-{number}"}
        for number, code in enumerate(codes_)
    ]
    with app.app_context(), clock.frozen(DAY):
        first = perform("voucher.redeem_many", {"lines": lines}, token=token)
        again = perform("voucher.redeem_many", {"lines": lines}, token=token)
    assert [line["status"] for line in first.body["lines"]] == [200, 200, 422, 404, 200, 422]
    assert first.body == again.body
    assert uses(app) == 3


def at_once(count: int, work: Callable[[int], Answer]) -> list[Answer]:
    """Run the same work in many threads that start together."""
    barrier, answers = threading.Barrier(count), [None] * count

    def run(number: int) -> None:
        barrier.wait()
        try:
            answers[number] = work(number)
        finally:
            forget_connections()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers  # type: ignore[return-value] # every thread has set its own


def phone_code(county: County, voucher: dict[str, Any], moment: str) -> str:
    """Return the rotating code a voucher's phone shows at a moment."""
    from plugins.voucher.models import Credential  # noqa: PLC0415
    from plugins.voucher.service.carriers import phone_key  # noqa: PLC0415

    with transaction(readonly=True):
        credential = db.session.scalars(
            db.select(Credential).filter_by(voucher_id=voucher["id"], kind="phone")
        ).one()
        public_id = credential.public_id
    assert public_id is not None
    assert county is not None
    return codes.rotating_code(phone_key(public_id), public_id, clock.instant(moment))


def line_available(app: Huigou) -> int:
    """Return what the county's lines have left, in fen."""
    with app.app_context(), transaction(readonly=True):
        return balance("line.available")


def uses(app: Huigou) -> int:
    """Return how many redemptions stand, each with its transfers."""
    with app.app_context(), transaction(readonly=True):
        count = db.session.scalar(db.select(db.func.count()).select_from(Redemption))
        assert db.session.scalar(db.select(db.func.count()).select_from(Transfer))
        return int(count or 0)
