import * as z from "zod";
import { ApprovalVerdict, approvalBounds } from "./approvals.ts";
import { ErrorDetails } from "./errors.ts";
import { ServiceKind } from "./services.ts";
import { ControlCenterSnapshot, Warning } from "./snapshot.ts";

/** Commands the panel's page may ask for: a closed set, mapped to real commands by the editor's side. */
export const PanelCommand = z.enum([
  "start",
  "stop",
  "restart",
  "retry",
  "showLogs",
  "rotateTokens",
  "setDiscordToken",
  "connectDiscord",
  "openSettings",
  "copySnapshot",
  "manageTrust",
]);
export type PanelCommand = z.infer<typeof PanelCommand>;

/** What the panel's page sends. It is untrusted input: every message is checked. */
export const PanelRequest = z.discriminatedUnion("type", [
  /** The page is loaded and wants the whole state. */
  z.strictObject({ type: z.literal("ready") }),
  z.strictObject({ type: z.literal("run"), command: PanelCommand, service: ServiceKind.optional() }),
  /** Runs the remedy of the warning with this id; the page never names a command of its own. */
  z.strictObject({ type: z.literal("mend"), warning_id: z.string().max(512) }),
  /** Shows an event that is on the page in the log of its service. */
  z.strictObject({ type: z.literal("show_event"), seq: z.int().positive() }),
  /** Shows the undeliverable replies of a connector that is on the page. */
  z.strictObject({ type: z.literal("show_undelivered"), connector_id: z.string().max(128) }),
  /** The user's word on a risky action that is shown. */
  z.strictObject({
    type: z.literal("decide"),
    approval_id: z.string().min(1).max(approvalBounds.id),
    verdict: ApprovalVerdict,
  }),
]);
export type PanelRequest = z.infer<typeof PanelRequest>;

/** What the panel shows. */
export const PanelState = z.object({
  phase: z.enum(["opening", "untrusted", "failed", "open"]),
  /** Why the control center could not be opened; set exactly when `phase` is `failed`. */
  problem: ErrorDetails.nullable(),
  /** Set exactly when `phase` is `open`. */
  snapshot: ControlCenterSnapshot.nullable(),
  /** Warnings of the settings and of the snapshot. */
  warnings: z.array(Warning),
});
export type PanelState = z.infer<typeof PanelState>;

/** What the editor's side sends: always the whole state. `revision` grows; an older one is dropped. */
export const PanelUpdate = z.object({
  type: z.literal("state"),
  revision: z.int().nonnegative(),
  state: PanelState,
});
export type PanelUpdate = z.infer<typeof PanelUpdate>;

/** What the page keeps over a reload of the window. */
export const PanelMemory = z.object({ messages: z.enum(["all", "problems"]) });
export type PanelMemory = z.infer<typeof PanelMemory>;
