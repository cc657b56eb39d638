import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { SecretChange } from "../../../src/contracts/control-link.ts";
import type { ErrorDetails, ErrorEnvelope } from "../../../src/contracts/errors.ts";
import {
  type ApplyRequest,
  ApplyResponse,
  type Preflight,
  type ProbeRequest,
  ProbeResponse,
} from "../../../src/contracts/http-onboarding.ts";
import type { ConnectorStatus } from "../../../src/contracts/sidecar-status.ts";
import {
  type DiscordSimulator,
  type SimulatorOptions,
  startDiscordSimulator,
} from "../../../src/simulator/discord-simulator.ts";
import { waitUntil } from "../vscode/wait-until.ts";
import { gatewayStatus } from "./gateway-scene.ts";
import { bootLine, type ControlLink, newStateRoot, SidecarProcess } from "./sidecar-process.ts";

export const defaultRef = "global/discord_bot_token";

/** A gateway without any account, a controller that keeps its secrets, and a simulated Discord to set up. */
export class OnboardingScene {
  readonly root: string;
  readonly simulator: DiscordSimulator;
  /** What the controller keeps. */
  readonly secrets: Record<string, string>;
  /** Called before the controller keeps a secret; what it returns refuses it. */
  onSecret: (change: SecretChange) => ErrorDetails | null = () => null;
  readonly #removeRoot: () => Promise<void>;
  #gateway: SidecarProcess;
  #link: ControlLink;

  private constructor(parts: {
    root: string;
    simulator: DiscordSimulator;
    gateway: SidecarProcess;
    secrets: Record<string, string>;
    link: ControlLink;
    removeRoot: () => Promise<void>;
  }) {
    this.root = parts.root;
    this.simulator = parts.simulator;
    this.#gateway = parts.gateway;
    this.secrets = parts.secrets;
    this.#link = parts.link;
    this.#removeRoot = parts.removeRoot;
  }

  static async open(options: SimulatorOptions = {}): Promise<OnboardingScene> {
    const simulator = await startDiscordSimulator({ identifyIntervalMs: 50, ...options });
    const { root, remove } = await newStateRoot();
    const gateway = new SidecarProcess(bootLine(root));
    const secrets: Record<string, string> = {};
    const box: { scene: OnboardingScene | null } = { scene: null };
    const refuseChange = (change: SecretChange) => box.scene?.onSecret(change) ?? null;
    const link = await gateway.connect({ secrets, refuseChange });
    const scene = new OnboardingScene({ root, simulator, gateway, secrets, link, removeRoot: remove });
    box.scene = scene;
    await scene.#waitForStore();
    return scene;
  }

  get gateway(): SidecarProcess {
    return this.#gateway;
  }

  get link(): ControlLink {
    return this.#link;
  }

  /** Starts another gateway on the state folder after the last one ended, and connects the controller. */
  async startAgain(): Promise<void> {
    await this.#gateway.ended;
    this.#gateway = new SidecarProcess(this.#gateway.boot);
    const { secrets } = this;
    this.#link = await this.#gateway.connect({ secrets, refuseChange: (change) => this.onSecret(change) });
    await this.#waitForStore();
  }

  async #waitForStore(): Promise<void> {
    await waitUntil("the store", async () => (await this.request("GET", "/channels")).status === 200);
  }

  get token(): string {
    return this.simulator.lab.bot.token;
  }

  get configFile(): string {
    return path.join(this.root, "palyra.toml");
  }

  /** The text of palyra.toml; null when there is none. */
  async config(): Promise<string | null> {
    return existsSync(this.configFile) ? await readFile(this.configFile, "utf8") : null;
  }

  async configure(text: string): Promise<void> {
    await writeFile(this.configFile, text);
    await this.link.request("config/reload");
  }

  request(method: string, where: string, body?: object, signal?: AbortSignal): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.link.port()}/admin/v1${where}`, {
      method,
      headers: {
        authorization: `Bearer ${this.gateway.boot.tokens[0] ?? ""}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  post(where: string, body: object, signal?: AbortSignal): Promise<Response> {
    return this.request("POST", `/channels/discord/${where}`, body, signal);
  }

  /** The answer to a request that has to succeed. */
  async done(where: string, body: object): Promise<unknown> {
    const response = await this.post(where, body);
    const answer: unknown = await response.json();
    if (response.status !== 200) throw new Error(`${where}: ${JSON.stringify(answer)}`);
    return answer;
  }

  /** The error of a request that has to fail. */
  async refusal(where: string, body: object): Promise<ErrorEnvelope> {
    const response = await this.post(where, body);
    if (response.status === 200) throw new Error(`${where} was done`);
    return (await response.json()) as ErrorEnvelope;
  }

  async probe(asked: Partial<ProbeRequest> = {}): Promise<Preflight> {
    return ProbeResponse.parse(await this.done("onboarding/probe", this.wish(asked))).preflight;
  }

  async apply(asked: Partial<ApplyRequest> = {}): Promise<ApplyResponse> {
    return ApplyResponse.parse(await this.done("onboarding/apply", this.wish(asked)));
  }

  /** A request for the ready-made bot. */
  wish<T extends object>(asked: T): T & { token: string; api_base: string } {
    return { token: this.token, api_base: this.simulator.apiBase, ...asked };
  }

  connector(account = "default"): ConnectorStatus | undefined {
    return gatewayStatus(this.link).connectors.find((one) => one.connector_id === `discord:${account}`);
  }

  /** Waits until the gateway has told of a state of the account; it tells of changes after they happened. */
  async waitFor(liveness: ConnectorStatus["liveness"] | undefined, account = "default"): Promise<void> {
    await waitUntil(`${account} to be ${liveness}`, () => this.connector(account)?.liveness === liveness);
  }

  /** Adds a second bot that is in the ready-made server. */
  addBot(name: string): { token: string; userId: string } {
    const { world, lab } = this.simulator;
    const token = `${Buffer.from(name).toString("base64url")}.second.bot-token-of-${name}`;
    const bot = world.addBot({
      name,
      token,
      ownerId: lab.people.ada.id,
      privilegedIntents: { presence: false, guildMembers: false, messageContent: true },
    });
    world.addMember(lab.guild.id, bot.userId);
    return { token, userId: bot.userId };
  }

  async close(): Promise<void> {
    if (this.gateway.isRunning) await this.gateway.kill();
    await this.simulator.close();
    await this.#removeRoot();
  }
}
