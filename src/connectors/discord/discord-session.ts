import { createHash } from "node:crypto";
import type { SessionInfo } from "@discordjs/ws";
import type { ResumableSession } from "../connector-store.ts";

/** A gateway session with what another process needs to go on with it. */
export interface DiscordSession {
  readonly sessionId: string;
  readonly resumeUrl: string;
  readonly botUserId: string;
  readonly botName: string;
  /** Tells whether the session belongs to a token, without being one. */
  readonly tokenTag: string;
  /** Messages from before the session have not all been fetched yet. */
  readonly backfillPending: boolean;
  /** Newest message known when the session began: empty on a fresh install, null when not looked up yet. */
  readonly missedSince: string | null;
}

/** Short digest of a token: enough to see that it changed, useless to guess it. */
export function tokenTag(token: string): string {
  return createHash("sha256").update(`palyra-token-tag:${token}`).digest("hex").slice(0, 12);
}

/** Form in which the store keeps it. */
export function toResumable(session: DiscordSession, sequence: number): ResumableSession {
  return {
    sessionId: session.sessionId,
    sequence,
    resumeUrl: session.resumeUrl,
    details: {
      bot_user_id: session.botUserId,
      bot_name: session.botName,
      token_tag: session.tokenTag,
      backfill_pending: session.backfillPending ? 1 : 0,
      ...(session.missedSince === null ? {} : { missed_since: session.missedSince }),
    },
  };
}

/** The stored session, unless it belongs to another token. */
export function fromResumable(
  stored: ResumableSession | null,
  tag: string,
): { session: DiscordSession; sequence: number } | null {
  if (stored === null || stored.details.token_tag !== tag) return null;
  const { bot_user_id: botUserId, bot_name: botName, backfill_pending: backfillPending } = stored.details;
  const { missed_since: missedSince } = stored.details;
  if (typeof botUserId !== "string" || typeof botName !== "string") return null;
  const { sessionId, resumeUrl, sequence } = stored;
  return {
    sequence,
    session: {
      sessionId,
      resumeUrl,
      botUserId,
      botName,
      tokenTag: tag,
      backfillPending: backfillPending === 1,
      missedSince: typeof missedSince === "string" ? missedSince : null,
    },
  };
}

/** Form in which the gateway library wants it. */
export function toSessionInfo(session: DiscordSession, sequence: number): SessionInfo {
  return {
    sessionId: session.sessionId,
    resumeURL: session.resumeUrl,
    sequence,
    shardId: 0,
    shardCount: 1,
  };
}
