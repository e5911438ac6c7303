"""Which request is being answered, for whoever writes something down: logs and the audit trail."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """Where something came from: the request's id and the visitor's address; "" where unknown."""

    request_id: str = ""
    address: str = ""


NOWHERE = Source()
current: ContextVar[Source] = ContextVar("source", default=NOWHERE)
