"""What is known of a resident on a day: declared facts, recorded with document and dates, read."""

from __future__ import annotations

from core.facts.acts import ACTS
from core.facts.declared import (
    ORGANISATION,
    RESIDENT,
    Fact,
    Lapsed,
    Place,
    Ratio,
    ResidentFact,
    Value,
    rows_on,
    text_of,
)
from core.facts.declaring import declared
from core.facts.own import FACTS
from core.facts.reading import Known, Need, facts_about, facts_of, known, resident_facts
from core.facts.recording import (
    RECORD,
    end_fact,
    fitted,
    record_death,
    record_fact,
    record_move,
    record_row,
    recordable,
)

__all__ = [
    "ACTS",
    "FACTS",
    "ORGANISATION",
    "RECORD",
    "RESIDENT",
    "Fact",
    "Known",
    "Lapsed",
    "Need",
    "Place",
    "Ratio",
    "ResidentFact",
    "Value",
    "declared",
    "end_fact",
    "facts_about",
    "facts_of",
    "fitted",
    "known",
    "record_death",
    "record_fact",
    "record_move",
    "record_row",
    "recordable",
    "resident_facts",
    "rows_on",
    "text_of",
]
