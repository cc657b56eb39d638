import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { FatalReport } from "../../../src/contracts/control-link.ts";
import { serviceDisplayNames } from "../../../src/contracts/service-kinds.ts";
import {
  bootLine,
  ControlLink,
  connectTo,
  newStateRoot,
  SidecarProcess,
} from "../../support/sidecar/sidecar-process.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

describe("A sidecar", () => {
  let root = "";
  let removeRoot: () => Promise<void> = async () => undefined;
  const started: SidecarProcess[] = [];

  beforeEach(async () => {
    const made = await newStateRoot();
    root = made.root;
    removeRoot = made.remove;
  });
  afterEach(async () => {
    for (const sidecar of started.splice(0)) if (sidecar.isRunning) await sidecar.kill();
    await removeRoot();
  });

  const start = (change: Parameters<typeof bootLine>[1] = {}, input?: string): SidecarProcess => {
    const sidecar = new SidecarProcess(bootLine(root, change), input);
    started.push(sidecar);
    return sidecar;
  };
  const fatalOf = (stderr: string) =>
    FatalReport.parse(JSON.parse(stderr.trim().split("\n").at(-1) ?? "")).palyra_fatal;

  it("that drives the browser says when its token came with a request of a foreign page, and only then", async () => {
    const sidecar = start({ service: "browserd" });
    const link = await sidecar.connect();
    const ask = (token: string, origin: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${link.port()}/mcp`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, origin },
      });
    const [token = ""] = sidecar.boot.tokens;
    assert.equal((await ask("not-the-token", "https://elsewhere.test")).status, 403);
    await ask(token, `http://127.0.0.1:${link.port()}`);
    assert.deepEqual(link.suspicions, []);
    assert.equal((await ask(token, "https://elsewhere.test")).status, 403);
    await waitUntil("the sidecar says so", () => link.suspicions.length > 0);
    assert.deepEqual(link.suspicions, ["it was shown by a request from a foreign page or host"]);
    assert.ok(!link.lines.some((line) => line.includes(token)));
  });

  describe("at its start", () => {
    it("with a broken boot line ends with 78 and a report that repeats nothing of the line", async () => {
      const wrong = JSON.stringify({ ...bootLine(root), tokens: ["short-secret"] });
      for (const input of ["not json secret\n", `${wrong}\n`, "", `${"x".repeat(70_000)}\n`]) {
        const end = await start({}, input).ended;
        assert.equal(end.code, 78);
        assert.equal(fatalOf(end.stderr).code, "config_invalid");
        assert.ok(!end.stderr.includes("secret"));
      }
    });

    it("with a pinned port that is taken ends with 78 and names the port", async () => {
      const other = net.createServer().listen(0, "127.0.0.1");
      await new Promise((resolve) => other.once("listening", resolve));
      const { port } = other.address() as net.AddressInfo;
      const end = await start({ port: { number: port, pinned: true } }).ended;
      assert.equal(end.code, 78);
      const fatal = fatalOf(end.stderr);
      assert.equal(fatal.code, "port_in_use");
      assert.match(fatal.message, new RegExp(String(port)));
      const free = await start({ port: { number: port, pinned: false } }).connect();
      assert.notEqual(free.port(), port);
      other.close();
    });

    it("replaces the socket of a killed one, but not of one that answers", async () => {
      const first = start();
      await first.connect();
      const second = await start({ endpoint: first.boot.endpoint }).ended;
      assert.equal(second.code, 78);
      assert.equal(fatalOf(second.stderr).code, "already_owned");
      await first.kill();
      assert.ok(existsSync(first.boot.endpoint), "the socket file is left over");
      await start().connect();
    });

    it("keeps its socket and folder to its own user", async () => {
      const sidecar = start();
      await sidecar.connect();
      assert.equal((await stat(sidecar.boot.endpoint)).mode & 0o777, 0o600);
      assert.equal((await stat(path.dirname(sidecar.boot.endpoint))).mode & 0o777, 0o700);
    });
  });

  describe("on its control link", () => {
    it("answers nobody who cannot prove the instance id", async () => {
      const sidecar = start();
      await sidecar.connect();
      await assert.rejects(connectAs(sidecar, "wrong".padEnd(43, "x")), /proof/);
    });

    it("refuses a caller that speaks a newer protocol", async () => {
      const sidecar = start();
      const link = await sidecar.connect();
      await assert.rejects(
        connectAs(sidecar, sidecar.boot.instance_id, 99),
        (error: { data?: { code?: string } }) => error.data?.code === "version_skew",
      );
      assert.deepEqual(await link.request("ping"), {});
    });

    it("lets an observer look but not command", async () => {
      const sidecar = start();
      const observer = await sidecar.connect({ role: "observer" });
      assert.deepEqual(await observer.request("ping"), {});
      for (const method of ["stop", "tokens/set", "secret/changed", "config/reload"]) {
        await assert.rejects(
          observer.request(method),
          (error: { data?: { code?: string } }) => error.data?.code === "forbidden",
        );
      }
    });

    it("cuts a connection that sends what is too large or no message at all", async () => {
      const sidecar = start();
      const link = await sidecar.connect();
      for (const bytes of [`Content-Length: ${2 ** 30}\r\n\r\n`, "G".repeat(10_000)]) {
        const socket = await connectTo(sidecar.boot.endpoint);
        socket.on("error", () => undefined);
        const closed = new Promise((resolve) => socket.on("close", resolve));
        socket.write(bytes);
        await closed;
      }
      assert.deepEqual(await link.request("ping"), {});
    });

    it("refuses wrong parameters and goes on", async () => {
      const link = await start().connect();
      await assert.rejects(link.request("stop", { drain_ms: "soon" }), /drain_ms/);
      await assert.rejects(link.request("tokens/set", { tokens: [] }), /tokens/);
      assert.deepEqual(await link.request("ping"), {});
    });

    it("hands a new connection the lines it has written so far", async () => {
      const link = await start().connect();
      await waitUntil("the first lines", () => link.lines.some((line) => line.startsWith("starting")));
    });
  });

  describe("without a controller", () => {
    it("ends after the linger time, when the last controller has left", async () => {
      const sidecar = start({ linger_seconds: 1 });
      const first = await sidecar.connect();
      const second = await sidecar.connect();
      const observer = await sidecar.connect({ role: "observer" });
      first.close();
      assert.deepEqual(await second.request("ping"), {});
      const left = Date.now();
      second.close();
      assert.deepEqual((await sidecar.ended).code, 0);
      assert.ok(Date.now() - left >= 900, "it lingered");
      assert.ok(observer.lines.some((line) => line.includes("no controller")));
    });

    it("goes on when a controller comes back in time", async () => {
      const sidecar = start({ linger_seconds: 1 });
      (await sidecar.connect()).close();
      const back = await sidecar.connect();
      await new Promise((resolve) => setTimeout(resolve, 1_300));
      assert.deepEqual(await back.request("ping"), {});
      assert.equal(back.welcome.pid, sidecar.pid);
    });
  });

  describe("that is told to end", () => {
    it("does so with code 0, on a request or a signal, and takes its socket away", async () => {
      for (const end of ["stop", "SIGTERM", "SIGINT"] as const) {
        const sidecar = start();
        const link = await sidecar.connect();
        if (end === "stop") await link.request("stop", { drain_ms: 500 });
        else process.kill(sidecar.pid, end);
        assert.deepEqual(await sidecar.ended, { code: 0, signal: null, stderr: "" });
        assert.ok(!existsSync(sidecar.boot.endpoint));
      }
    });

    it("leaves the whole story in its log file", async () => {
      const sidecar = start();
      const link = await sidecar.connect();
      await link.request("stop", { drain_ms: 500 });
      await sidecar.ended;
      const file = path.join(root, "logs", `${serviceDisplayNames.gateway}.log`);
      const messages = (await readFile(file, "utf8"))
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { message: string }).message);
      assert.equal(messages[0], "starting");
      assert.ok(messages.includes("serving"));
      assert.equal(messages.at(-1), "stopped");
    });
  });

  it("whose folder for logs cannot be made says so and ends with 78", async () => {
    await writeFile(path.join(root, "logs"), "in the way");
    const end = await start().ended;
    assert.notEqual(end.code, 0);
    assert.match(end.stderr, /logs/);
  });
});

/** A connection whose hello is made with other values than the right ones. */
async function connectAs(sidecar: SidecarProcess, instanceId: string, protocol?: number): Promise<void> {
  const link = new ControlLink(await connectTo(sidecar.boot.endpoint), {});
  try {
    await link.hello(instanceId, "controller", protocol);
  } finally {
    link.close();
  }
}
