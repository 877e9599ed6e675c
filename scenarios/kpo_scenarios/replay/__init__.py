"""Replay scenarios: worlds whose rows and pods are written directly, one module for each area of the ledger."""
