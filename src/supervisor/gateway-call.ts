import http from "node:http";
import { ErrorEnvelope } from "../contracts/errors.ts";
import type { GatewayCall } from "../contracts/owner-link.ts";
import { messageOf, PalyraError } from "../platform/errors.ts";

/** Largest answer that is taken, in bytes. */
const answerLimit = 8 * 1024 * 1024;

/** Where the gateway serves and the token its callers show. */
export interface GatewayAccess {
  /** Base address, such as `http://127.0.0.1:7142`. */
  readonly url: string;
  readonly token: string;
}

/**
 * Makes a request of the gateway's administration API. The address must be one the gateway proved over its control link.
 * @param signal ends the request; the gateway then takes back what was not done
 * @returns the parsed answer
 * @throws the gateway's error; `service_unavailable` when it does not answer in time or not in JSON
 */
export async function callGateway(
  access: GatewayAccess,
  call: GatewayCall,
  signal?: AbortSignal,
): Promise<unknown> {
  const late = AbortSignal.timeout(call.timeout_ms);
  const ends = signal === undefined ? late : AbortSignal.any([late, signal]);
  try {
    const { status, text } = await exchange(access, call, ends);
    const body: unknown = text === "" ? {} : JSON.parse(text);
    if (status >= 200 && status < 300) return body;
    throw errorOf(status, body);
  } catch (thrown) {
    if (thrown instanceof PalyraError) throw thrown;
    const why = signal?.aborted
      ? "The request was cancelled."
      : late.aborted
        ? `The gateway did not answer within ${Math.round(call.timeout_ms / 1000)} s.`
        : `The gateway cannot be asked: ${messageOf(thrown)}.`;
    throw new PalyraError("service_unavailable", why, { cause: thrown });
  }
}

function exchange(
  { url, token }: GatewayAccess,
  { method, path, body }: GatewayCall,
  signal: AbortSignal,
): Promise<{ status: number; text: string }> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(payload === undefined
        ? {}
        : { "content-type": "application/json", "content-length": Buffer.byteLength(payload) }),
    };
    const request = http.request(`${url}/admin/v1${path}`, { method, headers, signal, agent: false });
    request.on("error", reject);
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > answerLimit) response.destroy(new Error("the answer is too large"));
        else chunks.push(chunk);
      });
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
      );
    });
    request.end(payload);
  });
}

function errorOf(status: number, body: unknown): PalyraError {
  const envelope = ErrorEnvelope.safeParse(body);
  if (!envelope.success) {
    return new PalyraError("service_unavailable", `The gateway answered with status ${status}.`);
  }
  const { code, error, next_step, validation_errors = [] } = envelope.data;
  const fields = validation_errors
    .filter(({ message }) => !error.includes(message))
    .map(({ field, message }) => `${field} ${message}`);
  return new PalyraError(code, [error, ...fields].join(" "), { nextStep: next_step });
}
