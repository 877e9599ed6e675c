"""What happens: worlds, replay scenarios, live DAGs and known-bad reapers."""
