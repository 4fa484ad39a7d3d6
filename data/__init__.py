"""The brand's tables, settings and ledger: what is known, checked before anyone works with it."""
