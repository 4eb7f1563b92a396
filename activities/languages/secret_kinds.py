"""The kinds of secrets that are looked for: those whose own text says what they are.

A password or a random text that is a secret only by the name beside it is none of them: most of those are examples.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from activities.languages.quick_look import any_file
from activities.tooling import Project

_PLAIN = rb"[A-Za-z0-9]{10}"


@dataclass(frozen=True)
class SecretKind:
    """`rule` is kingfisher's, `marker` what such a secret begins with, `rest` a pattern of what follows. A rule of
    several beginnings has a kind for each. `is_public`: it often is in what is published, on purpose."""

    rule: str
    marker: bytes
    name: str
    rest: bytes = rb"[\w-]{10}"
    is_public: bool = False

    def may_be_in(self, data: bytes) -> bool:
        return self.marker in data and bool(re.search(re.escape(self.marker) + self.rest, data))


AWS_KEY_ID = "autobuild.aws-access-key-id"
"""A rule of ours: kingfisher's wants the secret key beside the ID."""

KINDS = (
    SecretKind("betterleaks.private-key", b"PRIVATE KEY", "private key", rb"(?: BLOCK)?-----"),
    SecretKind(AWS_KEY_ID, b"AKIA", "AWS access key ID", _PLAIN),
    SecretKind(AWS_KEY_ID, b"ASIA", "AWS access key ID", _PLAIN),
    SecretKind("betterleaks.github-pat", b"ghp_", "GitHub personal access token"),
    SecretKind("betterleaks.github-fine-grained-pat", b"github_pat_", "GitHub personal access token"),
    SecretKind("betterleaks.github-oauth", b"gho_", "GitHub OAuth token"),
    SecretKind("betterleaks.github-app-token", b"ghs_", "GitHub App token"),
    SecretKind("betterleaks.github-app-token", b"ghu_", "GitHub App token"),
    SecretKind("betterleaks.github-refresh-token", b"ghr_", "GitHub refresh token"),
    SecretKind("betterleaks.gitlab-pat", b"glpat-", "GitLab personal access token"),
    SecretKind("betterleaks.gitlab-pat-routable", b"glpat-", "GitLab personal access token"),
    SecretKind("betterleaks.gitlab-pat-routable-versioned", b"glpat-", "GitLab personal access token"),
    SecretKind("betterleaks.gitlab-runner-authentication-token", b"glrt-", "GitLab runner token"),
    SecretKind("betterleaks.slack-bot-token", b"xoxb-", "Slack bot token"),
    SecretKind("betterleaks.slack-user-token", b"xoxp-", "Slack user token"),
    SecretKind("betterleaks.slack-app-token", b"xapp-", "Slack app token"),
    SecretKind("betterleaks.slack-webhook-url", b"hooks.slack.com/", "Slack webhook", rb"\w+/"),
    SecretKind("betterleaks.stripe-access-token", b"k_live_", "Stripe key"),
    SecretKind("veles.secrets/npmjsaccesstoken", b"npm_", "npm token", _PLAIN),
    SecretKind("betterleaks.pypi-upload-token", b"pypi-AgEIcHlwaS5vcmc", "PyPI token"),
    SecretKind("betterleaks.rubygems-api-token", b"rubygems_", "RubyGems token", _PLAIN),
    SecretKind("betterleaks.dockerhub-personal-access-token", b"dckr_pat_", "Docker Hub token"),
    SecretKind("betterleaks.dockerhub-organization-access-token", b"dckr_oat_", "Docker Hub token"),
    SecretKind("betterleaks.digitalocean-pat", b"dop_v1_", "DigitalOcean token"),
    SecretKind("betterleaks.databricks-api-token", b"dapi", "Databricks token", _PLAIN),
    SecretKind("betterleaks.hashicorp-tf-api-token", b".atlasv1.", "Terraform token"),
    SecretKind("betterleaks.vault-service-token", b"hvs.", "Vault token"),
    SecretKind("betterleaks.atlassian-api-token", b"ATAT", "Atlassian token"),
    SecretKind("betterleaks.sendgrid-api-token", b"SG.", "SendGrid key"),
    SecretKind("betterleaks.shopify-access-token", b"shpat_", "Shopify token"),
    SecretKind("betterleaks.postman-api-token", b"PMAK-", "Postman key"),
    SecretKind("betterleaks.pulumi-api-token", b"pul-", "Pulumi token", _PLAIN),
    SecretKind("betterleaks.tailscale-api-key.1", b"tskey-api-", "Tailscale key"),
    SecretKind("betterleaks.grafana-service-account-token", b"glsa_", "Grafana token"),
    SecretKind("betterleaks.heroku-api-key-v2", b"HRKU-AA", "Heroku key"),
    SecretKind("betterleaks.huggingface-access-token", b"hf_", "Hugging Face token", _PLAIN),
    SecretKind("betterleaks.openai-api-key", b"T3BlbkFJ", "OpenAI key"),
    SecretKind("betterleaks.anthropic-api-key", b"sk-ant-", "Anthropic key"),
    SecretKind("betterleaks.age-secret-key", b"AGE-SECRET-KEY-1", "age key"),
    SecretKind("betterleaks.gcp-api-key", b"AIza", "Google API key", is_public=True),
)

PLACEHOLDERS = (
    "example",
    "placeholder",
    "redacted",
    "dummy",
    "changeme",
    "xxxxx",
    "000000",
    "1234567890",
    "abcdefghij",
)
"""Words in what only stands for a secret."""

# Words in paths of what is no secret in use, most often.
_NOT_IN_USE = re.compile(
    r"(?:^|[/_.-])(?:tests?|testing|testdata|testutils?|specs?|e2e|fixtures?|mocks?|snapshots?|cassettes?|benchmarks?"
    r"|examples?|samples?|demos?|playgrounds?|tutorials?|docs?|documentation|templates?|dist|md|mdx|rst|adoc"
    r"|localhost|snakeoil|selfsigned|self-signed|insecure|dummy|fake|vagrant)(?=$|[/_.-])",
    re.IGNORECASE,
)
_ALLOWED = re.compile(
    r"pragma: ?(?:allow|white)list[ -]secret|(?:gitleaks|betterleaks|kingfisher|trufflehog):(?:allow|ignore)"
)
_NEXT_ALLOWED = re.compile(r"pragma: ?(?:allow|white)list[ -]nextline[ -]secret")


def is_in_use(path: str) -> bool:
    """Whether a secret in this file is one that something uses: not of a test, an example or documentation."""
    return not _NOT_IN_USE.search(path.replace("__", "_"))


def allowed_by_comment(lines: Sequence[str], line: int) -> bool:
    """Whether a comment on the 1-based line, or on the one before it, says that it holds no secret."""
    before, own = (lines[n] if 0 <= n < len(lines) else "" for n in (line - 2, line - 1))
    return bool(_ALLOWED.search(own) or _NEXT_ALLOWED.search(before))


def may_have_secrets(project: Project) -> bool:
    """Whether any file has what a secret of a kind begins with, also as UTF-16."""

    def has_any(data: bytes) -> bool:
        plain = data.replace(b"\0", b"")
        return any(kind.may_be_in(plain) for kind in KINDS)

    return any_file(project, has_any)
