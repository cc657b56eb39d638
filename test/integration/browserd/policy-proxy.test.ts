import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { PolicyProxy } from "../../../src/browserd/policy-proxy.ts";
import { systemNetwork } from "../../../src/browserd/system-network.ts";
import { recordedLogger } from "./support/recorded-logger.ts";

const greeting = [5, 1, 0];
const connectTo = (host: string, port: number): number[] => [
  ...[5, 1, 0, 3, host.length],
  ...Buffer.from(host),
  ...[port >> 8, port & 255],
];

describe("policy proxy", () => {
  let echo: Server;
  let echoPort: number;
  let proxy: PolicyProxy;
  let proxyPort: number;

  before(async () => {
    echo = createServer((socket) => socket.pipe(socket));
    echo.listen(0, "127.0.0.1");
    await once(echo, "listening");
    const address = echo.address();
    assert.ok(address !== null && typeof address === "object");
    echoPort = address.port;
  });
  after(() => echo.close());
  beforeEach(async () => {
    proxy = new PolicyProxy({
      policy: { allowPrivateTargets: true },
      network: systemNetwork,
      logger: recordedLogger(),
      connectTimeoutMs: 300,
    });
    proxyPort = await proxy.start();
  });
  afterEach(() => proxy.stop());

  /** Sends bytes and returns what came back until the proxy closed or enough arrived. */
  async function talk(
    bytes: readonly number[],
    enough = Number.POSITIVE_INFINITY,
  ): Promise<[number[], Socket]> {
    const socket = connect(proxyPort, "127.0.0.1");
    const received: number[] = [];
    socket.write(Buffer.from(bytes));
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      received.push(...chunk);
      if (received.length >= enough) break;
    }
    return [received, socket];
  }

  it("carries bytes both ways for an allowed target, and ends the tunnel when it stops", async () => {
    const [answer, socket] = await talk([...greeting, ...connectTo("127.0.0.1", echoPort)], 12);
    assert.deepEqual(answer.slice(0, 4), [5, 0, 5, 0]);
    socket.write("hello");
    const [echoed] = await once(socket, "data");
    assert.equal(String(echoed), "hello");
    const closed = once(socket, "close");
    await proxy.stop();
    await closed;
  });

  it("takes a request that arrives byte by byte", async () => {
    const socket = connect({ port: proxyPort, host: "127.0.0.1", noDelay: true });
    for (const byte of [...greeting, ...connectTo("127.0.0.1", echoPort)]) {
      await new Promise((resolve) => socket.write(Buffer.from([byte]), resolve));
    }
    let received = 0;
    while (received < 12) received += (await once(socket, "data"))[0].length;
    assert.equal(received, 12);
    socket.destroy();
  });

  it("answers a refused target with code 2 and remembers why", async () => {
    const mark = proxy.mark;
    const [answer] = await talk([...greeting, ...connectTo("169.254.169.254", 80)]);
    assert.deepEqual(answer.slice(0, 4), [5, 0, 5, 2]);
    assert.deepEqual(
      proxy.refusedSince(mark).map(({ host, port, cause, refusal }) => ({ host, port, cause, refusal })),
      [{ host: "169.254.169.254", port: 80, cause: "policy", refusal: "metadata_target" }],
    );
  });

  it("answers a name that does not exist with code 4 and a closed port with code 5", async () => {
    const [unknown] = await talk([...greeting, ...connectTo("nothing-here.invalid", 80)]);
    assert.deepEqual(unknown.slice(2, 4), [5, 4]);
    const unused = createServer().listen(0, "127.0.0.1");
    await once(unused, "listening");
    const address = unused.address();
    assert.ok(address !== null && typeof address === "object");
    unused.close();
    await once(unused, "close");
    const [closed] = await talk([...greeting, ...connectTo("127.0.0.1", address.port)]);
    assert.deepEqual(closed.slice(2, 4), [5, 5]);
  });

  it("refuses other commands, other methods and other protocols, and clients that say nothing", async () => {
    const [bind] = await talk([...greeting, 5, 2, 0, 1, 127, 0, 0, 1, 0, 80]);
    assert.deepEqual(bind.slice(2, 4), [5, 7]);
    assert.deepEqual((await talk([5, 1, 2]))[0], [5, 255]);
    assert.deepEqual((await talk([...Buffer.from("GET / HTTP/1.1\r\n\r\n")]))[0], []);
    assert.deepEqual((await talk([5]))[0], []);
  });

  it("keeps the last hundred refusals and finds those after a mark", async () => {
    for (let port = 1; port <= 103; port += 1) await talk([...greeting, ...connectTo("0.0.0.0", port)]);
    const mark = proxy.mark;
    await talk([...greeting, ...connectTo("0.0.0.0", 200)]);
    assert.deepEqual(
      proxy.refusedSince(mark).map((refused) => refused.port),
      [200],
    );
    assert.equal(proxy.refusedSince(0).length, 100);
  });
});
