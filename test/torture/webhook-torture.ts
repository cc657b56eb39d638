import { setTimeout as pause } from "node:timers/promises";
import { ulid } from "ulid";
import { waitUntil } from "../support/vscode/wait-until.ts";
import { WebhookScene } from "../support/webhooks/webhook-scene.ts";

export interface WebhookTortureOptions {
  readonly deliveries: number;
  /** How often the gateway is killed while deliveries come in. */
  readonly kills: number;
  readonly senders: number;
  /** Numbers in [0, 1) that decide when the gateway is killed. */
  readonly random: () => number;
}

export interface WebhookTortureFigures {
  readonly deliveries: number;
  readonly kills: number;
  /** Requests, those that were cut off or came while nobody was there included. */
  readonly requests: number;
  readonly cutOff: number;
  /** Acknowledged a second time, as the same delivery. */
  readonly recognised: number;
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly seconds: number;
}

const registry = `[[webhooks]]
integration_id = "one"
provider = "generic"
secret_vault_ref = "global/sender"
max_per_minute = 600000
target = { mode = "message", connector_id = "discord:default", conversation_id = "GENERAL" }
`;

/**
 * Sends deliveries, each until it is acknowledged, while the gateway is killed at random instants; then looks at what
 * reached the people: every delivery has to be there, exactly once.
 */
export async function tortureWebhooks(options: WebhookTortureOptions): Promise<WebhookTortureFigures> {
  const started = Date.now();
  const scene = await WebhookScene.open(registry);
  const counts = { requests: 0, cutOff: 0, recognised: 0, acknowledged: 0 };
  const waiting = Array.from({ length: options.deliveries }, (_, index) => ({
    id: ulid(),
    text: `delivery ${index}`,
  }));
  let isUp = Promise.resolve();
  const send = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      for (let tries = 0; ; tries += 1) {
        await isUp;
        counts.requests += 1;
        const answer = await scene.deliver("one", { text: one.text }, { id: one.id }).catch(() => null);
        if (answer?.status === 202) {
          if (answer.body.duplicate === true) counts.recognised += 1;
          counts.acknowledged += 1;
          break;
        }
        // Two requests within one millisecond are one request to the receiver: received, and acknowledged so.
        if (answer?.status === 409) {
          counts.recognised += 1;
          counts.acknowledged += 1;
          break;
        }
        if (answer !== null && answer.status !== 503)
          throw new Error(`status ${answer.status}: ${JSON.stringify(answer.body)}`);
        counts.cutOff += 1;
        if (tries > 200) throw new Error(`${one.text} was never acknowledged`);
        await pause(5 + options.random() * 20);
      }
    }
  };
  try {
    await scene.startReady();
    const sending = Promise.all(Array.from({ length: options.senders }, send));
    for (let kill = 0; kill < options.kills; kill += 1) {
      const share = (kill + options.random()) / options.kills;
      const at = Math.floor(share * options.deliveries * 0.95);
      await Promise.race([sending, waitUntil("more deliveries", () => counts.acknowledged >= at, 120_000)]);
      let up: () => void = () => undefined;
      isUp = new Promise((resolve) => {
        up = resolve;
      });
      await scene.kill();
      await scene.startReady();
      up();
    }
    await sending;
    await waitUntil(
      "all effects",
      async () => {
        const [received, failed] = await Promise.all([
          scene.deliveries("?state=received&limit=1"),
          scene.deliveries("?state=failed&limit=1"),
        ]);
        const queue = await scene.outboxPending();
        return received.length + failed.length + queue === 0;
      },
      600_000,
    );
    const seen = new Map<string, number>();
    for (const text of scene.gateways.answers("general")) seen.set(text, (seen.get(text) ?? 0) + 1);
    const all = Array.from({ length: options.deliveries }, (_, index) => `delivery ${index}`);
    return {
      deliveries: options.deliveries,
      kills: options.kills,
      requests: counts.requests,
      cutOff: counts.cutOff,
      recognised: counts.recognised,
      lost: all.filter((text) => !seen.has(text)),
      doubled: [...seen].filter(([, times]) => times > 1).map(([text]) => text),
      seconds: Math.round((Date.now() - started) / 1_000),
    };
  } finally {
    await scene.close();
  }
}
