"""What is begun with a code: spent once, never more than was held, never on what is over."""

from __future__ import annotations

import threading

from core import clock
from core.db import db, forget_connections
from tests.voucher.path import MORNING, Path
from tests.voucher.shapes import NURSERY, TRAINING
from tests.voucher.test_visits import start


def phone_code(path: Path, voucher: int = 0) -> str:
    """Return the code on a holder's phone this minute."""
    from core.codes import rotating_code  # noqa: PLC0415 - beside its one use
    from plugins.voucher.models import Credential  # noqa: PLC0415
    from plugins.voucher.service.carriers import phone_key  # noqa: PLC0415

    with path.reading():
        public_id = db.session.scalars(
            db.select(Credential.public_id).filter_by(
                voucher_id=path.vouchers[voucher], kind="phone"
            )
        ).one()
        return rotating_code(phone_key(public_id), public_id, clock.now())


def test_a_phone_code_that_began_a_service_begins_no_other(path: Path) -> None:
    """What a till read over a shoulder is worth nothing once it was used."""
    path.build(**TRAINING)
    code, clerk = phone_code(path), path.providers[0].clerk
    asked = {"code": code, "service_code": "fee", "price_fen": 10_000}
    path.do("voucher.start", clerk, **asked)
    assert path.refused("voucher.start", clerk, **asked) == "CODE_ROTATED"
    assert path.refused("voucher.lookup", clerk, code=code) == "CODE_ROTATED"


def test_a_phone_code_that_enrolled_a_holder_is_spent(path: Path) -> None:
    """As above, at the nursery's door."""
    path.build(**NURSERY)
    path.renew()
    code, clerk = phone_code(path), path.providers[0].clerk
    path.do("enrolment.enrol", clerk, code=code, service_code="fee")
    assert path.refused("voucher.lookup", clerk, code=code) == "CODE_ROTATED"


def test_of_two_who_begin_with_one_phone_code_at_once_one_begins(path: Path) -> None:
    """The database spends the code, whoever asks."""
    path.build(**TRAINING)
    code, told = phone_code(path), []
    ready = threading.Barrier(2)

    def begin(place: int) -> None:
        with clock.frozen(MORNING):
            ready.wait()
            answer = path.perform(
                "voucher.start",
                path.providers[place].clerk,
                code=code,
                service_code="fee",
                price_fen=10_000,
            )
        told.append(answer.status)
        forget_connections()

    threads = [threading.Thread(target=begin, args=(place,)) for place in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) in ([200, 409], [200, 422])


def test_a_hold_pays_no_more_than_what_was_begun(path: Path) -> None:
    """One course was begun; two are not captured without the holder."""
    path.build(**TRAINING)
    hold, clerk = start(path, price_fen=20_000), path.providers[0].clerk
    asked = {"id": hold, "result": "passed", "quantity": 2_000}
    assert path.refused("voucher.finish", clerk, **asked) == "NOT_CAPTURABLE"
    assert path.refused("voucher.quote_finish", clerk, **asked) == "NOT_CAPTURABLE"
    told = path.do("voucher.finish", clerk, id=hold, result="passed", quantity=500)
    assert told["amount_fen"] == 10_000


def test_a_visit_is_ended_by_the_provider_that_began_it(path: Path) -> None:
    """A clerk of two providers does not move one's money to the other."""
    from tests import factories  # noqa: PLC0415 - needs the app's context

    path.build(**TRAINING)
    with path.app.app_context():
        both = path._person("provider_clerk", path.providers[1].id)  # noqa: SLF001 - the test's own
        factories.do(
            "access.grant_role",
            user_id=both.user_id,
            role="provider_clerk",
            division_code=factories.COUNTY,
            organisation_id=path.providers[0].id,
            from_on="2026-01-01",
        )
        from core import access  # noqa: PLC0415
        from core.db import transaction  # noqa: PLC0415

        with transaction(readonly=True):
            both = access.Actor(both.user_id, "两处", access.grants_of(both.user_id))
    hold = start(path, price_fen=20_000)
    path.perform("voucher.finish", both, id=hold, result="passed")
    assert path.fin(1).get("payable", 0) == 0
