"""The loop: the messages so far → the model → what it asks for → the results as the next message, until it is done."""

import asyncio
import base64
from typing import TYPE_CHECKING, Final

from activities.agent_chat.access import ContextTooLong, ModelAccess, ToolsUnknown, was_billed
from activities.agent_chat.fenced import read_call
from activities.agent_chat.talk import Talk
from activities.agent_chat.tools import GIVE_UP, BadCall, Toolbox
from activities.agent_runs.backend import AgentBench, BackendEnd
from activities.agent_runs.prices import TokenUse, context_window, dollars, is_priced, worst_price
from activities.agent_runs.prompts import fenced_protocol
from activities.agent_runs.records import RecordedAnswer, RunCheckpoint
from activities.agent_runs.worktree import KeptFiles, kept_files, put_back
from activities.errors import UserError

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelResponse

_CUT_OFF: Final = (
    "Your answer was cut off, since it was longer than {most:,} tokens, and nothing of it was done. Do less at once: "
    "change places of a file with `edit` instead of writing it as a whole."
)
_NOTHING_SAID: Final = "Your answer was empty. Call a tool, or say what you did and end."
_TOO_LONG: Final = "The task needs more text at once than the model can read."
_NO_TOOLS: Final = "The endpoint refuses tool calls of a model that has made some."


class ChatRun:
    """Of one task."""

    def __init__(self, bench: AgentBench, access: ModelAccess) -> None:
        self._bench = bench
        self._access = access
        self._kept = KeptFiles()
        self._talk = Talk(fenced=not bench.model.tools)
        self._tools = Toolbox(bench)

    async def run(self) -> BackendEnd:
        """Goes on where an earlier attempt was. Raises LimitReached, ModelUnavailable and UserError."""
        await asyncio.to_thread(self._begin)
        while True:
            try:
                response = await self._answer()
            except ContextTooLong:
                return BackendEnd("gave_up", _TOO_LONG)
            if end := await self._follow(response):
                return end

    def _begin(self) -> None:
        earlier = self._bench.records.checkpoint()
        if earlier is None or not earlier.messages:
            self._start_talk()
            return
        self._talk = Talk.resumed(earlier.messages)
        self._tools = Toolbox(self._bench, self._talk.misses)
        files = {path: None if text is None else base64.b64decode(text) for path, text in earlier.files.items()}
        self._kept = KeptFiles(files, frozenset(earlier.executable))
        put_back(self._kept, self._bench.tree)

    def _start_talk(self) -> None:
        task = self._bench.task
        protocol = fenced_protocol(writes=task.writes) if self._talk.fenced else ""
        rules = f"The repository's own rules for agents:\n\n{task.rules}" if task.rules else ""
        files = f"Files of interest: {', '.join(task.files)}" if task.files else ""
        self._talk.begin(
            "\n\n".join(part for part in (self._bench.prompt, protocol) if part),
            "\n\n".join(part for part in (rules, files, task.text) if part),
        )

    async def _answer(self) -> "ModelResponse":
        """What the model says next. An endpoint without tool calls is spoken to in text from then on; where the
        messages are too long for it, the oldest results are left out."""
        talk = self._talk
        if window := context_window(self._bench.model):
            room = max(1, window - self._bench.model.max_output_tokens)
            if talk.tokens > room and not talk.forget(int(room / talk.ratio * 0.7)):
                raise ContextTooLong
        while True:
            try:
                return await self._call()
            except ToolsUnknown:
                if talk.fenced or len(talk.messages) > 1:
                    raise UserError(_NO_TOOLS) from None
                talk.fenced = True
                self._start_talk()
            except ContextTooLong:
                if not talk.forget(talk.size // 2):
                    raise

    async def _call(self) -> "ModelResponse":
        """One call, or the recorded answer to the same request."""
        from pydantic_ai.messages import ModelMessagesTypeAdapter, ModelResponse

        bench, talk = self._bench, self._talk
        model, meter = bench.model, bench.meter
        tools = [] if talk.fenced else self._tools.definitions()
        request = talk.request(model.provider, model.url, model.model, model.effort, model.max_output_tokens, tools)
        at_most = worst_price(model, talk.tokens)
        known = bench.records.get(request)
        if talk.in_flight and known is None:  # an attempt died in it, and nobody knows its price
            meter.before_call()
            meter.after_call(bench.model_name, talk.tokens, model.max_output_tokens, at_most, priced=is_priced(model))
        await asyncio.to_thread(self._keep, in_flight=True)
        meter.before_call(at_most)
        if known is None:
            size = talk.size
            try:
                response = await self._access.ask(talk.messages, tools)
            except BaseException as error:
                self._count_failed(error, at_most)
                raise
            known = self._recorded(response)
            bench.records.put(request, known)
            talk.measured(known.input_tokens, size)
        (answer,) = ModelMessagesTypeAdapter.validate_json(known.body)
        assert isinstance(answer, ModelResponse)
        talk.in_flight = False
        meter.after_call(bench.model_name, known.input_tokens, known.output_tokens, known.dollars, priced=known.priced)
        return answer

    def _count_failed(self, error: BaseException, at_most: float) -> None:
        """A call without an answer: where it may have been billed, at its highest price."""
        bench = self._bench
        tokens = (self._talk.tokens, bench.model.max_output_tokens) if was_billed(error) else (0, 0)
        price = at_most if was_billed(error) else 0.0
        bench.meter.after_call(bench.model_name, *tokens, price, priced=is_priced(bench.model))
        bench.transcript.add("failed call", error=type(error).__name__, text=str(error)[:1000])
        self._put_checkpoint(in_flight=False)

    def _recorded(self, response: "ModelResponse") -> RecordedAnswer:
        from pydantic_ai.messages import ModelMessagesTypeAdapter

        usage, model = response.usage, self._bench.model
        use = TokenUse(usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens)
        price = dollars(model, use)
        body = ModelMessagesTypeAdapter.dump_json([response]).decode()
        return RecordedAnswer(body, use.input, use.output, price or 0.0, priced=is_priced(model))

    def _keep(self, *, in_flight: bool) -> None:
        if self._tools.wrote:
            self._kept = kept_files(self._bench.before, self._bench.tree)
            self._tools.wrote = False
        self._put_checkpoint(in_flight=in_flight)

    def _put_checkpoint(self, *, in_flight: bool) -> None:
        self._talk.in_flight = in_flight
        self._talk.misses = self._tools.editor.misses
        files = {
            path: None if data is None else base64.b64encode(data).decode() for path, data in self._kept.files.items()
        }
        executable = tuple(sorted(self._kept.executable))
        self._bench.records.put_checkpoint(RunCheckpoint(self._talk.kept(), files, executable, self._bench.meter.state))

    async def _follow(self, response: "ModelResponse") -> BackendEnd | None:
        """Does what the answer asks for. The end, where it is one."""
        text, calls = response.text or "", response.tool_calls
        self._bench.transcript.add(
            "answer", text=text, calls=[call.tool_name for call in calls], finish=response.finish_reason,
            tokens=(response.usage.input_tokens, response.usage.output_tokens),
        )  # fmt: skip
        if response.finish_reason == "content_filter":
            why = text or str((response.provider_details or {}).get("refusal") or "")
            return BackendEnd("refused_by_model", f"The model declined the task: {why[:300]}".rstrip(": "), why)
        self._talk.heard(response)
        if response.finish_reason == "length":
            self._not_read(response, _CUT_OFF.format(most=self._bench.model.max_output_tokens))
            return None
        if self._talk.fenced:
            return await self._follow_block(text, response)
        if calls:
            return await self._follow_calls(response)
        if text.strip():
            return BackendEnd("done", text.strip()[:300], text.strip())
        self._not_read(response, _NOTHING_SAID)
        return None

    def _not_read(self, response: "ModelResponse", why: str) -> None:
        """Tells the model what was wrong; raises LimitReached at the third time in a row."""
        self._bench.transcript.add("format error", text=why)
        self._bench.meter.format_error()
        if calls := response.tool_calls:
            self._talk.gave([(call.tool_name, call.tool_call_id, why) for call in calls])
        else:
            self._talk.said(why)

    async def _follow_calls(self, response: "ModelResponse") -> BackendEnd | None:
        results = []
        for call in response.tool_calls:
            try:
                arguments = call.args if call.args is not None else "{}"
                if call.tool_name == GIVE_UP:
                    reason = str(call.args_as_dict().get("reason", ""))
                    return BackendEnd("gave_up", reason[:300], reason)
                result = await self._tools.use(call.tool_name, arguments)
            except BadCall as error:
                self._bench.transcript.add("format error", text=str(error))
                self._bench.meter.format_error()
                result = str(error)
            results.append((call.tool_name, call.tool_call_id, result))
        self._talk.gave(results)
        return None

    async def _follow_block(self, text: str, response: "ModelResponse") -> BackendEnd | None:
        try:
            action, arguments = read_call(text)
            if action in ("done", "give_up"):
                said = str(arguments["text"])
                return BackendEnd("done" if action == "done" else "gave_up", said[:300], said)
            self._talk.said(f"Result of `{action}`:\n{await self._tools.use(action, arguments)}")
        except BadCall as error:
            self._not_read(response, str(error))
        return None
