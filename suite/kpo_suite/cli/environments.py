"""``airflow``: the real Airflow environments under the cache folder."""

from __future__ import annotations

from typing import Annotated

import typer

from kpo_fixtures.airflow.environments import install, installed, known_versions

application = typer.Typer(help="Real Airflow environments for live scenarios.", no_args_is_help=True)


@application.command("install")
def install_(version: Annotated[str, typer.Argument(help="As 3.3.2 or 3.3.")]) -> None:
    """Make the environment of one Airflow version, or find it made."""
    environment = install(version, say=typer.echo)
    typer.echo(
        f"Airflow {environment.version} with cncf-kubernetes {environment.provider_version} is in {environment.path}"
    )


@application.command("list")
def list_() -> None:
    """Show the known versions and where they are installed."""
    for version in known_versions():
        environment = installed(version)
        typer.echo(f"{version}  {environment.path if environment else 'not installed'}")
