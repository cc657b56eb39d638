import type { InboundMessageEvent, RoutedOutput } from "../contracts/connector.ts";
import type { RoutePlan } from "./router/decide-route.ts";

/**
 * Answers one accepted message. Supplied by the gateway; may take long, and may throw.
 * @param plan session key and label of the conversation, and how the message was recognised
 */
export type AgentTurn = (
  event: InboundMessageEvent,
  signal: AbortSignal,
  plan: RoutePlan,
) => Promise<readonly RoutedOutput[]>;
