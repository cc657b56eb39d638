import type { BotApplication } from "../world/model.ts";
import { CloseCode } from "./close-codes.ts";
import { areKnownIntents, disallowedIntents } from "./intents.ts";

/** Discord docs: Gateway, Sending Events. */
const MAX_PAYLOAD_BYTES = 4096;

/** Opcodes a client may send (Discord docs: Opcodes and Status Codes, Gateway Opcodes). */
const CLIENT_OPCODES = new Set([1, 2, 3, 4, 6, 8, 31, 43]);

export interface IncomingPayload {
  readonly op: number;
  readonly d: unknown;
}

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: CloseCode };

const refuse = (code: CloseCode): { readonly ok: false; readonly code: CloseCode } => ({ ok: false, code });

/** Reads a frame from a client: size, JSON, shape and opcode. */
export function readPayload(data: Buffer): Checked<IncomingPayload> {
  if (data.byteLength > MAX_PAYLOAD_BYTES) return refuse(CloseCode.decodeError);
  let parsed: unknown;
  try {
    parsed = JSON.parse(data.toString("utf8"));
  } catch {
    // Not JSON: the refusal is the handling.
    return refuse(CloseCode.decodeError);
  }
  if (!isRecord(parsed) || !Number.isInteger(parsed.op)) return refuse(CloseCode.decodeError);
  const op = parsed.op as number;
  return CLIENT_OPCODES.has(op) ? { ok: true, value: { op, d: parsed.d } } : refuse(CloseCode.unknownOpcode);
}

export interface Identify {
  readonly bot: BotApplication;
  readonly intents: number;
  readonly shard: readonly [number, number];
  readonly sharded: boolean;
  readonly compress: boolean;
}

/** Checks an IDENTIFY (Discord docs: Gateway Events, Identify Structure). */
export function readIdentify(
  d: unknown,
  botByToken: (token: string) => BotApplication | undefined,
): Checked<Identify> {
  if (!isRecord(d) || typeof d.token !== "string" || !isRecord(d.properties))
    return refuse(CloseCode.decodeError);
  if (d.compress !== undefined && typeof d.compress !== "boolean") return refuse(CloseCode.decodeError);
  const { large_threshold: threshold } = d;
  if (
    threshold !== undefined &&
    !(Number.isInteger(threshold) && Number(threshold) >= 50 && Number(threshold) <= 250)
  ) {
    return refuse(CloseCode.decodeError);
  }
  const bot = botByToken(d.token);
  if (!bot) return refuse(CloseCode.authenticationFailed);
  if (!areKnownIntents(d.intents)) return refuse(CloseCode.invalidIntents);
  if (disallowedIntents(d.intents, bot.privilegedIntents) !== 0) return refuse(CloseCode.disallowedIntents);
  const shard = readShard(d.shard);
  if (!shard) return refuse(CloseCode.invalidShard);
  return {
    ok: true,
    value: { bot, intents: d.intents, shard, sharded: d.shard !== undefined, compress: d.compress === true },
  };
}

export interface Resume {
  readonly token: string;
  readonly sessionId: string;
  readonly seq: number;
}

/** Checks a RESUME (Discord docs: Gateway Events, Resume Structure). */
export function readResume(d: unknown): Checked<Resume> {
  if (
    !isRecord(d) ||
    typeof d.token !== "string" ||
    typeof d.session_id !== "string" ||
    !Number.isInteger(d.seq)
  ) {
    return refuse(CloseCode.decodeError);
  }
  return { ok: true, value: { token: d.token, sessionId: d.session_id, seq: d.seq as number } };
}

function readShard(value: unknown): readonly [number, number] | undefined {
  if (value === undefined || value === null) return [0, 1];
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [id, count] = value as unknown[];
  if (!Number.isInteger(id) || !Number.isInteger(count)) return undefined;
  const shard: [number, number] = [id as number, count as number];
  return shard[0] >= 0 && shard[1] >= 1 && shard[0] < shard[1] ? shard : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
