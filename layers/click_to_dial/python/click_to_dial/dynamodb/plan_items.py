"""The items that describe published dial plans: `active`, one for each version and each move."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

from click_to_dial.errors import UNREADABLE, UnreadableDialPlanError
from click_to_dial.model import CompletedRun
from click_to_dial.ports import ActivePlan, BlobRef, CachedMapping

Item = Mapping[str, Any]

ACTIVE_KEY: Item = {"pk": {"S": "plan"}, "sk": {"S": "active"}}

UNKNOWN_REVISION = 0
"""Real revisions begin with 1."""


class Version(NamedTuple):
    """A published plan: `body` is the document that decides, `source` the YAML it came from."""

    number: int
    body: BlobRef
    source: BlobRef
    author: str
    published_at: str
    comment: str


class Move(NamedTuple):
    """A change of the active version, at an ISO 8601 time.

    `before` is the version that was active until then. It is None if nothing was published, or if
    an earlier release, which did not record moves, rolled back.
    """

    action: Literal["publish", "rollback"]
    version: int
    before: int | None
    author: str
    moved_at: str
    comment: str


def version_key(number: int) -> Item:
    """Return the key of a version. Keys sort like the numbers."""
    return {"pk": {"S": "plan"}, "sk": {"S": f"version#{number:08d}"}}


def from_active(active: ActivePlan) -> Item:
    """Return the item of the active plan."""
    return {
        **ACTIVE_KEY,
        **_from_body(active.body),
        "revision": {"N": str(active.revision)},
        "version": {"N": str(active.version)},
        "mappings": {
            "M": {
                name: {
                    "M": {
                        **_from_body(each.body),
                        "entries": {"N": str(each.entries)},
                        "read_at": {"S": each.read_at},
                    }
                }
                for name, each in active.mappings.items()
            }
        },
        "activated_at": {"S": active.activated_at},
        "activated_by": {"S": active.activated_by},
        **(
            {"lists": {"M": {name: _from_run(each) for name, each in active.lists.items()}}}
            if active.lists
            else {}
        ),
    }


def to_active(item: Item) -> ActivePlan:
    """Return the active plan from its item. Raises UnreadableDialPlanError."""
    with unreadable_errors():
        return ActivePlan(
            revision=int(item["revision"]["N"]),
            version=int(item["version"]["N"]),
            body=_to_body(item),
            mappings={
                name: CachedMapping(
                    _to_body(each["M"]), int(each["M"]["entries"]["N"]), each["M"]["read_at"]["S"]
                )
                for name, each in item["mappings"]["M"].items()
            },
            activated_at=item["activated_at"]["S"],
            activated_by=item["activated_by"]["S"],
            lists={
                name: _to_run(each["M"]) for name, each in item.get("lists", {"M": {}})["M"].items()
            },
        )


def to_replaceable(item: Item) -> ActivePlan:
    """Return what a publication needs to know about an unreadable active plan to replace it.

    The revision is UNKNOWN_REVISION if it is unreadable too.
    """
    try:
        revision = int(item["revision"]["N"])
    except UNREADABLE:
        revision = UNKNOWN_REVISION
    return ActivePlan(revision, 0, BlobRef("", 0), {}, "", "")


def from_version(version: Version) -> Item:
    """Return the item of a version."""
    return {
        **version_key(version.number),
        **_from_body(version.body),
        **_from_body(version.source, "source_"),
        "version": {"N": str(version.number)},
        "author": {"S": version.author},
        "published_at": {"S": version.published_at},
        "comment": {"S": version.comment},
    }


def to_version(item: Item) -> Version:
    """Return a version from its item. Raises UnreadableDialPlanError."""
    with unreadable_errors():
        return Version(
            number=int(item["version"]["N"]),
            body=_to_body(item),
            source=_to_body(item, "source_"),
            author=item["author"]["S"],
            published_at=item["published_at"]["S"],
            comment=item["comment"]["S"],
        )


def move_key(revision: int) -> Item:
    """Return the key of the move that led to a revision of `active`. Keys sort like revisions."""
    return {"pk": {"S": "plan"}, "sk": {"S": f"move#{revision:010d}"}}


def from_move(move: Move, revision: int) -> Item:
    """Return the item of the move that led to a revision of `active`."""
    return {
        **move_key(revision),
        "action": {"S": move.action},
        "version": {"N": str(move.version)},
        **({} if move.before is None else {"before": {"N": str(move.before)}}),
        "author": {"S": move.author},
        "moved_at": {"S": move.moved_at},
        "comment": {"S": move.comment},
    }


def to_move(item: Item) -> Move:
    """Return a move from its item. Raises UnreadableDialPlanError."""
    with unreadable_errors():
        return Move(
            action="rollback" if item["action"]["S"] == "rollback" else "publish",
            version=int(item["version"]["N"]),
            before=int(item["before"]["N"]) if "before" in item else None,
            author=item["author"]["S"],
            moved_at=item["moved_at"]["S"],
            comment=item["comment"]["S"],
        )


def add_unrecorded_moves(
    recorded: Sequence[Move], versions: Sequence[Version], active: ActivePlan | None
) -> list[Move]:
    """Return all moves, the newest first, with those of releases that did not record them.

    `recorded` and `versions` are given the newest first. A version was published; the next older
    version is taken to be the one that was active before. Of unrecorded rollbacks, only the last
    one is known, from `active`.
    """
    published = {move.version for move in recorded if move.action == "publish"}
    moves = [*recorded]
    for version, older in zip(versions, [*versions[1:], None], strict=False):
        if version.number not in published:
            before = None if older is None else older.number
            author, at, comment = version.author, version.published_at, version.comment
            moves.append(Move("publish", version.number, before, author, at, comment))
    if active is not None and not any(led_to(move, active) for move in moves):
        author, at = active.activated_by, active.activated_at
        moves.append(Move("rollback", active.version, None, author, at, ""))
    return sorted(moves, key=lambda move: move.moved_at, reverse=True)


def led_to(move: Move, active: ActivePlan) -> bool:
    """Return whether the move made this plan the active one."""
    return (move.version, move.moved_at) == (active.version, active.activated_at)


@contextmanager
def unreadable_errors() -> Iterator[None]:
    """Raise UnreadableDialPlanError if something in the block has an unknown form."""
    try:
        yield
    except UNREADABLE as error:
        raise UnreadableDialPlanError(
            "The dial plans in the table were written by another version of click-to-dial. "
            "Deploy that version."
        ) from error


def _from_run(run: CompletedRun) -> Item:
    return {
        "M": {
            "run": {"N": str(run.number)},
            "previous": {"N": str(run.previous)},
            "definition": {"S": run.definition},
            "entries": {"N": str(run.entries)},
            "began_at": {"N": f"{run.began_at:.3f}"},
            "ended_at": {"N": f"{run.ended_at:.3f}"},
        }
    }


def _to_run(item: Item) -> CompletedRun:
    return CompletedRun(
        number=int(item["run"]["N"]),
        previous=int(item["previous"]["N"]),
        definition=item["definition"]["S"],
        entries=int(item["entries"]["N"]),
        began_at=float(item["began_at"]["N"]),
        ended_at=float(item["ended_at"]["N"]),
    )


def _from_body(body: BlobRef, prefix: str = "") -> Item:
    return {f"{prefix}hash": {"S": body.hash}, f"{prefix}chunks": {"N": str(body.chunks)}}


def _to_body(item: Item, prefix: str = "") -> BlobRef:
    return BlobRef(item[f"{prefix}hash"]["S"], int(item[f"{prefix}chunks"]["N"]))
