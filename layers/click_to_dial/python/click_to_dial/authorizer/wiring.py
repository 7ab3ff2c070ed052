"""The authorizer's wiring: each mode imports, here, only what it needs.

Apart from bootstrap.py, since importing that would import all that the decision needs.
"""

from collections.abc import Callable
from functools import partial

from click_to_dial import bootstrap_aws, settings
from click_to_dial.authorizer.authorize import Authorizer, authorize
from click_to_dial.authorizer.log import log_verdict
from click_to_dial.authorizer.verdict import Check, Verdict
from click_to_dial.settings import AuthSettings, AwsSettings


def authorizer() -> Authorizer:
    """The authorizer for the settings in the environment. Raises KeyError, ValueError."""
    return build_authorizer(settings.auth_from_environment(), settings.aws_from_environment())


def verdict_log() -> Callable[[Verdict, int, str], None]:
    """What writes a verdict, its milliseconds and its request. Raises KeyError."""
    return partial(log_verdict, *settings.metrics_home())


def build_authorizer(settings: AuthSettings, aws: AwsSettings) -> Authorizer:
    """The authorizer for these settings. Raises ValueError for an unknown mode."""
    if settings.mode == "salesforce":
        return partial(authorize, _by_salesforce(settings, aws))
    if settings.mode == "key":
        return partial(authorize, _by_key(settings, aws))
    raise ValueError(f"AUTH_MODE must be salesforce or key, not {settings.mode!r}.")


def _by_key(settings: AuthSettings, aws: AwsSettings) -> Check:
    from click_to_dial.authorizer.api_key import SharedKey, check

    secrets = bootstrap_aws.secrets_manager(aws)
    return partial(check, SharedKey(secrets, settings.key_secret_id))


def _by_salesforce(settings: AuthSettings, aws: AwsSettings) -> Check:
    from click_to_dial.authorizer.salesforce_token import SALESFORCE_SECONDS, AccessPolicy, check
    from click_to_dial.dynamodb.verified_tokens import VerifiedTokens
    from click_to_dial.salesforce.session import SalesforceSession
    from click_to_dial.salesforce.userinfo import identify

    rules = (settings.salesforce_url, settings.salesforce_org_id, *sorted(settings.allowed_users))
    confirmed = VerifiedTokens(
        bootstrap_aws.dynamodb(aws),
        settings.table_name,
        scope="\n".join(rules),
        keep_seconds=settings.confirmed_hours * 3600,
    )
    admission = AccessPolicy(settings.salesforce_org_id, settings.allowed_users)
    session = SalesforceSession(settings.salesforce_url, connect_seconds=SALESFORCE_SECONDS)
    return partial(check, partial(identify, session), confirmed, admission)
