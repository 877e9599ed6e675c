"""Known-bad reapers: each breaks one requirement in one sentence, and the suite must fail it for just that.

``plain`` is a small reaper that gets everything right; the others are the same but for what their docstring says. A
``*.toml`` beside them makes each a subject: ``kpo-conformance run --reaper forgets_map_index.toml``.
"""
