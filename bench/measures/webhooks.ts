import { type ChildProcess, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import { ulid } from "ulid";
import { signRequest } from "../../src/platform/webhook-signing.ts";
import { rawLoad, rawRequest } from "../programs/raw-load.ts";
import { type BenchResult, percentile } from "../result.ts";

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const requestsPerRound = 6_000;
const rounds = 5;
const connections = 64;

type Mode = "bare" | "verified" | "hooks" | "effects";

/**
 * Requests a second of the ingress (signature checked, allow lists, safety, and the delivery on the disk before it is
 * acknowledged), against a bare Fastify route that reads the same raw JSON body, in the same run and by turns.
 */
export async function measure(): Promise<BenchResult[]> {
  const servers = new Map<Mode, Server>();
  try {
    for (const mode of ["bare", "verified", "hooks", "effects"] as const)
      servers.set(mode, await Server.start(mode));
    for (const server of servers.values()) await server.round(1_000);
    for (let round = 0; round < rounds; round += 1) {
      for (const server of servers.values()) await server.round(requestsPerRound);
    }
    const [bare, verified, hooks, effects] = [...servers.values()].map((server) => ({
      rate: percentile(server.rates.slice(1), 0.5),
      cpu: percentile(server.cpu.slice(1), 0.5),
    }));
    if (bare === undefined || verified === undefined || hooks === undefined || effects === undefined)
      throw new Error("a server is missing");
    const against = (name: string, value: number, peer: number, target?: number): BenchResult => ({
      name,
      value: Math.round(value),
      unit: "requests/s",
      peer: "a bare Fastify route",
      ratio: Number((value / peer).toFixed(2)),
      ...(target === undefined ? {} : { target: `>= ${target} x peer` }),
      ok: target === undefined || value / peer >= target,
    });
    return [
      against("webhook ingress with HMAC check", verified.rate, bare.rate, 0.6),
      against("the same, on the disk before it is acknowledged", hooks.rate, bare.rate),
      against("the same, and its message in the outbox", effects.rate, bare.rate),
      ...[verified, hooks].map(
        ({ cpu }, index): BenchResult => ({
          name: `CPU of one request${index === 0 ? ", verified" : ", on the disk"}`,
          value: Math.round(cpu),
          unit: "us",
          peer: "a bare Fastify route",
          ratio: Number((cpu / bare.cpu).toFixed(2)),
          ok: true,
        }),
      ),
    ];
  } finally {
    for (const server of servers.values()) await server.stop();
  }
}

class Server {
  readonly rates: number[] = [];
  /** Microseconds of CPU for one request, in each round. */
  readonly cpu: number[] = [];
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  #port = 0;

  private constructor(mode: Mode) {
    const program = new URL("../programs/hook-server.ts", import.meta.url).pathname;
    this.#child = spawn(process.execPath, [program, mode, secret], { stdio: ["pipe", "pipe", "inherit"] });
    if (this.#child.stdout === null) throw new Error("no standard output");
    this.#lines = createInterface({ input: this.#child.stdout });
  }

  static async start(mode: Mode): Promise<Server> {
    const server = new Server(mode);
    server.#port = (await server.#line()).port ?? 0;
    return server;
  }

  async round(count: number): Promise<void> {
    const requests = Array.from({ length: count }, (_, index) => this.#request(index));
    const before = await this.#cpuNow();
    const { ms, statuses } = await rawLoad(this.#port, requests, connections);
    if (statuses.get("202") !== count)
      throw new Error(`not all were accepted: ${JSON.stringify([...statuses])}`);
    this.cpu.push(((await this.#cpuNow()) - before) / count);
    this.rates.push(count / (ms / 1_000));
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.stdin?.end();
    await ended;
  }

  #request(index: number): Buffer {
    const payload = Buffer.from(JSON.stringify(pushEvent(index)));
    const { headers, body } = signRequest({
      signature: "generic",
      secret,
      payload,
      now: Date.now(),
      deliveryId: ulid(),
    });
    return rawRequest(this.#port, "/hooks/one", headers, body);
  }

  async #cpuNow(): Promise<number> {
    this.#child.stdin?.write("\n");
    return (await this.#line()).cpu ?? 0;
  }

  async #line(): Promise<{ readonly port?: number; readonly cpu?: number }> {
    const line = await new Promise<string>((resolve, reject) => {
      const ended = (): void => reject(new Error("a server ended"));
      this.#lines.once("close", ended);
      this.#lines.once("line", (text) => {
        this.#lines.off("close", ended);
        resolve(text);
      });
    });
    return JSON.parse(line) as { readonly port?: number; readonly cpu?: number };
  }
}

/** About a kilobyte, like what a repository sends. */
function pushEvent(index: number): object {
  return {
    event: "push",
    source: "ada/engine",
    ref: "refs/heads/main",
    before: "6dcb09b5b57875f334f61aebed695e2e4193db5e",
    after: `${index}`.padStart(40, "0"),
    repository: { id: 1296269, full_name: "ada/engine", private: false, default_branch: "main" },
    pusher: { name: "ada", email: "ada@example.com" },
    commits: [1, 2, 3].map((number) => ({
      id: `${number}`.padStart(40, "a"),
      message: `Mend the ${number}. wheel, which turned the wrong way after noon`,
      timestamp: "2026-01-01T12:00:00Z",
      author: { name: "Ada", email: "ada@example.com", username: "ada" },
      added: [`src/wheel-${number}.ts`],
      removed: [],
      modified: ["README.md"],
    })),
  };
}
