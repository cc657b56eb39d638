import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import {
  createMessageConnection,
  type MessageConnection,
  SocketMessageReader,
  SocketMessageWriter,
} from "vscode-jsonrpc/node";
import {
  type BootLine,
  controlLinkProtocol,
  controlMethods,
  HelloResponse,
  LogNotification,
  SecretChange,
  type SecretChangeResult,
  SecretRequest,
  type SecretResponse,
  sidecarMethods,
  sidecarNotifications,
  TokenSuspicion,
} from "../../../src/contracts/control-link.ts";
import type { ErrorDetails } from "../../../src/contracts/errors.ts";
import type { ServiceKind } from "../../../src/contracts/services.ts";
import { SidecarStatus } from "../../../src/contracts/sidecar-status.ts";
import { controlProof } from "../../../src/platform/control-proof.ts";
import { waitUntil } from "../vscode/wait-until.ts";

const entries: Readonly<Record<ServiceKind, string>> = {
  gateway: fileURLToPath(new URL("../../../src/gateway/main.ts", import.meta.url)),
  browserd: fileURLToPath(new URL("../../../src/browserd/main.ts", import.meta.url)),
};

/** 32 random bytes, as tokens and instance ids are. */
export function newToken(): string {
  return randomBytes(32).toString("base64url");
}

/** A state folder of a test; `remove` deletes it. */
export async function newStateRoot(): Promise<{ root: string; remove: () => Promise<void> }> {
  const root = await mkdtemp(path.join(os.tmpdir(), "palyra-test-"));
  return { root, remove: () => rm(root, { recursive: true, force: true }) };
}

/** Boot line with the values that do not matter to a test. */
export function bootLine(root: string, change: Partial<BootLine> = {}): BootLine {
  return {
    protocol: controlLinkProtocol,
    service: "gateway",
    instance_id: newToken(),
    state_root: root,
    endpoint: path.join(root, "run", `${change.service ?? "gateway"}.sock`),
    port: { number: 0, pinned: false },
    tokens: [newToken()],
    // Longer than any test; one that is left by a test run which was killed ends by itself.
    linger_seconds: 180,
    log_level: "debug",
    browser_path: null,
    ...change,
  };
}

/** What a process wrote and how it ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** A sidecar that was started by a test, as a real process with the boot line on its standard input. */
export class SidecarProcess {
  readonly boot: BootLine;
  readonly child: ChildProcess;
  readonly ended: Promise<ProcessEnd>;
  readonly #links: ControlLink[] = [];

  /**
   * @param input what is written to standard input; the boot line by default
   * @param entry program to run; the sources of the boot line's service by default
   */
  constructor(boot: BootLine, input: string = `${JSON.stringify(boot)}\n`, entry = entries[boot.service]) {
    this.boot = boot;
    this.child = spawn(process.execPath, [entry], { stdio: ["pipe", "ignore", "pipe"] });
    let stderr = "";
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    this.ended = new Promise((resolve) => {
      this.child.on("close", (code, signal) => resolve({ code, signal, stderr }));
    });
    this.child.stdin?.on("error", () => undefined);
    this.child.stdin?.end(input);
  }

  get pid(): number {
    const { pid } = this.child;
    if (pid === undefined) throw new Error("the process did not start");
    return pid;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Connects as a controller or observer and says hello. */
  async connect(options: LinkOptions = {}): Promise<ControlLink> {
    const socket = await waitUntil("the control link", async () => {
      if (!this.isRunning) throw new Error(`the sidecar ended: ${(await this.ended).stderr}`);
      return existsSync(this.boot.endpoint) ? await connectTo(this.boot.endpoint) : null;
    });
    const link = new ControlLink(socket, options);
    this.#links.push(link);
    await link.hello(this.boot.instance_id, options.role ?? "controller");
    return link;
  }

  /** Ends the process without a chance to do anything. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.ended;
    for (const link of this.#links) link.close();
  }
}

export interface LinkOptions {
  readonly role?: "controller" | "observer";
  /** The controller's secrets; missing ones are answered with `secret_missing`, and the sidecar may change them. */
  readonly secrets?: Record<string, string>;
  /** Why the controller keeps no secret now; it does by default. */
  readonly refuseChange?: (change: SecretChange) => ErrorDetails | null;
}

/** The controller's end of a control link. */
export class ControlLink {
  readonly rpc: MessageConnection;
  readonly statuses: SidecarStatus[] = [];
  readonly lines: string[] = [];
  readonly secretRequests: string[] = [];
  /** Why the sidecar's token may be known to others, as it said. */
  readonly suspicions: string[] = [];
  readonly #socket: net.Socket;
  #hello: HelloResponse | null = null;

  constructor(socket: net.Socket, options: LinkOptions) {
    this.#socket = socket;
    socket.on("error", () => undefined);
    const reader = new SocketMessageReader(socket);
    // A process that is killed while it writes leaves half a message, for which the reader's timer would wait for ever.
    reader.partialMessageTimeout = 0;
    this.rpc = createMessageConnection(reader, new SocketMessageWriter(socket));
    this.rpc.onNotification(sidecarNotifications.status, (params: unknown) => {
      this.statuses.push(SidecarStatus.parse(params));
    });
    this.rpc.onNotification(sidecarNotifications.log, (params: unknown) => {
      this.lines.push(...LogNotification.parse(params).lines.map((line) => line.line));
    });
    this.rpc.onNotification(sidecarNotifications.suspicion, (params: unknown) => {
      this.suspicions.push(TokenSuspicion.parse(params).reason);
    });
    this.rpc.onRequest<SecretResponse, ErrorDetails>(sidecarMethods.getSecret, (params: unknown) => {
      const { ref } = SecretRequest.parse(params);
      this.secretRequests.push(ref);
      const value = options.secrets?.[ref];
      if (value !== undefined) return { found: true, value };
      const error: ErrorDetails = {
        code: "secret_missing",
        message: `There is no secret “${ref}”.`,
        next_step: "Store it.",
      };
      return { found: false, error };
    });
    this.rpc.onRequest<SecretChangeResult, ErrorDetails>(sidecarMethods.changeSecret, (params: unknown) => {
      const change = SecretChange.parse(params);
      const { secrets = {} } = options;
      const error = options.refuseChange?.(change) ?? null;
      if (error !== null) return { done: false, error };
      if (change.value === null) delete secrets[change.ref];
      else secrets[change.ref] = change.value;
      return { done: true };
    });
    this.rpc.onError(() => undefined);
    this.rpc.listen();
  }

  async hello(
    instanceId: string,
    role: "controller" | "observer",
    protocol = controlLinkProtocol,
  ): Promise<void> {
    const nonce = randomBytes(16).toString("hex");
    this.#hello = HelloResponse.parse(
      await this.rpc.sendRequest(controlMethods.hello, {
        protocol,
        nonce,
        proof: controlProof("client", instanceId, nonce),
        role,
        client: { name: "test", version: "0.0.0", pid: process.pid },
      }),
    );
    if (this.#hello.proof !== controlProof("sidecar", instanceId, nonce)) throw new Error("wrong proof");
  }

  get welcome(): HelloResponse {
    if (this.#hello === null) throw new Error("no hello yet");
    return this.#hello;
  }

  /** The newest status. */
  get status(): SidecarStatus {
    return this.statuses.at(-1) ?? this.welcome.status;
  }

  get isClosed(): boolean {
    return this.#socket.destroyed;
  }

  /** Port by its name in the hello. */
  port(name = "http"): number {
    const bound = this.welcome.ports.find((port) => port.name === name);
    if (bound === undefined) throw new Error(`no port “${name}”`);
    return bound.port;
  }

  request(method: string, params: object = {}): Promise<unknown> {
    return this.rpc.sendRequest(method, params);
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** A connection to a local socket. */
export function connectTo(endpoint: string): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(endpoint, () => resolve(socket));
    socket.once("error", reject);
  });
}

/** All text below a folder, for searches for what must not be there. */
export async function textBelow(folder: string): Promise<string> {
  const entriesBelow = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entriesBelow.filter((entry) => entry.isFile());
  const texts = await Promise.all(
    files.map((entry) => readFile(path.join(entry.parentPath, entry.name), "latin1")),
  );
  return texts.join("\n");
}
