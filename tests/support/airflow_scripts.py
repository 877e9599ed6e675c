"""Scripts that the Python of a real Airflow runs for a test."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kpo_fixtures.airflow.environments import AirflowEnvironment


def answer_of_script(
    script: Path,
    environment: AirflowEnvironment,
    settings: Mapping[str, str],
    home: Path,
    *arguments: str,
    asked: Any = None,
) -> Any:
    """What the script prints as JSON after a line that begins with ANSWER; it reads ``asked`` as JSON."""
    ended = subprocess.run(
        [str(environment.python), str(script), *arguments],
        input=json.dumps(asked),
        env=environment.variables({"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", **settings}),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-5000:]
    return json.loads(ended.stdout.rpartition("\nANSWER")[2])
