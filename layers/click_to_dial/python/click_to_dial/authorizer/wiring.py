"""Wiring of the authorizer. Each mode imports only what it needs."""

from functools import partial

from click_to_dial import aws, settings
from click_to_dial.authorizer.authorize import Authorizer, Check, authorize
from click_to_dial.settings import AuthSettings


def authorizer() -> Authorizer:
    """Return the authorizer for the settings in the environment. Raises KeyError, ValueError."""
    return build_authorizer(settings.auth_from_environment())


def build_authorizer(settings: AuthSettings) -> Authorizer:
    """Return the authorizer for these settings. Raises ValueError for an unknown mode."""
    if settings.mode == "salesforce":
        return partial(authorize, _by_salesforce(settings))
    if settings.mode == "key":
        from click_to_dial.authorizer.api_key import SharedKey, check

        read = partial(aws.read_secret, aws.secrets_client(), settings.key_secret_id)
        return partial(authorize, partial(check, SharedKey(read)))
    raise ValueError(f"AUTH_MODE must be salesforce or key, not {settings.mode!r}.")


def _by_salesforce(settings: AuthSettings) -> Check:
    from click_to_dial.authorizer.salesforce_token import SALESFORCE_SECONDS, AccessPolicy, check
    from click_to_dial.dynamodb.verified_tokens import VerifiedTokens
    from click_to_dial.salesforce.session import SalesforceSession
    from click_to_dial.salesforce.userinfo import identify

    scope = (settings.salesforce_url, settings.salesforce_org_id, *sorted(settings.allowed_users))
    verified = VerifiedTokens(
        aws.dynamodb_client(),
        settings.table_name,
        scope="\n".join(scope),
        keep_seconds=settings.confirmed_hours * 3600,
    )
    policy = AccessPolicy(settings.salesforce_org_id, settings.allowed_users)
    session = SalesforceSession(settings.salesforce_url, connect_seconds=SALESFORCE_SECONDS)
    return partial(check, partial(identify, session), verified, policy)
