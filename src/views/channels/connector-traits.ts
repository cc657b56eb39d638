import { isSendingPaused } from "../../contracts/sending-paused.ts";
import type { ConnectorStatus } from "../../contracts/sidecar-status.ts";
import { itemTraits } from "../contribution-ids.ts";

const prefix = "connector:";

/** Id of a connector's item in the tree. */
export function connectorItemId(connectorId: string): string {
  return `${prefix}${connectorId}`;
}

/** The connector that a command was called for: a tree item's id or the connector's own; null when it names none. */
export function connectorOfArgument(argument: unknown): string | null {
  if (typeof argument !== "string") return null;
  const id = argument.startsWith(prefix) ? argument.slice(prefix.length) : argument;
  return /^[a-z]+:[a-z0-9][a-z0-9._-]*$/.test(id) ? id : null;
}

/** What may be done with a connector in its state, as words of its item's context value. */
export function connectorTraits(connector: ConnectorStatus): string {
  const traits = [
    itemTraits.connector,
    connector.kind === "discord" ? itemTraits.discord : "",
    connector.enabled ? itemTraits.canDisable : itemTraits.canEnable,
    isSendingPaused(connector) ? itemTraits.canResume : itemTraits.canPause,
    connector.queue.outbox_pending > 0 ? itemTraits.canDrain : "",
    connector.queue.dead_letters > 0 ? itemTraits.hasDeadLetters : "",
  ];
  return traits.filter(Boolean).join(" ");
}
