"""One run of one command: its settings, its session, its answer in the format asked for, its failures.

Every command's signature names a `Run`, and completion reads signatures: what a run loads, it loads when it acts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace

from vmident.cli.config.settings import Output, subscription_in
from vmident.cli.config.settings_of_run import settings_of
from vmident.cli.console import Console
from vmident.cli.inputs.encoding import decoded
from vmident.cli.inputs.kinds import Kind
from vmident.cli.options.shared import Options
from vmident.cli.runtime import Runtime
from vmident.core.naming import GROUP_NAME, SUBSCRIPTION_NAME, checked_name
from vmident.errors import Declined, ExitCode, Interrupted, QueryFailed, UnexpectedError, UsageError, VmidentError
from vmident.render.line import Line, error_lines

if TYPE_CHECKING:
    from vmident.cli.composition.session import Session
    from vmident.core.resource_id import ResourceId

T = TypeVar("T")


class FailedAfterWrite(OSError):
    """An error of the operating system after a request was sent that may change something."""


class Run:
    """One run of one command; made by `command.as_typer_command`."""

    def __init__(self, runtime: Runtime, options: Options) -> None:
        terminal = runtime.terminal
        self.runtime = runtime
        self.console = Console(
            terminal,
            runtime.monotonic,
            verbose=options.verbose,
            debug=options.debug,
            only_errors=options.only_show_errors,
        )
        self._options = options
        self._sessions: list[Session] = []
        self._output = options.output or Output.AUTO
        self._explained: set[str] = set()
        self.answer_was_unfit = False

    def open(self, *, selecting: bool | None = None, yes: bool = False, kind: Kind = Kind.VM) -> Session:
        """Work out the settings and make the session; nothing is sent yet.

        `selecting` says whether it is to select VMs, `None` that the command never does. `yes` answers what it would
        ask, `kind` says what bare names and selectors mean. Raises `UsageError` for several subscriptions where it does
        not select.
        """
        from vmident.cli.composition.session import Session

        self._check_place()
        if self._options.several_subscriptions and not selecting:
            if selecting is None:
                raise UsageError(
                    "This command takes a single subscription.",
                    hint="Use --subscription once, with a name or ID.",
                )
            raise UsageError(
                "Several subscriptions can only be used with selectors.",
                hint="Use one --subscription, or select VMs with --tag, --where, or --all.",
            )
        settings = settings_of(self._options.overrides, self.runtime)
        self._output = settings.output
        if self._options.query is not None:
            from vmident.render.formats import compiled_query

            compiled_query(self._options.query)
        session = Session(
            self.runtime, settings, self.console, timeout=self._options.timeout, yes=yes, kinds=kind.kinds
        )
        self._sessions.append(session)
        return session

    def _check_place(self) -> None:
        """Check the names that options of every command give, also where the command has no use for them."""
        if self._options.group is not None:
            checked_name(self._options.group, GROUP_NAME)
        for one in self._options.subscription or ():
            checked_name(subscription_in(one), SUBSCRIPTION_NAME)

    def read_input(self) -> str:
        """Read all of standard input as text; raises `UsageError` for what is none."""
        try:
            return decoded(self.runtime.read_input())
        except UnicodeDecodeError as bad:
            raise UsageError("Standard input is not UTF-8 or UTF-16 text.", hint="Send it as UTF-8.") from bad

    @property
    def group_given(self) -> str | None:
        """The group that `-g` named on the command line; never the default one."""
        return self._options.group

    @property
    def subscriptions_given(self) -> tuple[str, ...]:
        """The subscriptions that `--subscription` names on the command line."""
        return tuple(map(subscription_in, self._options.subscription or ()))

    @property
    def default_subscription_origin(self) -> str | None:
        """The source of the subscription setting for commands without `--subscription`, read anew."""
        overrides = replace(self._options.overrides, subscription=None)
        return settings_of(overrides, self.runtime).origins.get("subscription")

    @property
    def several_subscriptions(self) -> tuple[str, ...]:
        """The subscriptions named where they are several, or `all`."""
        return self._options.several_subscriptions

    @property
    def subscription_options(self) -> list[str]:
        """The words that named the subscription on the command line."""
        return [word for one in self._options.subscription or () for word in ("--subscription", one)]

    @property
    def output(self) -> Output:
        """The format of the answer, `auto` worked out: a query picks from a document, so it is JSON for people too."""
        if self._output is not Output.AUTO:
            return self._output
        return Output.HUMAN if self.runtime.terminal.output and self._options.query is None else Output.JSON

    @property
    def width_columns(self) -> int | None:
        """The width of the terminal that shows the answer; `None` off a terminal, where nothing is cut."""
        return self.runtime.terminal.width_now if self.runtime.terminal.output else None

    def answer(self, document: Any, *, rows: Any, lines: Callable[[], Iterable[Line]]) -> None:
        """Print the answer: `document` for JSON and YAML, `rows` for a table and tsv, `lines` for people."""
        from vmident.render.formats import as_json, as_table, as_tsv, as_yaml, queried, without_ids

        output, query = self.output, self._options.query
        if output is Output.HUMAN and query is None:
            self.console.answer_lines(lines())
            return
        try:
            picked = queried(document, query)
            flat = rows if query is None else picked
        except QueryFailed as unfit:
            # What was done stands: better the whole answer than none.
            self.failed(unfit)
            self.answer_was_unfit = True
            picked, flat = document, rows
        drawings: dict[Output, Callable[[], str]] = {
            Output.HUMAN: lambda: as_json(picked),
            Output.JSON: lambda: as_json(picked),
            Output.JSONC: lambda: self.console.coloured_json(as_json(picked)),
            Output.YAML: lambda: as_yaml(picked),
            Output.TABLE: lambda: as_table(
                without_ids(flat) if self._options.query is None else flat, width_columns=self.width_columns
            ),
            Output.TSV: lambda: as_tsv(flat),
            Output.NONE: lambda: "",
        }
        self.console.answer(drawings[output]())

    def answer_each(
        self,
        items: Iterable[T],
        *,
        document: Callable[[T], Any],
        row: Callable[[T], Any],
        lines: Callable[[Sequence[Any]], Iterable[Line]],
    ) -> None:
        """Print an array of items that come one by one, as `answer` would; `lines` is given the rows of all.

        Keep only what will be printed of each item, and print it after the last one. If an item fails, nothing is
        printed, so that a script never takes part of the output for all of it.
        """
        from vmident.render.formats import as_tsv, json_array_parts, yaml_array_parts

        output = self.output
        if self._options.query is not None or output in {Output.JSONC, Output.NONE}:
            pairs = [(document(one), row(one)) for one in items]
            rows = [one for _, one in pairs]
            self.answer([one for one, _ in pairs], rows=rows, lines=lambda: lines(rows))
        elif output in {Output.HUMAN, Output.TABLE}:
            rows = [row(one) for one in items]
            self.answer(None, rows=rows, lines=lambda: lines(rows))
        else:
            parts: dict[Output, Callable[[], Iterable[str]]] = {
                Output.JSON: lambda: json_array_parts(map(document, items)),
                Output.YAML: lambda: yaml_array_parts(map(document, items)),
                Output.TSV: lambda: (as_tsv([row(one)]) for one in items),
            }
            self.console.answer_parts([*parts[output]()])

    def answer_file(self, document: Any, *, text: str, rows: Any) -> None:
        """Print an answer that can be kept as a file: `text`, unless another format or a query is asked for."""
        if self._output in {Output.AUTO, Output.HUMAN} and self._options.query is None:
            self.console.answer(text)
            return
        self.answer(document, rows=rows, lines=lambda: ())

    def ask_secret(self, question: str, *, hint: str = "Run the command again.") -> str:
        """Ask on the terminal for what is not to show there; raises `UsageError` with this hint for nothing typed."""
        self.console.quiet()
        try:
            typed = self.runtime.read_secret(question)
        except EOFError:
            typed = ""
        if not typed:
            raise UsageError("No input.", hint=hint)
        return typed

    def failed(self, error: VmidentError) -> None:
        """Report a failure that has no result on standard output, as one JSON document or as text."""
        from vmident.render.document import error_document
        from vmident.render.formats import as_json_line

        self._trace_unexpected(error)
        if isinstance(error, Declined):
            # The user who answered 'no' knows why.
            self.console.note([Line(error.message)])
        elif self.output in {Output.JSON, Output.JSONC, Output.YAML} and not self.runtime.terminal.error:
            self.console.note_document(as_json_line({"error": error_document(error)}))
        elif isinstance(error, Interrupted) and not error.hint:
            self.console.note([Line(error.message)])
        else:
            self.console.note(error_lines(error))

    def code_after_answer(self, code: ExitCode) -> ExitCode:
        """Return the exit code of a command that has answered: a query that did not fit is a failure of its own."""
        return ExitCode.FAILED if self.answer_was_unfit and code is ExitCode.DONE else code

    def explain(self, error: VmidentError, about: str | None = None, names: str | None = None) -> None:
        """Report a failure: what failed and why, for which VMs, what to do."""
        self._trace_unexpected(error)
        if isinstance(error, Interrupted) and not error.hint and about is None:
            self.console.note([Line(error.message)])
        else:
            self.console.note(error_lines(error, about, names))

    def explain_vm(self, error: VmidentError, vm: ResourceId | None) -> None:
        """Report the failure of one VM of several under its name.

        One that is about no VM in particular, such as a missing sign-in, has no name and is reported once.
        """
        if vm and not error.ends_run:
            self.explain(error, about=vm.name)
        elif error.message not in self._explained:
            self._explained.add(error.message)
            self.explain(error)

    def _trace_unexpected(self, error: VmidentError) -> None:
        """Print the traceback of an exception that vmident did not foresee, under `--debug`."""
        if isinstance(error, UnexpectedError) and error.__cause__:
            import traceback

            for line in "".join(traceback.format_exception(error.__cause__)).splitlines():
                self.console.trace(line)

    @property
    def has_written(self) -> bool:
        """Return whether a request that may change something was sent."""
        return any(one.ports.has_written for one in self._sessions)

    def close(self) -> None:
        """Close what was opened, the progress line included."""
        self.console.quiet()
        for session in self._sessions:
            session.close()


def one_or_all(items: Sequence[Any], *, named_one: bool) -> Any:
    """Return an object for one VM named, an array for several or a selection."""
    return items[0] if named_one and len(items) == 1 else list(items)
