import { type SeededRandom, seededRandom } from "./seeded-random.ts";

/** A message of a person. */
export interface PlannedWrite {
  readonly atMs: number;
  /** Number of the conversation, from 0. */
  readonly conversation: number;
  /** Number of the person, from 0; in a direct message its owner writes. */
  readonly person: number;
  /** `long` is answered in several messages, `aside` is not meant for the bot. */
  readonly kind: "short" | "long" | "aside";
}

/** Something that goes wrong with Discord. Times in milliseconds. */
export type Fault =
  | {
      readonly kind: "rate_limit";
      readonly scope: "user" | "global" | "shared";
      readonly retryAfterMs: number;
    }
  | { readonly kind: "server_error"; readonly status: number }
  | { readonly kind: "lost_response" }
  | { readonly kind: "no_response" }
  | { readonly kind: "latency"; readonly delayMs: number }
  | { readonly kind: "no_heartbeat_acks" }
  | { readonly kind: "half_open" }
  | { readonly kind: "cut" }
  | { readonly kind: "invalid_session"; readonly resumable: boolean }
  | { readonly kind: "reconnect" }
  | { readonly kind: "close"; readonly code: number };

/** A fault that begins at `atMs` and, when it lasts, ends `forMs` later. */
export interface PlannedFault {
  readonly atMs: number;
  readonly forMs: number;
  readonly fault: Fault;
}

/** All that is done to a system during a run. */
export interface TorturePlan {
  readonly seed: number;
  readonly durationMs: number;
  readonly writes: readonly PlannedWrite[];
  /** Time from one kill to the next; the first from the start. */
  readonly killGapsMs: readonly number[];
  readonly faults: readonly PlannedFault[];
}

export interface PlanOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly conversations: number;
  readonly people: number;
}

/** Mean time between two messages of all people, in milliseconds: well below what Discord lets a bot answer. */
const writeGapMs = 400;
/** A gateway lives between these times: some do not even come to their connection. */
const killGapMs = { from: 100, to: 4_000 };
const faultGapMs = { from: 200, to: 2_600 };
const faultMs = { from: 400, to: 4_000 };

/** Makes the plan of a run. Pure: the same options give the same plan. */
export function planTorture(options: PlanOptions): TorturePlan {
  const { seed, durationMs } = options;
  // Each part has its own numbers, so that a change of one leaves the others as they were.
  const part = (number: number): SeededRandom => seededRandom(seed * 4 + number);
  return {
    seed,
    durationMs,
    writes: planWrites(part(0), options),
    killGapsMs: planKills(part(1), durationMs),
    faults: planFaults(part(2), durationMs),
  };
}

function planWrites(random: SeededRandom, options: PlanOptions): PlannedWrite[] {
  const writes: PlannedWrite[] = [];
  for (let atMs = 0; ; ) {
    atMs += random.between(0, 2 * writeGapMs);
    if (atMs >= options.durationMs) return writes;
    const kind = random.pick<PlannedWrite["kind"]>([
      "short",
      "short",
      "short",
      "short",
      "short",
      "short",
      "long",
      "aside",
    ]);
    writes.push({
      atMs,
      conversation: Math.floor(random.next() * options.conversations),
      person: Math.floor(random.next() * options.people),
      kind,
    });
  }
}

function planKills(random: SeededRandom, durationMs: number): number[] {
  const gaps: number[] = [];
  for (let atMs = 0; atMs < durationMs; ) {
    const gap = random.between(killGapMs.from, killGapMs.to);
    atMs += gap;
    gaps.push(gap);
  }
  return gaps;
}

function planFaults(random: SeededRandom, durationMs: number): PlannedFault[] {
  const faults: PlannedFault[] = [];
  for (let atMs = 0; ; ) {
    atMs += random.between(faultGapMs.from, faultGapMs.to);
    if (atMs >= durationMs) return faults;
    faults.push({ atMs, forMs: random.between(faultMs.from, faultMs.to), fault: planFault(random) });
  }
}

function planFault(random: SeededRandom): Fault {
  const kind = random.pick<Fault["kind"]>([
    "rate_limit",
    "rate_limit",
    "server_error",
    "server_error",
    "lost_response",
    "lost_response",
    "lost_response",
    "no_response",
    "latency",
    "no_heartbeat_acks",
    "half_open",
    "half_open",
    "cut",
    "invalid_session",
    "reconnect",
    "close",
  ]);
  switch (kind) {
    case "rate_limit":
      return {
        kind,
        scope: random.pick(["user", "global", "shared"]),
        retryAfterMs: random.between(200, 2_000),
      };
    case "server_error":
      return { kind, status: random.pick([500, 502, 503, 504]) };
    case "latency":
      return { kind, delayMs: random.between(100, 1_500) };
    case "invalid_session":
      return { kind, resumable: random.chance(0.5) };
    case "close":
      return { kind, code: random.pick([1001, 4000, 4002, 4007, 4008, 4009]) };
    default:
      return { kind };
  }
}
