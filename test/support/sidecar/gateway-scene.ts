import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { BootLine } from "../../../src/contracts/control-link.ts";
import type { ConnectorStatus, GatewayStatus } from "../../../src/contracts/sidecar-status.ts";
import {
  type DiscordSimulator,
  type SimulatorOptions,
  startDiscordSimulator,
} from "../../../src/simulator/discord-simulator.ts";
import { waitUntil } from "../vscode/wait-until.ts";
import { bootLine, type ControlLink, newStateRoot, SidecarProcess } from "./sidecar-process.ts";

/** Options of the `[channels.discord.default]` section; the simulator's address is added. */
const openChannels = 'inbound_scope = "open_guild_channels"\ndirect_message_policy = "allow"\n';

/** A gateway process and a simulated Discord, with one account between them. */
export class GatewayScene {
  readonly root: string;
  readonly simulator: DiscordSimulator;
  readonly boot: BootLine;
  readonly #removeRoot: () => Promise<void>;
  readonly #processes: SidecarProcess[] = [];
  readonly #entry: string | undefined;

  private constructor(
    root: string,
    simulator: DiscordSimulator,
    boot: BootLine,
    removeRoot: () => Promise<void>,
    entry: string | undefined,
  ) {
    this.root = root;
    this.simulator = simulator;
    this.boot = boot;
    this.#removeRoot = removeRoot;
    this.#entry = entry;
  }

  /** @param options `entry`: the program that is started, the gateway itself by default */
  static async open(
    options: {
      simulator?: SimulatorOptions;
      boot?: Partial<BootLine>;
      settings?: string;
      entry?: string;
    } = {},
  ): Promise<GatewayScene> {
    const simulator = await startDiscordSimulator(options.simulator);
    const { root, remove } = await newStateRoot();
    const scene = new GatewayScene(root, simulator, bootLine(root, options.boot), remove, options.entry);
    await scene.configure(options.settings ?? openChannels);
    return scene;
  }

  /** Writes `palyra.toml`. */
  async configure(settings: string): Promise<void> {
    const head = `[channels.discord.default]\napi_base = "${this.simulator.apiBase}"\n`;
    await writeFile(path.join(this.root, "palyra.toml"), head + settings);
  }

  get token(): string {
    return this.simulator.lab.bot.token;
  }

  /** Starts a gateway on the state folder and connects as its controller. */
  async start(secrets?: Record<string, string>): Promise<{ gateway: SidecarProcess; link: ControlLink }> {
    const gateway = new SidecarProcess(this.boot, undefined, this.#entry);
    this.#processes.push(gateway);
    const link = await gateway.connect({ secrets: secrets ?? { "global/discord_bot_token": this.token } });
    return { gateway, link };
  }

  /** Starts a gateway and waits until it is connected to Discord. */
  async startConnected(): Promise<{ gateway: SidecarProcess; link: ControlLink }> {
    const started = await this.start();
    await waitUntil("the connection to Discord", () => connectorOf(started.link)?.liveness === "running");
    return started;
  }

  /** Texts the bot has written into a channel, by name or id, in order. */
  answers(channel: string): string[] {
    return this.simulator.people
      .findChannel(channel)
      .messages.filter((message) => message.authorId === this.simulator.lab.bot.userId)
      .map((message) => message.content);
  }

  /** Waits until the bot has written `count` messages into a channel. */
  async waitForAnswers(channel: string, count: number): Promise<string[]> {
    return await waitUntil(`${count} answers in ${channel}`, () => {
      const answers = this.answers(channel);
      return answers.length >= count ? answers : null;
    });
  }

  /** Waits until nothing is left to do, so that a second answer would have been seen. */
  async waitUntilIdle(link: ControlLink, received: number): Promise<void> {
    await waitUntil("empty queues", () => {
      const status = gatewayStatus(link);
      const queue = status.connectors[0]?.queue;
      const accepted = status.totals?.received ?? 0;
      return accepted >= received && queue?.inbox_pending === 0 && queue.outbox_pending === 0;
    });
  }

  async close(): Promise<void> {
    for (const gateway of this.#processes) if (gateway.isRunning) await gateway.kill();
    await this.simulator.close();
    await this.#removeRoot();
  }
}

export function gatewayStatus(link: ControlLink): GatewayStatus {
  const { status } = link;
  if (status.service !== "gateway") throw new Error("not a gateway");
  return status;
}

/** Status of the only connector. */
export function connectorOf(link: ControlLink): ConnectorStatus | undefined {
  return gatewayStatus(link).connectors[0];
}
