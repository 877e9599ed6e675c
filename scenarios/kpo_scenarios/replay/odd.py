"""One pod of a LIST is shown in a shape that nobody expects; the others are as they always are."""

from kpo_suite import World, scenario
from kpo_suite.world import WorldPod

SHAPES = (
    *("SH1/null", "SH1/absent", "SH1/list", "SH1/null-label"),
    *("SH3/absent", "SH3/word", "SH4/null", "SH4/phase", "SH5/text"),
    *("SH8/null-metadata", "SH8/null-pod", "SH9/twice", "SH10/absent", "SH10/empty", "SH11/uid"),
)
NAMES = ("empty", "dots", "encoded", "slash", "long", "absent")
HARMLESS = ("SH6", "SH8/unknown", "SH8/null-lists")


@scenario(examines="API-ODD-POD", variants={"form": SHAPES})
def one_pod_has_an_odd_shape(world: World, form: str) -> None:
    """The first pod of the LIST lacks what every pod has, or has something else in its place.

        a-odd      failed    labels: null, no metadata, no uid, created "yesterday", ...
        others     failed    as always    <- to be deleted all the same

    An admission webhook, a proxy, a flipped bit. Clients that validate a whole page raise on one bad pod and lose the
    page; what cannot be read is to be kept.
    """
    _fill(world).zombie("its task failed; the LIST shows it odd")
    world.fault(form, at="list-pods-1")


@scenario(examines=["API-ODD-POD", "DELETE-ONE-POD", "DELETE-NOTHING-ELSE"], variants={"name": NAMES})
def one_pod_has_an_odd_name(world: World, name: str) -> None:
    """The first pod of the LIST is called "", "..", "%2F", ../../nodes/node-1, by 300 letters, or not at all.

        DELETE  /api/v1/namespaces/airflow/pods/         all pods of the namespace
        DELETE  /api/v1/namespaces/airflow/pods/..       the namespace

    A name that becomes part of a path is to be one first.
    """
    _fill(world).zombie("its task failed; the LIST shows it under an odd name")
    world.fault(f"DL14/{name}", at="list-pods-1")


@scenario(examines="API-ODD-POD", variants={"form": HARMLESS})
def one_pod_is_unusual_and_well_formed(world: World, form: str) -> None:
    """The first pod of the LIST has an annotation of 256 kB, fields of a later Kubernetes, or null for a list.

        a-odd      failed    well-formed; deleting it is right, keeping it too
        others     failed    as always    <- to be deleted all the same

    Go writes null for an empty list, and later versions add fields.
    """
    _fill(world).zombie("its task failed; the LIST shows it unusual", examines="REAP-FINISHED")
    world.fault(form, at="list-pods-1")


def _fill(world: World) -> WorldPod:
    """Two zombies, a live pod, and one whose name is the first of the LIST; its fate is still to be told."""
    for number in range(2):
        task = world.task(task_id=f"over_{number}", state="failed")
        world.pod(task, shape="sidecar").zombie("its task failed")
    world.pod(world.task(task_id="running", state="running")).live("its task runs")
    return world.pod(world.task(task_id="odd", state="failed"), name="a-odd", shape="sidecar")
