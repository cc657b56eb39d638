import type { AdapterHost } from "../../../../src/connectors/connector-adapter.ts";
import type { ResumableSession } from "../../../../src/connectors/connector-store.ts";
import {
  DiscordAdapter,
  type DiscordAdapterOptions,
} from "../../../../src/connectors/discord/discord-adapter.ts";
import { compareSnowflakes } from "../../../../src/connectors/discord/ids.ts";
import type { ConnectorLogger } from "../../../../src/connectors/logger.ts";
import { outboundNonce } from "../../../../src/connectors/nonce.ts";
import type { JournalEntry } from "../../../../src/connectors/supervisor/connector-journal.ts";
import type { InboundMessageEvent, OutboundMessageRequest } from "../../../../src/contracts/connector.ts";
import {
  type DiscordSimulator,
  type SimulatorOptions,
  startDiscordSimulator,
} from "../../../../src/simulator/discord-simulator.ts";
import { until } from "../../simulator/until.ts";

const silent: ConnectorLogger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** What one adapter tells its host, and what the host keeps for it over restarts. */
export class RecordingHost implements AdapterHost {
  readonly events: InboundMessageEvent[] = [];
  /** In the order in which it happened: `open`, `accept TEXT`, `close CONVERSATION`. */
  readonly calls: string[] = [];
  readonly known = new Map<string, string>();
  readonly notes: JournalEntry[] = [];
  readonly channelNotes = new Map<string, string>();
  session: ResumableSession | null = null;
  token: string;

  constructor(token: string) {
    this.token = token;
  }

  async accept(event: InboundMessageEvent, session: ResumableSession | null): Promise<void> {
    if (session !== null) this.session = session;
    if (this.events.some((one) => one.provider_message_id === event.provider_message_id)) return;
    this.events.push(event);
    this.calls.push(`accept ${event.body}`);
    const before = this.known.get(event.conversation_id) ?? "0";
    if (compareSnowflakes(event.provider_message_id, before) > 0) {
      this.known.set(event.conversation_id, event.provider_message_id);
    }
  }

  async loadSession(): Promise<ResumableSession | null> {
    return this.session;
  }

  async saveSession(session: ResumableSession | null): Promise<void> {
    this.session = session;
  }

  async watermarks(): Promise<ReadonlyMap<string, string>> {
    return new Map(this.known);
  }

  async openGaps(): Promise<void> {
    this.calls.push("open");
  }

  async closeGap(conversationId: string): Promise<void> {
    this.calls.push(`close ${conversationId}`);
  }

  note(entry: JournalEntry): void {
    this.notes.push(entry);
  }

  async loadNotes(): Promise<ReadonlyMap<string, string>> {
    return new Map(this.channelNotes);
  }

  async saveNote(conversationId: string, note: string): Promise<void> {
    this.channelNotes.set(conversationId, note);
  }

  async secret(): Promise<string> {
    return this.token;
  }

  readonly stateChanged = (): void => undefined;
}

/** A simulated Discord, and adapters that run in this process. */
export class AdapterScene {
  readonly simulator: DiscordSimulator;
  readonly #adapters: DiscordAdapter[] = [];

  private constructor(simulator: DiscordSimulator) {
    this.simulator = simulator;
  }

  static async open(options: SimulatorOptions = {}): Promise<AdapterScene> {
    return new AdapterScene(
      await startDiscordSimulator({ rateLimits: "off", identifyIntervalMs: 0, ...options }),
    );
  }

  /** Starts an adapter and waits until it is connected. */
  async connect(
    host = new RecordingHost(this.simulator.lab.bot.token),
    options: Partial<DiscordAdapterOptions> = {},
  ): Promise<{ adapter: DiscordAdapter; host: RecordingHost }> {
    const adapter = this.create(host, options);
    adapter.start();
    await until(() => adapter.state().connected);
    return { adapter, host };
  }

  create(host: RecordingHost, options: Partial<DiscordAdapterOptions> = {}): DiscordAdapter {
    const adapter = new DiscordAdapter({
      connectorId: "discord:default",
      apiBase: this.simulator.apiBase,
      tokenRef: "global/discord_bot_token",
      host,
      log: silent,
      ...options,
    });
    this.#adapters.push(adapter);
    return adapter;
  }

  /** Paths the bot asked for, as `METHOD path`. */
  requests(): string[] {
    return this.simulator.requestLog.map((entry) => `${entry.method} ${entry.path}`);
  }

  async close(): Promise<void> {
    for (const adapter of this.#adapters) {
      await adapter.stop();
      adapter.dispose();
    }
    await this.simulator.close();
  }
}

/** A reply into a channel. */
export function replyTo(
  channelId: string,
  text: string,
  more: Partial<OutboundMessageRequest> = {},
): OutboundMessageRequest {
  const envelope = more.envelope_id ?? `envelope-${text}`.slice(0, 100);
  return {
    connector_id: "discord:default",
    conversation_id: `discord:channel:${channelId}`,
    envelope_id: envelope,
    sequence: 0,
    text,
    in_reply_to_message_id: null,
    nonce: outboundNonce("discord:default", envelope, 0),
    ...more,
  };
}
