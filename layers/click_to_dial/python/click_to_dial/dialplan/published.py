"""Published dial plans: which one is active, and what the stored versions consist of."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class BlobRef:
    """A reference to a stored text: the SHA-256 of its UTF-8 form and its number of chunks."""

    hash: str
    chunks: int


@dataclass(frozen=True)
class CachedMapping:
    """The entries of a mapping kept in Salesforce, as of `read_at`, an ISO 8601 time."""

    body: BlobRef
    entries: int
    read_at: str


@dataclass(frozen=True)
class ActivePlan:
    """The active dial plan. `revision` counts all changes, also those of cached mappings."""

    revision: int
    version: int
    body: BlobRef
    mappings: Mapping[str, CachedMapping]
    activated_at: str
    activated_by: str


@dataclass(frozen=True)
class Version:
    """A published plan: `body` is the document that is loaded, `source` the YAML it came from."""

    number: int
    body: BlobRef
    source: BlobRef
    author: str
    published_at: str
    comment: str
