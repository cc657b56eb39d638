import { text } from "node:stream/consumers";
import { SelfCheckRequest } from "../contracts/self-check.ts";

/**
 * Runs the check mode of a sidecar's program: request on standard input, findings on standard output.
 * @param check looks and returns plain data without secrets
 */
export async function runSelfCheck(check: (request: SelfCheckRequest) => Promise<object>): Promise<void> {
  const request = SelfCheckRequest.parse(JSON.parse(await text(process.stdin)));
  const findings = `${JSON.stringify(await check(request))}\n`;
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(findings, (error) => (error ? reject(error) : resolve()));
  });
  // Connections that are kept open for a next request would keep the process.
  process.exit(0);
}
