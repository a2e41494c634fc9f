"""Credit: a double-entry ledger, top-ups, reservations for what is submitted, charges for what was delivered."""
