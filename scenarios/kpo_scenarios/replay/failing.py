"""Scopes of several namespaces of which one cannot be swept."""

from kpo_suite import World, scenario

SCOPE = ("airflow", "payments", "reports")


@scenario(
    examines="API-NAMESPACE-FAILS", variants={"form": ["LS14/403", "LS14/404", "LS14/500"], "which": ["first", "last"]}
)
def one_namespace_cannot_be_listed(world: World, form: str, which: str) -> None:
    """The LIST of the first or the last namespace is forbidden, not found, or fails.

        LIST    one namespace    403 Forbidden, 404 or 500    <- its pods are kept, and the sweep fails
        LIST    the others       200                          <- their zombies are deleted

    RBAC is given for each namespace, and forgotten for one.
    """
    _fill(world)
    world.fault(form, at=f"list-pods-{1 if which == 'first' else len(SCOPE)}")


@scenario(examines="API-NAMESPACE-FAILS")
def one_namespace_fails_on_its_last_page(world: World) -> None:
    """All pages of a namespace are answered but the last.

        LIST    one namespace    page 1, 2    200, with a pod each
        LIST    one namespace    page 3       500                    <- its pods are kept, and the sweep fails
        LIST    the others                    200                    <- their zombies are deleted

    What is known of that namespace is a part.
    """
    _fill(world)
    world.fault("LS13/tiny", at="list-pods-1")
    world.fault("LS14/500", at="list-pods-3")


@scenario(examines="API-NAMESPACE-FAILS")
def one_namespace_forbids_the_delete(world: World) -> None:
    """The pods of a namespace may be listed and not be deleted.

        DELETE    the first zombie    403 Forbidden
        DELETE    those of the other namespaces    200

    A Role that was written without delete. One refusal says nothing about the next namespace.
    """
    _fill(world)
    world.fault("DL8/one", at="delete-pods-1")


def _fill(world: World) -> None:
    """A zombie in each namespace."""
    world.scope = SCOPE
    for namespace in SCOPE:
        over = world.task(task_id=f"over_in_{namespace}", state="failed")
        world.pod(over, shape="sidecar", namespace=namespace).zombie(f"its task failed; it is in {namespace}")
