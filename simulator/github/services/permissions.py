"""What a GitHub App may ask for: permissions with their levels, and events with the permission that each needs.

Sources: `app-permissions` in GitHub's OpenAPI description, and "Webhook events and payloads" in its documentation.
"""

_REPOSITORY = (
    "actions", "administration", "artifact_metadata", "attestations", "checks", "code_quality", "codespaces",
    "contents", "dependabot_secrets", "deployments", "discussions", "environments", "issues", "merge_queues",
    "metadata", "packages", "pages", "pull_requests", "repository_custom_properties", "repository_hooks",
    "repository_projects", "secret_scanning_alerts", "secrets", "security_events", "single_file", "statuses",
    "vulnerability_alerts", "workflows",
)  # fmt: skip
_OTHERS = (
    "custom_properties_for_organizations", "email_addresses", "enterprise_custom_properties_for_organizations",
    "followers", "git_ssh_keys", "gpg_keys", "interaction_limits", "members", "organization_administration",
    "organization_announcement_banners", "organization_copilot_agent_settings", "organization_copilot_seat_management",
    "organization_custom_org_roles", "organization_custom_properties", "organization_custom_roles",
    "organization_events", "organization_hooks", "organization_packages", "organization_personal_access_token_requests",
    "organization_personal_access_tokens", "organization_plan", "organization_projects", "organization_secrets",
    "organization_self_hosted_runners", "organization_user_blocking", "profile", "starring",
)  # fmt: skip
_SPECIAL = {
    "enterprise_custom_properties_for_organizations": ("read", "write", "admin"),
    "organization_custom_properties": ("read", "write", "admin"),
    "organization_events": ("read",),
    "organization_plan": ("read",),
    "organization_projects": ("read", "write", "admin"),
    "profile": ("write",),
    "repository_projects": ("read", "write", "admin"),
    "workflows": ("write",),
}
LEVELS: dict[str, tuple[str, ...]] = {name: _SPECIAL.get(name, ("read", "write")) for name in (*_REPOSITORY, *_OTHERS)}
"""The levels of each permission."""

_NEEDED_BY = {
    "actions": ("workflow_job", "workflow_run"),
    "administration": ("branch_protection_configuration", "branch_protection_rule", "deploy_key", "repository_ruleset"),
    "checks": ("check_run", "check_suite"),
    "contents": ("commit_comment", "create", "delete", "fork", "gollum", "push", "release", "repository_dispatch",
                 "workflow_dispatch"),
    "deployments": ("deployment", "deployment_protection_rule", "deployment_review", "deployment_status"),
    "discussions": ("discussion", "discussion_comment"),
    "issues": ("issue_comment", "issues", "milestone", "sub_issues"),
    "members": ("member", "membership", "organization", "team", "team_add"),
    "merge_queues": ("merge_group",),
    "metadata": ("label", "meta", "public", "repository", "security_advisory", "star", "watch"),
    "organization_administration": ("organization",),
    "organization_custom_properties": ("custom_property", "custom_property_values"),
    "organization_projects": ("projects_v2", "projects_v2_item"),
    "organization_user_blocking": ("org_block",),
    "packages": ("package", "registry_package"),
    "pages": ("page_build",),
    "pull_requests": ("issue_comment", "milestone", "pull_request", "pull_request_review",
                      "pull_request_review_comment", "pull_request_review_thread"),
    "repository_projects": ("project", "project_card", "project_column"),
    "secret_scanning_alerts": ("secret_scanning_alert", "secret_scanning_alert_location"),
    "security_events": ("code_scanning_alert",),
    "statuses": ("status",),
    "vulnerability_alerts": ("dependabot_alert", "repository_vulnerability_alert"),
}  # fmt: skip
NEEDS: dict[str, frozenset[str]] = {
    event: frozenset(name for name, events in _NEEDED_BY.items() if event in events)
    for event in sorted({event for events in _NEEDED_BY.values() for event in events})
}
"""Events that can be subscribed to, each with the permissions of which one must be had. Not in it, because every App
gets them unasked: `installation`, `installation_repositories`, `github_app_authorization`."""
