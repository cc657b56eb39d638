import type { Command } from "commander";
import { AccountId } from "../contracts/gateway-config.ts";
import { ConnectorId } from "../contracts/http-channels.ts";
import { PalyraError } from "../platform/errors.ts";

/** Providers an account can be of; some are only planned, and the echo is there for tests. */
const providers: readonly string[] = ["discord", "echo", "slack", "telegram"];

export interface SelectorFlags {
  readonly provider?: string;
  readonly accountId?: string;
}

/** Adds the ways to name a connector: `discord:ops`, `discord`, or `--provider discord --account-id ops`. */
export function withSelector(command: Command): Command {
  return command
    .argument("[connector]", "connector such as discord:default; “discord” alone is its default account")
    .option("--provider <name>", "provider of the connector, instead of naming it")
    .option("--account-id <name>", "account of the provider, “default” unless given");
}

/**
 * The id of the connector somebody named; null when nobody did.
 * @throws `validation_error`
 */
export function selectedConnector(
  named: string | undefined,
  { provider, accountId }: SelectorFlags,
): string | null {
  if (named?.includes(":")) {
    const colon = named.indexOf(":");
    const agrees =
      (provider ?? named.slice(0, colon)) === named.slice(0, colon) &&
      (accountId ?? named.slice(colon + 1)) === named.slice(colon + 1);
    if (!agrees) throw wrong(`“${named}” and the options name two connectors.`);
    return connectorOf(named);
  }
  if (named !== undefined && provider !== undefined && named !== provider) {
    throw wrong(`“${named}” and --provider ${provider} name two connectors.`);
  }
  const kind = named ?? provider;
  if (kind === undefined) {
    if (accountId !== undefined) throw wrong("--account-id needs a provider.");
    return null;
  }
  return connectorOf(`${kind}:${accountId ?? "default"}`);
}

function connectorOf(text: string): string {
  const id = ConnectorId.safeParse(text);
  if (!id.success) throw wrong(`“${text}” is not a connector.`);
  if (providers.includes(text.slice(0, text.indexOf(":")))) return id.data;
  throw wrong(`“${text}” is of no provider that there is.`);
}

/** As `selectedConnector`, where one has to be named. */
export function requiredConnector(named: string | undefined, flags: SelectorFlags): string {
  const id = selectedConnector(named, flags);
  if (id !== null) return id;
  throw wrong("No connector is named.");
}

/**
 * The Discord account somebody named: `discord`, `discord:ops`, or the options.
 * @throws `validation_error`, also for providers that cannot be set up
 */
export function selectedAccount(named: string | undefined, flags: SelectorFlags): string {
  const id = requiredConnector(named, flags);
  const [provider, account] = [id.slice(0, id.indexOf(":")), id.slice(id.indexOf(":") + 1)];
  if (provider !== "discord") {
    throw new PalyraError("validation_error", `Accounts of “${provider}” cannot be set up.`, {
      nextStep: "Use discord, the one provider that is supported.",
    });
  }
  const parsed = AccountId.safeParse(account);
  if (parsed.success) return parsed.data;
  throw wrong(`“${account}” is not a name for an account.`);
}

function wrong(message: string): PalyraError {
  return new PalyraError("validation_error", message, {
    nextStep: "Name a connector such as discord:default, or use --provider discord --account-id default.",
  });
}
