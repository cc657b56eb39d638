import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { DiscordSimulator, SimulatorOptions } from "../../../src/simulator/discord-simulator.ts";
import { GatewayScene } from "../../support/sidecar/gateway-scene.ts";
import { RecordingProxy } from "./recording-proxy.ts";

const openChannels = 'inbound_scope = "open_guild_channels"\ndirect_message_policy = "allow"\n';

/** A gateway and a simulated Discord, with all REST requests noted between them. */
export class WireScene {
  readonly gateway: GatewayScene;
  readonly wire: RecordingProxy;

  private constructor(gateway: GatewayScene, wire: RecordingProxy) {
    this.gateway = gateway;
    this.wire = wire;
  }

  static async open(simulator: SimulatorOptions = {}): Promise<WireScene> {
    const gateway = await GatewayScene.open({ simulator });
    const scene = new WireScene(gateway, await RecordingProxy.open(gateway.simulator.apiBase));
    await scene.configure(openChannels);
    return scene;
  }

  get simulator(): DiscordSimulator {
    return this.gateway.simulator;
  }

  /** Writes `palyra.toml` with the proxy as Discord's address. */
  async configure(settings: string, account = "default"): Promise<void> {
    const head = `[channels.discord.${account}]\napi_base = "${this.wire.base}"\n`;
    await writeFile(path.join(this.gateway.root, "palyra.toml"), head + settings);
  }

  async close(): Promise<void> {
    await this.gateway.close();
    await this.wire.close();
  }
}
