import * as vscode from "vscode";
import { serviceDisplayNames } from "../contracts/service-kinds.ts";
import { type LogLine, logRingCapacity, type ServiceKind } from "../contracts/services.ts";
import { channelLine } from "./channel-line.ts";

/**
 * One output channel per service. A channel is made, and filled with the last lines, when it is first shown. It is a
 * plain one in the language of logs: a log channel would stamp lines of the past with the present time.
 */
export class LogChannels implements vscode.Disposable {
  readonly #channels = new Map<ServiceKind, vscode.OutputChannel>();

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
    const channel = vscode.window.createOutputChannel(`Palyra: ${serviceDisplayNames[service]}`, "log");
    for (const line of lines.slice(-logRingCapacity)) channel.appendLine(channelLine(line));
    this.#channels.set(service, channel);
    channel.show();
  }

  /** Appends a new line to its service's channel, if that has been shown. */
  append(line: LogLine): void {
    this.#channels.get(line.service)?.appendLine(channelLine(line));
  }

  dispose(): void {
    for (const channel of this.#channels.values()) channel.dispose();
    this.#channels.clear();
  }
}
