import { type AddressInfo, createServer } from "node:net";
import { createInterface } from "node:readline";
import type { TestEvent } from "../support/test-progress.ts";

/** Tells the tests inside the extension host where their runner listens. */
export const REPORT_PORT_VARIABLE = "PALYRA_TEST_REPORT_PORT";

/** The runner's end of the connection to the tests inside the extension host. */
export interface ReportChannel {
  readonly port: number;
  /** Resolves when the tests have said their last word, or their process has gone. */
  readonly ended: Promise<void>;
  close(): void;
}

/** Listens on a free loopback port for one run's events. */
export async function openReportChannel(accept: (event: TestEvent) => void): Promise<ReportChannel> {
  const server = createServer();
  const ended = new Promise<void>((resolve, reject) => {
    server.once("connection", (socket) => {
      socket.once("error", reject);
      createInterface({ input: socket })
        .on("line", (line) => accept(JSON.parse(line) as TestEvent))
        .once("close", resolve);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return { port: (server.address() as AddressInfo).port, ended, close: () => server.close() };
}
