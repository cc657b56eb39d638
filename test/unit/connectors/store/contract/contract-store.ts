import assert from "node:assert/strict";
import type { ConnectorStore, OutboxRow } from "../../../../../src/connectors/connector-store.ts";
import type { ConnectorInstanceSpec } from "../../../../../src/connectors/store/parts/instance-store.ts";
import { sampleEvent, sampleReply } from "../sample-messages.ts";

export const connector = "discord:default";
export const other = "discord:second";
export const hour = 3_600_000;
export const day = 24 * hour;
export const lease = 60_000;

/** The store under test, in whatever opening it is at the moment, with the steps that many tests begin with. */
export class ContractStore {
  #store: ConnectorStore | null = null;
  #restart: (() => Promise<ConnectorStore>) | null = null;

  use(store: ConnectorStore, restart: () => Promise<ConnectorStore>): void {
    this.#store = store;
    this.#restart = restart;
  }

  get store(): ConnectorStore {
    assert.ok(this.#store !== null);
    return this.#store;
  }

  async restart(): Promise<void> {
    assert.ok(this.#restart !== null);
    this.#store = await this.#restart();
  }

  register(connectorId = connector, more: Partial<ConnectorInstanceSpec> = {}): Promise<unknown> {
    return this.store.instances.upsert(sampleSpec({ connectorId, ...more }), 1);
  }

  /** Accepts event n and answers it with so many chunks. */
  async answer(n: number, chunks: number, now: number, conversation = "discord:channel:1"): Promise<void> {
    const event = sampleEvent(n, { conversation_id: conversation });
    assert.ok(await this.store.acceptInbound(event, null, now));
    await this.store.claimInbound(connector, now, 100);
    const replies = Array.from({ length: chunks }, (_, sequence) => sampleReply(event, sequence));
    await this.store.completeInbound(event.envelope_id, replies, now);
  }

  async claimOne(now: number): Promise<OutboxRow> {
    const [row, ...more] = await this.store.claimOutbound(connector, now, lease, 10);
    assert.ok(row !== undefined && more.length === 0, "exactly one row was expected");
    return row;
  }

  /** Claims the one row that is due and gives it up. */
  async bury(now: number, reason = "unknown channel"): Promise<void> {
    const row = await this.claimOne(now);
    assert.ok(await this.store.moveToDeadLetter(row.outboxId, row.claim, reason, now));
  }

  async deliver(now: number): Promise<OutboxRow> {
    const row = await this.claimOne(now);
    assert.ok(await this.store.markDelivered(row.outboxId, row.claim, `native-${row.outboxId}`, now));
    return row;
  }
}

export function sampleSpec(more: Partial<ConnectorInstanceSpec> = {}): ConnectorInstanceSpec {
  return {
    connectorId: connector,
    kind: "discord",
    principal: `channel:${more.connectorId ?? connector}`,
    authProfileRef: "discord.default",
    tokenVaultRef: "global/discord_bot_token",
    egressAllowlist: ["discord.com", "*.discord.com"],
    enabled: true,
    ...more,
  };
}
