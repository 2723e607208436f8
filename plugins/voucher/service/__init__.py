"""The voucher's verbs, one file a stage of its life."""
