"""While a run goes on: second verifiers that never pay, and alarms in plain words."""
