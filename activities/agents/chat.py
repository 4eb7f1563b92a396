"""Our own small loop over a model library: for Anthropic, OpenAI, Google, and every endpoint that speaks as they do."""

import importlib.util
from urllib.parse import urlsplit

from activities.agent_runs.backend import AgentBackend, AgentBench, BackendEnd
from activities.agent_runs.deployment import ModelSettings
from activities.agent_runs.prices import unknown_price

_NOT_INSTALLED = (
    "The `chat` agents need packages that are not installed: install Autobuild with its extra, "
    "`pip install 'autobuild[agents]'`, and start it again."
)


class ChatBackend(AgentBackend):
    needs_key = True

    async def run(self, bench: AgentBench) -> BackendEnd:
        """Asks the model until it is done."""
        from activities.agent_chat.access import open_model
        from activities.agent_chat.loop import ChatRun

        async with open_model(bench.model_name, bench.model, bench.key) as access:
            return await ChatRun(bench, access).run()

    def problem(self, model: ModelSettings) -> str:
        if importlib.util.find_spec("pydantic_ai") is None:
            return _NOT_INSTALLED
        if not model.model:
            return "A `chat` model needs a `model`, the provider's name of it."
        if model.url and (urlsplit(model.url).scheme not in ("http", "https") or not urlsplit(model.url).netloc):
            return f"The `url` {model.url} is no address: write it with http:// or https://."
        return unknown_price(model)


backend = ChatBackend()
