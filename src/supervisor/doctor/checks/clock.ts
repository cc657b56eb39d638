import { randomBytes } from "node:crypto";
import { open, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Check, DoctorContext, Finding } from "../check.ts";

/** Differences from which the clock is worth a warning, and from which signed requests fail, in milliseconds. */
const warningMs = 30_000;
const failureMs = 5 * 60_000;

/** Whether the clock is right, by Discord's clock or else by that of the file system. */
export const clockCheck: Check = {
  id: "clock",
  title: "Clock",
  async run(context) {
    const told = (await context.gateway()).discord.find((finding) => finding.clock_ahead_ms !== null);
    const ahead = told?.clock_ahead_ms ?? null;
    if (ahead !== null) return judgeClock(ahead, "Discord's");
    return judgeClock(await fileClockAhead(context), "that of the file system");
  },
};

/** Judges a difference. Pure. @param aheadMs the other clock minus ours, in milliseconds */
export function judgeClock(aheadMs: number, other: string): Finding {
  const seconds = Math.round(Math.abs(aheadMs) / 1_000);
  if (Math.abs(aheadMs) < warningMs) {
    return { status: "ok", evidence: `The clock agrees with ${other} within ${Math.max(1, seconds)} s.` };
  }
  return {
    status: Math.abs(aheadMs) < failureMs ? "warning" : "failed",
    evidence: `The clock is ${seconds} s ${aheadMs > 0 ? "behind" : "ahead of"} ${other}.`,
    nextStep: "Have the system set its clock by the network; signed webhooks and timeouts depend on it.",
  };
}

async function fileClockAhead({ host }: DoctorContext): Promise<number> {
  const file = path.join(os.tmpdir(), `palyra-clock-${randomBytes(6).toString("hex")}`);
  const handle = await open(file, "wx", 0o600);
  try {
    return Math.round((await handle.stat()).mtimeMs - host.now());
  } finally {
    await handle.close();
    await rm(file, { force: true });
  }
}
