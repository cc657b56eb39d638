import type { InboundMessageEvent, RoutedOutput } from "../contracts/connector.ts";

/** Answers one accepted message. Supplied by the gateway; may take long, and may throw. */
export type AgentTurn = (event: InboundMessageEvent, signal: AbortSignal) => Promise<readonly RoutedOutput[]>;
