import { writeFile } from "node:fs/promises";
import path from "node:path";
import { ulid } from "ulid";
import { AdminStatusResponse } from "../../../src/contracts/http.ts";
import type { WebhookDelivery } from "../../../src/contracts/http-webhooks.ts";
import { DeliveriesResponse } from "../../../src/contracts/http-webhooks.ts";
import type { WebhookSignature } from "../../../src/contracts/webhook.ts";
import { signRequest } from "../../../src/platform/webhook-signing.ts";
import { GatewayScene } from "../sidecar/gateway-scene.ts";
import type { ControlLink, SidecarProcess } from "../sidecar/sidecar-process.ts";
import { waitUntil } from "../vscode/wait-until.ts";

/** Base64, so that it is a secret of every scheme. */
export const senderSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
export const oldSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/** An answer with its body read. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Headers;
}

/** A gateway with webhooks, its simulated Discord, and a sender. */
export class WebhookScene {
  readonly gateways: GatewayScene;
  secrets: Record<string, string>;
  #running: { gateway: SidecarProcess; link: ControlLink } | null = null;

  private constructor(gateways: GatewayScene) {
    this.gateways = gateways;
    this.secrets = {
      "global/discord_bot_token": gateways.token,
      "global/sender": senderSecret,
      "global/old_sender": oldSecret,
    };
  }

  /** @param entries text of `webhooks.toml` below its version; GENERAL stands for the channel's conversation id */
  static async open(entries: string, settings?: string): Promise<WebhookScene> {
    const gateways = await GatewayScene.open({
      simulator: { rateLimits: "off", globalRequestsPerSecond: 1_000 },
      ...(settings === undefined ? {} : { settings }),
    });
    const scene = new WebhookScene(gateways);
    await scene.register(entries);
    return scene;
  }

  get file(): string {
    return path.join(this.gateways.root, "webhooks.toml");
  }

  get general(): string {
    return `discord:channel:${this.gateways.simulator.people.findChannel("general").id}`;
  }

  async register(entries: string): Promise<void> {
    await writeFile(this.file, `version = 1\n${entries.replaceAll("GENERAL", this.general)}`);
  }

  async start(): Promise<ControlLink> {
    const started = await this.gateways.start(this.secrets);
    this.#running = started;
    return started.link;
  }

  /** Starts a gateway whose integration is ready. */
  async startReady(integrationId = "one"): Promise<ControlLink> {
    const link = await this.start();
    await waitUntil(
      `${integrationId} to be ready`,
      async () => (await this.hook(integrationId, "{}")).status !== 503,
    );
    return link;
  }

  async kill(): Promise<void> {
    await this.#running?.gateway.kill();
  }

  get link(): ControlLink {
    if (this.#running === null) throw new Error("no gateway was started");
    return this.#running.link;
  }

  get address(): string {
    return `http://127.0.0.1:${this.link.port()}`;
  }

  /** A signed request, as the sender would make it. */
  sign(
    payload: unknown,
    options: {
      signature?: WebhookSignature;
      event?: string;
      secret?: string;
      now?: number;
      id?: string;
    } = {},
  ): { headers: Record<string, string>; body: Buffer } {
    const { headers, body } = signRequest({
      signature: options.signature ?? "generic",
      secret: options.secret ?? senderSecret,
      payload: Buffer.from(JSON.stringify(payload)),
      now: options.now ?? Date.now(),
      deliveryId: options.id ?? ulid(),
      ...(options.event === undefined ? {} : { event: options.event }),
    });
    return { headers: { ...headers }, body };
  }

  /** Sends a request to the ingress as it is. */
  async hook(
    integrationId: string,
    body: string | Buffer,
    headers: Record<string, string> = { "content-type": "application/json" },
  ): Promise<Answer> {
    return await this.#ask("POST", `/hooks/${integrationId}`, headers, body);
  }

  /** Sends a request that its sender has signed. */
  async deliver(
    integrationId: string,
    payload: unknown,
    options: Parameters<WebhookScene["sign"]>[1] = {},
  ): Promise<Answer> {
    const { headers, body } = this.sign(payload, options);
    return await this.hook(integrationId, body, headers);
  }

  /** Asks the admin API. */
  async admin(method: string, target: string, body?: unknown): Promise<Answer> {
    const json = body === undefined ? {} : { "content-type": "application/json" };
    const headers = { authorization: `Bearer ${this.gateways.boot.tokens[0] ?? ""}`, ...json };
    return await this.#ask(
      method,
      `/admin/v1${target}`,
      headers,
      body === undefined ? null : JSON.stringify(body),
    );
  }

  async deliveries(query = ""): Promise<WebhookDelivery[]> {
    return DeliveriesResponse.parse((await this.admin("GET", `/webhook-deliveries${query}`)).body).deliveries;
  }

  /** Messages that are still to be sent, over all connectors. */
  async outboxPending(): Promise<number> {
    const { gateway } = AdminStatusResponse.parse((await this.admin("GET", "/status")).body);
    return gateway.connectors.reduce((sum, { queue }) => sum + queue.outbox_pending, 0);
  }

  async close(): Promise<void> {
    await this.gateways.close();
  }

  async #ask(
    method: string,
    target: string,
    headers: Record<string, string>,
    body: string | Buffer | null,
  ): Promise<Answer> {
    const response = await fetch(this.address + target, { method, headers, body: body as string | null });
    const text = await response.text();
    return {
      status: response.status,
      body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>),
      headers: response.headers,
    };
  }
}
