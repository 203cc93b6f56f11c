"""Keep the children of one command running: start them, replace the dead ones, change to new code, stop them all.

Every child is a fork with an event loop of its own. All accept on the one socket that the supervisor holds, so what a
dead child had not accepted yet is taken by the next. A restart executes the supervisor's own command line again, in
the same process: the socket and the running children are handed over, then replaced one by one.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from .child import FAILED, FAILED_TO_START, PREPARED, READY, SIGNALS, Assignment, Child, Echo, flush, live
from .handover import Handover, Signals, command_line
from .mail import Mail

MAX_DEATHS = 10
OLD_SECONDS = 60.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 5.0
KILL_AFTER_SECONDS = 5.0
READY_SECONDS = 120.0
"""A new process may have to learn intents first; the old one goes on meanwhile."""
REHEARSAL_SECONDS = 60.0
PATIENCE_SECONDS = 15.0
TICK_SECONDS = 0.02

REHEARSAL = "HOOKLINE_REHEARSAL"
_DONE = object()


@dataclass(frozen=True, slots=True)
class Plan:
    """Say how many children there are, and how they end. *is_exclusive*: only one at a time can have the store.

    Besides the ``processes`` that do the work there are so many ``fronts``. ``memory`` is how many MiB each may take,
    None as many as it wants. ``mail`` is what fronts and workers share, and a restart passes on. ``prepare`` imports
    what a worker needs and a front doesn't, before the first worker is forked: every later one has it at once.
    """

    grace: float
    processes: int = 1
    fronts: int = 0
    is_exclusive: bool = False
    welcome: str = ""
    memory: int | None = None
    longest_pause: float = LONGEST_PAUSE_SECONDS
    mail: Mail | None = None
    prepare: Callable[[], object] = lambda: None


@dataclass(slots=True)
class _Slot:
    index: int
    is_front: bool = False
    has_been_ready: bool = False
    child: Child | None = None
    successor: Child | None = None
    predecessor: str | None = None
    young: int = 0
    due_at: float = 0.0


def is_rehearsal() -> bool:
    """Say whether this process is only to prove that the command could start: it ends before it opens anything."""
    return REHEARSAL in os.environ


def supervise(
    serve: Callable[[Assignment], int],
    plan: Plan,
    echo: Echo,
    listener: socket.socket | None = None,
    handover: Handover | None = None,
    admin: socket.socket | None = None,
) -> int:
    """Run *serve* in child processes, again and again until told to stop; return the exit status.

    A child that dies is started anew, after a pause that grows while its slot's children die young. It all ends when
    none was ever ready and one says that it can't be (FAILED_TO_START), or ten of one slot died. SIGTERM and SIGINT
    stop all; a child that doesn't end within *grace* and five seconds is killed, and one whose supervisor is killed
    ends cleanly. SIGHUP lets the children reload; when one says that it takes new code, all restart, after a
    rehearsal. *echo* says the *welcome* when the first child is ready, and what goes wrong. *listener*, *admin*
    and *handover* are what a restart passes on, and what it passed on to this process.
    """
    return _Supervisor(serve, plan, echo, listener, handover, admin).run()


class _Supervisor:
    def __init__(
        self,
        serve: Callable[[Assignment], int],
        plan: Plan,
        echo: Echo,
        listener: socket.socket | None,
        handover: Handover | None,
        admin: socket.socket | None,
    ) -> None:
        self._serve = serve
        self._plan = plan
        self._echo_to = echo
        self._listener = listener
        self._admin = admin
        self._has_terminal = sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()
        self._slots = [_Slot(index, index >= plan.processes) for index in range(plan.processes + plan.fronts)]
        self._children: list[Child] = []
        self._has_been_ready = False
        self._is_stopping = False
        self._status = 0
        self._roster: int | None = None
        self._stop_at = 0.0
        self._wants_reload = False
        self._wants_restart = False
        self._work: Generator[None, None, None] | None = None
        if handover is not None:
            self._adopt(handover)
        self._signals = Signals()

    def run(self) -> int:
        """Return the exit status when all children have ended."""
        while True:
            self._obey(self._signals.taken())
            self._listen()
            self._reap()
            self._kill_late()
            if self._is_stopping:
                self._stop_workers()
            if self._is_stopping and not self._children:
                self._let_go()
                return self._status
            if not self._is_stopping:
                self._start_due()
                self._go_on()
            self._signals.wait((child.line for child in self._children if not child.is_silent), self._patience())

    def _let_go(self) -> None:
        """Free the addresses, whoever else has inherited the listeners."""
        pages = None if self._plan.mail is None else self._plan.mail.pages
        for listener in (self._listener, self._admin, pages):
            if listener is not None:
                with suppress(OSError):
                    listener.shutdown(socket.SHUT_RDWR)

    def _adopt(self, handover: Handover) -> None:
        self._has_been_ready = handover.has_been_ready
        self._children.extend(handover.children)
        for child in handover.children:
            if child.slot < len(self._slots):
                self._slots[child.slot].child = child
        self._work = self._roll(handover.children)

    def _obey(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            if number == signal.SIGINT and self._has_terminal:
                self._echo("", is_error=True)  # what is said next shall not stand behind the terminal's ^C
            if number in (signal.SIGTERM, signal.SIGINT) or (number == signal.SIGHUP and self._has_hung_up()):
                self._stop(0)
            elif number == signal.SIGHUP:
                self._wants_reload = True

    def _has_hung_up(self) -> bool:
        """Say whether SIGHUP has its first meaning: the terminal is gone."""
        return self._has_terminal and not os.isatty(0)

    def _stop(self, status: int) -> None:
        if self._is_stopping:
            return
        self._is_stopping = True
        self._status = status
        self._stop_at = time.monotonic()
        if self._work is not None:
            self._work.close()
        for child in self._children:
            if child.is_front:
                child.tell_to_stop()

    def _stop_workers(self) -> None:
        """Stop the workers once no front is left, so that what was answered is taken in; or when that takes long."""
        is_late = time.monotonic() >= self._stop_at + self._plan.grace / 2
        if any(child.is_front for child in self._children) and not is_late:
            return
        for child in self._children:
            if child.told_at is None:
                child.tell_to_stop()

    def _listen(self) -> None:
        for child in self._children:
            if not child.is_silent:
                roster = child.hear()
                if roster is not None:
                    self._pass_on(roster)
            if child.wants_restart and self._work is None:  # else it is one of several that the restart is for
                self._wants_restart = True
            child.wants_restart = False
            if child.stage == READY and child.slot < len(self._slots):
                self._slots[child.slot].has_been_ready = True
        if not self._has_been_ready and self._are_all_kinds_ready():
            self._has_been_ready = True
            if self._plan.welcome:
                self._echo(self._plan.welcome)

    def _are_all_kinds_ready(self) -> bool:
        kinds = {slot.is_front for slot in self._slots}
        return kinds == {slot.is_front for slot in self._slots if slot.has_been_ready}

    def _pass_on(self, roster: int) -> None:
        """Let all fronts know what a worker has handed over, and keep it for those that come."""
        if self._roster is not None:
            os.close(self._roster)
        self._roster = roster
        for child in self._children:
            if child.is_front:
                child.pass_on(roster)

    def _reap(self) -> None:
        for child in [*self._children]:
            ended, status = os.waitpid(child.pid, os.WNOHANG)
            if ended:
                child.status = os.waitstatus_to_exitcode(status)
                child.line.close()
                self._children.remove(child)
                self._ended(child, child.status)

    def _ended(self, child: Child, status: int) -> None:
        slot = self._slots[child.slot]
        if self._is_stopping:
            is_clean = status in (0, -signal.SIGTERM)  # the latter before it had begun to do anything
            self._status = self._status or (0 if is_clean else max(status, 1))
        elif slot.child is child:
            self._died(slot, child, status)

    def _died(self, slot: _Slot, child: Child, status: int) -> None:
        is_hopeless = not self._has_been_ready
        if is_hopeless and status == FAILED_TO_START:
            self._stop(status)
            return
        what = "a front" if slot.is_front else "the host"
        self._say(f"{what} died ({self._cause_of_death(status)}); starting it again")
        slot.child, slot.successor = slot.successor, None
        slot.predecessor = child.worker if child.stage == READY else child.predecessor or child.worker
        now = time.monotonic()
        slot.young = 1 if now - child.begun_at > OLD_SECONDS else slot.young + 1
        slot.due_at = now + min(FIRST_PAUSE_SECONDS * 2 ** (slot.young - 1), self._plan.longest_pause)
        if is_hopeless and slot.young >= MAX_DEATHS:
            self._say(f"it died {MAX_DEATHS} times and was never ready; giving up")
            self._stop(FAILED)

    def _cause_of_death(self, status: int) -> str:
        if status == -signal.SIGABRT and self._plan.memory is not None:
            return f"{_cause(status)}, probably too little memory: --memory {self._plan.memory}"
        if status == -signal.SIGPROF:
            return f"{_cause(status)}: something held the interpreter; where is said above"
        return _cause(status)

    def _kill_late(self) -> None:
        latest = time.monotonic() - self._plan.grace - KILL_AFTER_SECONDS
        for child in self._children:
            if child.told_at is not None and child.told_at < latest:
                os.kill(child.pid, signal.SIGKILL)

    def _start_due(self) -> None:
        for slot in sorted(self._slots, key=lambda slot: not slot.is_front):  # which are up at once, and answer already
            if slot.child is None and slot.due_at <= time.monotonic():
                slot.child = self._spawn(slot, slot.predecessor)
                if slot.child is None:
                    slot.due_at = time.monotonic() + LONGEST_PAUSE_SECONDS

    def _go_on(self) -> None:
        """Begin a reload or a restart, or go on with the one that is under way."""
        if self._work is None and self._wants_reload:
            self._wants_reload = False
            self._reload()
        if self._work is None and self._wants_restart:
            self._wants_restart = False
            self._work = self._restart()
        if self._work is not None and next(self._work, _DONE) is _DONE:
            self._work = None

    def _reload(self) -> None:
        """Let the children read the configuration anew; what they can't do so, a restart does."""
        workers = [slot for slot in self._slots if not slot.is_front]
        if all(slot.child is not None and slot.child.stage == READY for slot in workers):
            for child in self._children:
                if not child.is_front:
                    child.tell_to_reload()
        else:
            self._wants_restart = True

    def _patience(self) -> float | None:
        """Return for how many seconds to wait for a signal or a child's word; None is for ever."""
        is_waiting = any(slot.child is None for slot in self._slots)
        is_busy = self._is_stopping or self._wants_reload or self._wants_restart or self._work is not None or is_waiting
        return TICK_SECONDS if is_busy else None

    def _restart(self) -> Generator[None, None, None]:
        """Rehearse the start in a fresh process; if that goes well, execute it here. Each yield waits a little."""
        rehearsal = subprocess.Popen(  # noqa: S603  our own command line
            command_line(), env={**os.environ, REHEARSAL: "1"}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        end = time.monotonic() + REHEARSAL_SECONDS
        try:
            while rehearsal.poll() is None and time.monotonic() < end:
                yield
        finally:
            rehearsal.kill()
            status = rehearsal.wait()
        if status:
            self._say(f"the new configuration or code can't be used ({_cause(status)}); the old goes on")
            return
        while (
            not (self._wants_reload or self._wants_restart) and not self._is_executed()
        ):  # told again meanwhile: rehearse again
            yield

    def _is_executed(self) -> bool:
        """Hand over to the new program, or return False when a signal has to be dealt with first."""
        if not self._signals.hold():
            return False
        try:
            Handover(
                self._listener,
                self._children,
                self._has_been_ready,
                self._admin,
                self._plan.mail,
            ).execute()
        except OSError as error:
            self._say(f"can't start the new program: {error}; the old goes on")
        self._signals.release()
        return True

    def _roll(self, old: Sequence[Child]) -> Generator[None, None, None]:
        """Replace the *old* children one at a time, until one can't be replaced."""
        for child in old:
            if child.slot >= len(self._slots):  # there were more before
                child.tell_to_stop()
                continue
            slot = self._slots[child.slot]
            if slot.child is child and not (yield from self._is_replaced(slot, child)):
                return
        self._say("restarted: everything runs with the new configuration")

    def _is_replaced(self, slot: _Slot, old: Child) -> Generator[None, None, bool]:
        """Start a new child beside the *old* one, which is told to stop when the new one needs no more of it."""
        new = slot.successor = self._spawn(slot, None)
        if new is None:
            return False
        stage = PREPARED if self._plan.is_exclusive and not slot.is_front else READY
        end = time.monotonic() + READY_SECONDS
        while new.status is None and new.stage < stage and time.monotonic() < end:
            yield
        if new.status is not None or new.stage < stage:
            slot.successor = None
            self._give_up(new)
            return False
        slot.child, slot.successor = new, None
        if old.status is None:
            old.tell_to_stop()
        while old.status is None or (new.status is None and new.stage < READY):
            yield
        return new.status is None

    def _give_up(self, new: Child) -> None:
        reason = (
            f"was not ready in {READY_SECONDS:.0f} seconds" if new.status is None else self._cause_of_death(new.status)
        )
        self._say(f"the new host can't be used ({reason}); the old one goes on")
        if new.status is None:
            os.kill(new.pid, signal.SIGKILL)

    def _spawn(self, slot: _Slot, predecessor: str | None) -> Child | None:
        """Fork a child, which has the checked configuration at once; None when the system has no room for one."""
        if not slot.is_front:
            self._plan.prepare()
        has_store = self._plan.is_exclusive and not slot.is_front
        is_following = has_store and self._has_been_ready  # another of ours may still have it
        patience = self._plan.grace + PATIENCE_SECONDS if is_following else 0.0
        worker = f"{socket.gethostname()}:{os.getpid()}:{slot.index}:{secrets.token_hex(4)}"
        ours, theirs = socket.socketpair()
        flush()
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # until both sides know what to do with one
        try:
            pid = os.fork()
            if not pid:
                given = Assignment(theirs, worker, predecessor, patience, slot.index, slot.is_front, self._roster)
                live(self._serve, given, [ours, *self._lines()])
        except OSError as error:
            self._say(f"can't start a process: {error.strerror}")
            ours.close()
            return None
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            theirs.close()
        ours.setblocking(False)
        child = Child(slot.index, pid, ours, worker, predecessor, slot.is_front)
        self._children.append(child)
        return child

    def _lines(self) -> list[socket.socket]:
        return [child.line for child in self._children]

    def _say(self, text: str) -> None:
        self._echo(f"hookline: {text}", is_error=True)

    def _echo(self, text: str, *, is_error: bool = False) -> None:
        """Say *text*, or lose it: whoever supervises must not end because a disk is full."""
        with suppress(OSError, ValueError):
            self._echo_to(text, err=is_error)


def _cause(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
