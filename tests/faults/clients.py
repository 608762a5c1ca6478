"""Senders that keep what was not acknowledged and send it again unchanged, until it is."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

PATIENCE = (
    150.0  # seconds for everything, or as many for a kill as a busy machine needs to start the web again
)
FOR_A_KILL = 20.0


class Sender(threading.Thread):
    """Sends requests one after the other; `(path, body)` each, with how many facts it holds."""

    def __init__(
        self,
        port: int,
        requests: Sequence[tuple[str, dict[str, Any], int]],
        headers: dict[str, str],
        *,
        kills: int = 0,
    ) -> None:
        super().__init__(daemon=True)
        self.port, self.requests, self.headers = port, requests, headers
        self.total = sum(count for _, _, count in requests)
        self.patience = max(PATIENCE, kills * FOR_A_KILL)
        self.acknowledged = 0
        self.gate = 1.0
        """The share of the facts that may be sent for now."""
        self.attempts = 0
        self.refusals: dict[str, int] = {}
        self.wrong: list[str] = []
        self._link: http.client.HTTPConnection | None = None

    def run(self) -> None:
        """All requests, in their order."""
        try:
            self._run()
        finally:
            self._hang_up()

    def _hang_up(self) -> None:
        if self._link:
            self._link.close()
        self._link = None

    def _run(self) -> None:
        end = time.monotonic() + self.patience
        for path, body, count in self.requests:
            while self.acknowledged > self.gate * self.total and time.monotonic() < end:
                time.sleep(0.01)
            while not self._send(path, json.dumps(body).encode()):
                if self.wrong or time.monotonic() > end:
                    return
                time.sleep(0.05)
            self.acknowledged += count

    def _send(self, path: str, body: bytes) -> bool:
        """Whether it was taken, all of it."""
        self.attempts += 1
        try:
            if self._link is None:
                self._link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            self._link.request("POST", path, body, {"Content-Type": "application/json", **self.headers})
            answer = self._link.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._hang_up()
            return self._refused(type(error).__name__)
        if answer.status == 202:
            if said and json.loads(said).get("rejected"):
                self.wrong.append(said.decode())
            return True
        if answer.status < 500 and answer.status != 429:
            self.wrong.append(f"{answer.status} {said.decode(errors='replace')}")
        return self._refused(str(answer.status))

    def _refused(self, why: str) -> bool:
        self.refusals[why] = self.refusals.get(why, 0) + 1
        return False


def batches(facts: Sequence[dict[str, Any]], sizes: Callable[[], int]) -> list[list[dict[str, Any]]]:
    """The facts cut into batches of these sizes."""
    found, at = [], 0
    while at < len(facts):
        size = sizes()
        found.append(list(facts[at : at + size]))
        at += size
    return found
