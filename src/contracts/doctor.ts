import * as z from "zod";
import { Remedy } from "./snapshot.ts";

/** `unknown`: the check could not be made; its evidence says why. It never counts as healthy. */
export const CheckStatus = z.enum(["ok", "warning", "failed", "unknown"]);
export type CheckStatus = z.infer<typeof CheckStatus>;

/** What a repair would do. Nothing is done before the user asks for it. */
export const RepairOffer = z.object({
  title: z.string(),
  /** The changes, one line each: `-` what is, `+` what will be, a blank in front of the rest. */
  preview: z.array(z.string()),
});
export type RepairOffer = z.infer<typeof RepairOffer>;

/** Result of one check of the doctor. Holds no secret. */
export const CheckResult = z.object({
  id: z.string(),
  title: z.string(),
  status: CheckStatus,
  /** What was seen, in plain words. */
  evidence: z.string(),
  /** What the user can do; absent when there is nothing to do. */
  next_step: z.string().optional(),
  /** A command of the editor that helps. */
  remedy: Remedy.optional(),
  /** Absent when the doctor cannot mend it. */
  repair: RepairOffer.optional(),
  duration_ms: z.int().nonnegative(),
});
export type CheckResult = z.infer<typeof CheckResult>;

/** Outcome of one repair. */
export const RepairResult = z.object({
  /** Id of the check that offered it. */
  id: z.string(),
  done: z.boolean(),
  /** What was done, and where the backups are; or why it was not. */
  outcome: z.array(z.string()),
});
export type RepairResult = z.infer<typeof RepairResult>;

export const DoctorReport = z.object({
  /** After the repairs, when there were any. */
  checks: z.array(CheckResult),
  repairs: z.array(RepairResult),
});
export type DoctorReport = z.infer<typeof DoctorReport>;
