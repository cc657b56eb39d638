import type { CheckResult } from "../../contracts/doctor.ts";
import { serviceKinds } from "../../contracts/service-kinds.ts";
import type { ControlCenterSnapshot } from "../../contracts/snapshot.ts";
import { timelineLevels } from "../../contracts/timeline.ts";
import { readRegularFile } from "../../platform/read-regular-file.ts";
import { crashFile, logFile, type StatePaths } from "../../platform/state-paths.ts";
import { readFileEnd } from "../read-file-end.ts";
import { readTimeline } from "../timeline/read-timeline.ts";

/** Something that belongs into a bundle: read only when its turn comes, so that a cancel ends the reading. */
export interface EntrySource {
  readonly name: string;
  /** Text, or data that becomes JSON; null when there is no such thing. */
  read(): Promise<string | object | null>;
}

/** How much of the end of each log file is taken, in bytes. */
const logBytes = 1024 * 1024;
const crashBytes = 64 * 1024;

/** Everything that helps somebody else to find a fault, and nothing that people wrote to each other. */
export function entrySources(facts: {
  readonly paths: StatePaths;
  readonly snapshot: () => Promise<ControlCenterSnapshot>;
  readonly checks: () => Promise<readonly CheckResult[]>;
  readonly versions: Readonly<Record<string, string>>;
}): readonly EntrySource[] {
  const { paths, snapshot, checks, versions } = facts;
  return [
    { name: "versions.json", read: async () => versions },
    { name: "checks.json", read: async () => ({ checks: await checks() }) },
    { name: "snapshot.json", read: async () => withoutTexts(await snapshot()) },
    { name: "config/palyra.toml", read: () => document(paths.gatewayConfig) },
    { name: "config/webhooks.toml", read: () => document(paths.webhooksConfig) },
    { name: "state/state.json", read: () => jsonDocument(paths.stateFile) },
    { name: "timeline.jsonl", read: () => timeline(paths) },
    ...serviceKinds.flatMap((service) => [
      { name: `logs/${service}.log`, read: () => tail(logFile(paths, service), logBytes) },
      { name: `logs/${service}.stderr.log`, read: () => tail(crashFile(paths, service), crashBytes) },
      {
        name: `logs/${service}.stderr.log.1`,
        read: () => tail(`${crashFile(paths, service)}.1`, crashBytes),
      },
    ]),
  ];
}

/** A snapshot without what people wrote and who they are: only that there were messages, and what became of them. */
export function withoutTexts(snapshot: ControlCenterSnapshot): ControlCenterSnapshot {
  if (snapshot.gateway === null) return snapshot;
  const { status } = snapshot.gateway;
  const messages = status.recent_messages.map((message) => ({
    ...message,
    author: "(left out)",
    conversation: "(left out)",
    text: `(${message.text.length} characters)`,
  }));
  return {
    ...snapshot,
    gateway: { ...snapshot.gateway, status: { ...status, recent_messages: messages } },
  };
}

async function document(file: string): Promise<string | null> {
  const reading = await readRegularFile(file);
  if (reading.kind === "missing") return null;
  return reading.kind === "read" ? reading.text : `(not read: it ${reading.reason})\n`;
}

/** A file of JSON as data, so that it stays JSON when it is redacted; as text when it is torn. */
async function jsonDocument(file: string): Promise<string | object | null> {
  const text = await document(file);
  try {
    const value: unknown = JSON.parse(text ?? "");
    return typeof value === "object" && value !== null ? value : text;
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

async function timeline({ timelineDir }: StatePaths): Promise<string | null> {
  const events = await readTimeline(timelineDir, { sinceMs: 0, service: null, level: timelineLevels[0] });
  return events.length === 0 ? null : `${events.map((event) => JSON.stringify(event)).join("\n")}\n`;
}

async function tail(file: string, bytes: number): Promise<string | null> {
  const text = await readFileEnd(file, bytes);
  return text === "" ? null : text;
}
