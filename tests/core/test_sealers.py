"""Several sealers at once, each in its own transaction, on both databases."""

from __future__ import annotations

import threading

from core import clock, seal
from core.db import transaction


def test_sealers_at_once_make_one_chain(county_at_risk):
    moment = clock.now()

    def work():
        with clock.frozen(moment), county_at_risk.app.app_context():
            sealed = 1
            while sealed:
                with transaction():
                    sealed = seal.seal_pending(limit=2)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with county_at_risk.reading():
        assert seal.unsealed() == 0
        assert seal.verify() == []
