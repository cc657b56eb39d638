import * as vscode from "vscode";
import {
  type LogLine,
  logRingCapacity,
  type ServiceKind,
  serviceDisplayNames,
} from "../contracts/services.ts";

/** Older than this, a line is written with its own time: the channel would stamp it with the present one. */
const replayAgeMs = 2_000;

/** One output channel per service. A channel is made, and filled with the last lines, when it is first shown. */
export class LogChannels implements vscode.Disposable {
  readonly #channels = new Map<ServiceKind, vscode.LogOutputChannel>();

  /**
   * Brings the channel of a service to the front.
   * @param recent gives the lines kept so far, oldest first; asked only when the channel is new
   */
  async show(service: ServiceKind, recent: () => Promise<readonly LogLine[]>): Promise<void> {
    const open = this.#channels.get(service);
    if (open !== undefined) {
      open.show();
      return;
    }
    const lines = await recent();
    const channel = vscode.window.createOutputChannel(`Palyra: ${serviceDisplayNames[service]}`, {
      log: true,
    });
    for (const line of lines.slice(-logRingCapacity)) write(channel, line);
    this.#channels.set(service, channel);
    channel.show();
  }

  /** Appends a new line to its service's channel, if that has been shown. */
  append(line: LogLine): void {
    const channel = this.#channels.get(line.service);
    if (channel !== undefined) write(channel, line);
  }

  dispose(): void {
    for (const channel of this.#channels.values()) channel.dispose();
    this.#channels.clear();
  }
}

function write(channel: vscode.LogOutputChannel, line: LogLine): void {
  const late = Date.now() - line.unix_ms > replayAgeMs;
  const time = late ? `${new Date(line.unix_ms).toISOString()} ` : "";
  const source = line.stream === "supervisor" ? "[control center] " : "";
  channel[line.level](`${time}${source}${line.line}`);
}
