"""`vmident account list` and `vmident account set`."""

from __future__ import annotations

from typing import Annotated

import typer

from vmident.cli.completion.candidates import subscriptions
from vmident.cli.config.chosen_subscription import ORIGIN
from vmident.cli.config.settings import subscription_in
from vmident.cli.run import Run
from vmident.core.naming import SUBSCRIPTION_NAME, checked_name
from vmident.errors import ExitCode, UsageError
from vmident.render.account import subscription_document, subscription_lines, subscription_row
from vmident.render.line import Line, Tone
from vmident.results.account import SubscriptionList
from vmident.usecases.resolve.subscriptions import subscription_named

SubscriptionWord = Annotated[
    str | None,
    typer.Argument(
        metavar="SUBSCRIPTION",
        help="Subscription, by name or ID.",
        show_default=False,
        autocompletion=subscriptions,
    ),
]


def list_subscriptions(run: Run) -> ExitCode:
    """List the subscriptions that the account can access.

    Also shows the active subscription and the source of that setting. Subscriptions of other tenants are listed if the
    Azure CLI's sign-in is used and 'az login' found them.

    Examples:

      vmident account list

      vmident account list --query "[?isDefault].id" -o tsv
    """
    listing = run.open().subscription_list
    if listing.unavailable:
        text = f"warning: Subscription '{listing.unavailable}' from {listing.origin} is not available to this account."
        run.console.warn([Line(text, Tone.WARNING)])
    run.answer(
        [subscription_document(one, listing) for one in listing.subscriptions],
        rows=[subscription_row(one, listing) for one in listing.subscriptions],
        lines=lambda: subscription_lines(listing, run.width_columns),
    )
    return ExitCode.DONE


def set_subscription(
    run: Run,
    *,
    word: SubscriptionWord = None,
    clear: Annotated[bool, typer.Option("--clear", help="Clear the subscription set with 'account set'.")] = False,
) -> ExitCode:
    """Set the active subscription.

    The setting is stored for the current cloud and overrides the Azure CLI's default subscription, which does not
    change. --subscription and environment variables override the setting.

    Examples:

      vmident account set Prod

      vmident account set --subscription Prod

      vmident account set --clear
    """
    typed = checked_name(subscription_in(word), SUBSCRIPTION_NAME) if word else None
    words = [*([typed] if typed else []), *run.subscriptions_given]
    if len(words) != (0 if clear else 1):
        raise UsageError(
            "--clear cannot be used with a subscription." if clear else "account set requires one subscription.",
            hint="To see all subscriptions: vmident account list",
        )
    session = run.open()
    if clear:
        session.choose_subscription(None)
        message = "Cleared the subscription set with 'vmident account set'."
        document = {"status": "cleared", "message": message}
        run.answer(document, rows=[document], lines=lambda: [Line(message)])
        return ExitCode.DONE
    chosen = subscription_named(words[0], session.available_subscriptions)
    session.choose_subscription(chosen)
    origin = run.default_subscription_origin
    is_default = origin == ORIGIN
    if not is_default:
        run.console.warn([Line(f"warning: {origin} is set and overrides this setting.", Tone.WARNING)])
    listing = SubscriptionList((chosen,), chosen.id if is_default else None, origin)
    run.answer(
        subscription_document(chosen, listing),
        rows=[subscription_row(chosen, listing)],
        lines=lambda: [Line(f"Subscription set to '{chosen.name}' ({chosen.id}).")],
    )
    return ExitCode.DONE
