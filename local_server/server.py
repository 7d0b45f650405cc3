"""What is served where, and to whom it is refused: workloads by name, places by path. Nothing here knows a protocol."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus

from harness.draws import moved
from harness.faults import Faults, fixed_places
from harness.workload import MOST_BYTES
from local_server.answers import Answer, Reply, Served, redirect
from local_server.faulty import AT_ONCE, faulty
from local_server.listeners import Origin
from local_server.witness import Head, Witness

SECRET_BYTES = 16  # in the paths of a workload: nobody guesses them, so all that asks for one was told it
MOST_HELD_BYTES = (
    MOST_BYTES + 2**27
)  # of all workloads together: those of a plan, and what a ceiling is probed with


@dataclass(slots=True)
class Place:
    """A URL and what it gives now.

    Attributes:
        origin: where alone it is given; ``address`` its host and port.
        faults: how they are played.
        redirect: what sends on to another place; None if the image is given here.
        is_plain: whether all that it gives is sent at once, on a connection that is kept.
    """

    origin: Origin
    path: str
    witness: Witness
    answer: Answer
    faults: Faults
    redirect: Reply | None = None
    address: tuple[str, int] = field(init=False)
    url: str = field(init=False)
    is_plain: bool = field(init=False)
    _replies: int = field(init=False)  # of an answer that has a fault

    def __post_init__(self) -> None:
        self.address = self.origin.host, self.origin.port
        self.url = f"{self.origin}{self.path}"
        self.give(self.answer)

    def give(self, answer: Answer) -> None:
        """From now on give this, from its first attempt."""
        self.answer = answer
        self._replies = 0
        self.is_plain = self.redirect is not None or (
            not answer.wait_s and (answer.met is None or answer.met.fault in AT_ONCE)
        )

    def reply(self, head: Head) -> Reply:
        """What a client gets that sent this head; to be asked once for each request."""
        if self.redirect is not None:
            return self.redirect
        answer = self.answer
        if answer.met is not None:
            self._replies += 1
            if answer.met.is_met(self._replies - 1):
                return faulty(answer.met.fault, answer.plain, self.url, self.faults)
        if answer.zipped is not None and "gzip" in head.headers.get("accept-encoding", ""):
            return answer.zipped
        return answer.plain

    @property
    def wait_s(self) -> float:
        """Thinking time before the first byte of the reply."""
        return 0.0 if self.redirect else self.answer.wait_s


@dataclass(frozen=True, slots=True)
class Workload:
    """Images that are being served, and what was seen of them.

    Attributes:
        secret: first segment of its paths; of the same length for all.
        places: one for each image, as they are asked for.
        targets: where the image of each place is found: there, or where it sends on to.
    """

    witness: Witness
    secret: str
    places: Sequence[Place]
    targets: Sequence[Place]


class ImageServer:
    """All workloads by name, and all their images by path.

    Attributes:
        places: by path.
        strangers: requests since the last reading that neither ask for a workload's image nor may control.
    """

    def __init__(self) -> None:
        self.workloads: dict[str, Workload] = {}
        self._by_secret: dict[str, Workload] = {}
        self.places: dict[str, Place] = {}
        self.strangers = 0
        self._held: dict[str, int] = {}  # workload -> bytes of its images, also of those that are being made

    def claim(self, name: str, image_bytes: int) -> None:
        """Make room for the images of a workload before they are made; what it had before is served no longer.

        Args:
            name: of the workload.
            image_bytes: of all its images together.

        Raises:
            ValueError: they do not fit beside those of the other workloads.
        """
        self.remove(name)
        held = sum(self._held.values())
        if held + image_bytes > MOST_HELD_BYTES:
            raise ValueError(
                f"its images have {image_bytes:,} bytes and those of other workloads {held:,}; "
                f"together they may have {MOST_HELD_BYTES:,}"
            )
        self._held[name] = image_bytes

    def add(
        self, name: str, served: Served, origins: Sequence[Origin], wrong_addresses: Mapping[str, Origin]
    ) -> Workload:
        """Serve these images, instead of those that this workload had before.

        Args:
            origins: that give the images in turn.
            wrong_addresses: fault of an address -> where the URL of an image leads that meets it.

        Raises:
            ValueError: they do not fit beside those of the other workloads.
        """
        self.claim(name, sum(answer.size for answer in served.answers))
        secret, witness = secrets.token_urlsafe(SECRET_BYTES), Witness()
        places, targets = [], []
        for number, (file, answer) in enumerate(zip(served.files, served.answers, strict=True)):
            origin = origins[number % len(origins)]
            if answer.met is not None:
                origin = wrong_addresses.get(answer.met.fault, origin)
            place = partial(Place, witness=witness, answer=answer, faults=served.faults)
            path = f"/{secret}/{file}"
            asked = target = place(origin, path)
            if sent_to := served.redirects[number]:
                other = origins[(number + (sent_to == "other host")) % len(origins)]
                target = place(other, f"/{secret}/found/{file}")
                asked = place(origin, path, redirect=redirect(served.http, target.url))
            places.append(asked)
            targets.append(target)
        workload = self.workloads[name] = self._by_secret[secret] = Workload(witness, secret, places, targets)
        self.places |= {place.path: place for place in (*places, *targets)}
        return workload

    def move(self, workload: Workload, seed: int) -> None:
        """From now on let each path give another image; so nobody has its body from an earlier time."""
        answers = [target.answer for target in workload.targets]
        answers = moved(answers, seed, fixed_places([answer.met for answer in answers]))
        for place, target, answer in zip(workload.places, workload.targets, answers, strict=True):
            place.give(answer)
            target.give(answer)

    def remove(self, name: str) -> bool:
        """Serve this workload no longer; False if there is none."""
        self._held.pop(name, None)
        workload = self.workloads.pop(name, None)
        if workload is None:
            return False
        del self._by_secret[workload.secret]
        for path in {place.path for place in (*workload.places, *workload.targets)}:
            del self.places[path]
        return True

    def asked(self, path: str, method: str, address: tuple[str, int]) -> Place | HTTPStatus:
        """Return the place that a request is for, or why it is refused.

        Args:
            address: of ours, to which it came.
        """
        place = self.places.get(path)
        if place is None:
            return HTTPStatus.NOT_FOUND
        if method != "GET":
            return HTTPStatus.METHOD_NOT_ALLOWED
        return place if place.address == address else HTTPStatus.MISDIRECTED_REQUEST

    def witness_of(self, path: str) -> Witness | None:
        """Who counts a request for this path: below a workload also one that is refused, so that no client can hide it."""
        workload = self._by_secret.get(path.split("/")[1] if "/" in path else "")
        return workload.witness if workload else None
