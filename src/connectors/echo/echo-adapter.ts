import { createHash } from "node:crypto";
import type {
  DeliveryOutcome,
  InboundMessageEvent,
  OutboundMessageRequest,
} from "../../contracts/connector.ts";
import type { AdapterHost, AdapterState, ConnectorAdapter } from "../connector-adapter.ts";
import { splitMessage } from "../split-message.ts";

/** A text with this marker is refused the first time, as if the connector had crashed. */
export const crashOnceMarker = "[connector-crash-once]";

/** Longest text of one message, in characters. */
const messageLimit = 2_000;
/** Messages that are remembered: older ones are forgotten, so that the memory stays bounded. */
const remembered = 1_000;

type EchoHost = Pick<AdapterHost, "accept" | "stateChanged">;

/**
 * A connector without a provider, for tests: what is sent to it counts as delivered and is remembered. Messages
 * of people come in through `say`.
 */
export class EchoAdapter implements ConnectorAdapter {
  readonly typingIntervalMs = 1_000;
  readonly #host: EchoHost;
  readonly #sent = new Map<string, OutboundMessageRequest>();
  readonly #crashed = new Set<string>();
  #running = false;

  constructor(host: EchoHost) {
    this.#host = host;
  }

  start(): void {
    this.#running = true;
    this.#host.stateChanged();
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#host.stateChanged();
  }

  dispose(): void {
    this.#crashed.clear();
  }

  state(): AdapterState {
    return {
      readiness: "ready",
      liveness: this.#running ? "running" : "stopped",
      identity: "echo",
      connected: this.#running,
      canSend: true,
      sessionsStarted: 0,
      sessionsResumed: 0,
      lastError: null,
    };
  }

  /** A person writes. Resolves when the message is durable. */
  say(event: InboundMessageEvent): Promise<void> {
    return this.#host.accept(event, null);
  }

  /** What was delivered, oldest first. */
  delivered(): OutboundMessageRequest[] {
    return [...this.#sent.values()];
  }

  split(text: string): string[] {
    return splitMessage(text, messageLimit);
  }

  async send(request: OutboundMessageRequest): Promise<DeliveryOutcome> {
    if (request.text.includes(crashOnceMarker) && !this.#crashed.has(request.nonce)) {
      this.#crashed.add(request.nonce);
      return {
        kind: "retry",
        class: "connector_restarting",
        reason: "asked to crash once",
        retry_after_ms: 10,
      };
    }
    this.#sent.set(request.nonce, request);
    for (const nonce of this.#sent.keys()) {
      if (this.#sent.size <= remembered) break;
      this.#sent.delete(nonce);
    }
    return { kind: "delivered", native_message_id: nativeIdOf(request) };
  }

  async findSent(request: OutboundMessageRequest): Promise<string | null> {
    return this.#sent.has(request.nonce) ? nativeIdOf(request) : null;
  }

  async showTyping(): Promise<void> {
    // Nobody looks.
  }

  credentialsChanged(): void {
    // It needs none.
  }
}

function nativeIdOf(request: OutboundMessageRequest): string {
  return `echo-${createHash("sha256").update(request.nonce).digest("hex").slice(0, 32)}`;
}
