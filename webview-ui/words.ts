import {
  endingSentences,
  refusalSentences,
  undeliveredSentence,
  waitingSentences,
} from "../src/contracts/route-reasons.ts";
import { isSendingPaused } from "../src/contracts/sending-paused.ts";
import type { ConnectorStatus, RecentMessage } from "../src/contracts/sidecar-status.ts";
import type { OverallStatus, ServiceState } from "../src/contracts/snapshot.ts";
import type { Tone } from "./icon.ts";

/** How the page names and marks a state: never by colour alone. */
export interface Mark {
  readonly word: string;
  readonly icon: string;
  readonly tone: Tone;
}

export const overallMarks: Readonly<Record<OverallStatus, Mark>> = {
  stopped: { word: "Stopped", icon: "circle-slash", tone: "quiet" },
  stopping: { word: "Stopping", icon: "sync", tone: "busy" },
  starting: { word: "Starting", icon: "sync", tone: "busy" },
  healthy: { word: "Healthy", icon: "pass-filled", tone: "good" },
  degraded: { word: "Degraded", icon: "warning", tone: "attention" },
  down: { word: "Down", icon: "error", tone: "bad" },
};

export const serviceMarks: Readonly<Record<ServiceState, Mark>> = {
  stopped: { word: "Stopped", icon: "circle-outline", tone: "quiet" },
  starting: { word: "Starting", icon: "sync", tone: "busy" },
  running: { word: "Running", icon: "pass-filled", tone: "good" },
  degraded: { word: "Degraded", icon: "warning", tone: "attention" },
  unhealthy: { word: "Not responding", icon: "error", tone: "bad" },
  backoff: { word: "Waiting to restart", icon: "history", tone: "attention" },
  failed: { word: "Failed", icon: "error", tone: "bad" },
  stopping: { word: "Stopping", icon: "sync", tone: "busy" },
};

export const messageMarks: Readonly<Record<RecentMessage["state"], Mark>> = {
  received: { word: "Received", icon: "circle-outline", tone: "busy" },
  routing: { word: "In work", icon: "sync", tone: "busy" },
  done: { word: "Answered", icon: "pass", tone: "good" },
  ignored: { word: "Ignored", icon: "circle-slash", tone: "quiet" },
  failed: { word: "Failed", icon: "error", tone: "bad" },
  pending: { word: "Waiting to be sent", icon: "history", tone: "busy" },
  delivered: { word: "Delivered", icon: "pass", tone: "good" },
  dead: { word: "Undeliverable", icon: "error", tone: "bad" },
};

const reasonSentences: Readonly<Record<string, string>> = {
  ...refusalSentences,
  ...endingSentences,
  ...waitingSentences,
};

/** Why a message got no answer or was not delivered, as a sentence; a reason without a known code is text already. */
export function reasonSentence(reason: string): string {
  return reasonSentences[reason] ?? undeliveredSentence(reason);
}

/** Place of a message without the name of the platform, such as `channel 1573890251372363779`. */
export function placeName(conversation: string): string {
  return conversation.replace(/^[a-z]+:(?=[a-z]+:)/, "").replace(":", " ");
}

/** States that a user may want to look at. */
export function isProblem(message: RecentMessage): boolean {
  return message.state === "failed" || message.state === "dead";
}

export function connectorMark(connector: ConnectorStatus): Mark {
  if (!connector.enabled) return { word: "Off", icon: "circle-outline", tone: "quiet" };
  switch (connector.readiness) {
    case "missing_credential":
      return { word: "Token missing", icon: "key", tone: "attention" };
    case "auth_failed":
      return { word: "Token refused", icon: "error", tone: "bad" };
    case "misconfigured":
      return { word: "Misconfigured", icon: "error", tone: "bad" };
    case "ready":
    case "unknown":
      return connectionMark(connector);
  }
}

function connectionMark(connector: ConnectorStatus): Mark {
  switch (connector.liveness) {
    case "running":
      if (isSendingPaused(connector))
        return { word: "Sending paused", icon: "debug-pause", tone: "attention" };
      return connector.readiness === "ready"
        ? { word: "Ready", icon: "pass-filled", tone: "good" }
        : { word: "Connected", icon: "circle-outline", tone: "busy" };
    case "starting":
      return { word: "Connecting", icon: "sync", tone: "busy" };
    case "restarting":
      return { word: "Reconnecting", icon: "sync", tone: "attention" };
    case "stopped":
      return { word: "Stopped", icon: "circle-outline", tone: "quiet" };
    case "failed":
      return { word: "Failed", icon: "error", tone: "bad" };
  }
}

/** Clock time of today, date and time of an earlier day. */
export function moment(unixMs: number, now: number): string {
  const date = new Date(unixMs);
  const time = date.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return date.toDateString() === new Date(now).toDateString()
    ? time
    : `${date.toLocaleDateString(undefined, { month: "short", day: "numeric" })}, ${time}`;
}
