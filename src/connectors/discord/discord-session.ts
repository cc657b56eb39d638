import { createHash } from "node:crypto";
import type { SessionInfo } from "@discordjs/ws";
import type { GatewayReadyDispatchData } from "discord-api-types/v10";
import type { ResumableSession } from "../connector-store.ts";
import { isSnowflake, snowflakeAt } from "./ids.ts";

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
  /** Servers of the session that Discord has still to tell about. */
  readonly awaitedGuilds: readonly string[];
  /** When the bot was first connected, as an id of that instant; empty when it is not known. */
  readonly knownSince: string;
}

/** Servers of one session (Discord, "Sharding": a shard has at most 2,500). */
const guildLimit = 2_500;

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
      ...(session.awaitedGuilds.length === 0 ? {} : { awaited_guilds: session.awaitedGuilds.join(" ") }),
      ...(session.knownSince === "" ? {} : { known_since: session.knownSince }),
    },
  };
}

/** The stored session, unless it belongs to another token. */
export function fromResumable(
  stored: ResumableSession | null,
  tag: string,
): { session: DiscordSession; sequence: number } | null {
  const found = parseSession(stored);
  return found?.session.tokenTag === tag ? found : null;
}

function parseSession(stored: ResumableSession | null): { session: DiscordSession; sequence: number } | null {
  if (stored === null) return null;
  const {
    token_tag: tag,
    bot_user_id: botUserId,
    bot_name: botName,
    backfill_pending: backfillPending,
  } = stored.details;
  const {
    missed_since: missedSince,
    awaited_guilds: awaitedGuilds,
    known_since: knownSince,
  } = stored.details;
  if (typeof botUserId !== "string" || typeof botName !== "string" || typeof tag !== "string") return null;
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
      awaitedGuilds: typeof awaitedGuilds === "string" ? snowflakesOf(awaitedGuilds.split(" ")) : [],
      knownSince: typeof knownSince === "string" ? knownSince : "",
    },
  };
}

/** What a new session takes over from the one before. */
export interface Heritage {
  /** From where on messages may be missed that the session before has not fetched; null when it has fetched all. */
  readonly missedSince: string | null;
  readonly knownSince: string;
}

/** What is left of a session that is lost; of none, nothing was ever known. */
export function heritageOf(session: DiscordSession | null): Heritage | null {
  if (session === null) return null;
  const isUnfinished = session.backfillPending || session.awaitedGuilds.length > 0;
  return { missedSince: isUnfinished ? session.missedSince : null, knownSince: session.knownSince };
}

/** As `heritageOf`, of the stored session, whichever token it belongs to: what is known does not depend on it. */
export function storedHeritage(stored: ResumableSession | null): Heritage | null {
  return heritageOf(parseSession(stored)?.session ?? null);
}

/** What a session begins with; compatible servers leave out the list of servers. */
type SessionReady = Pick<GatewayReadyDispatchData, "session_id" | "user"> &
  Partial<Pick<GatewayReadyDispatchData, "guilds">>;

/** The session that a READY begins. @param before what the session before left; null on a fresh install */
export function beginSession(
  ready: SessionReady,
  more: { readonly resumeUrl: string; readonly tokenTag: string },
  before: Heritage | null,
  now: number,
): DiscordSession {
  return {
    ...more,
    sessionId: ready.session_id,
    botUserId: ready.user.id,
    botName: ready.user.username,
    backfillPending: true,
    missedSince: before?.missedSince ?? null,
    awaitedGuilds: snowflakesOf((ready.guilds ?? []).map(({ id }) => id)),
    knownSince: before?.knownSince || snowflakeAt(now),
  };
}

/** A lost session as it is stored: nobody can resume it, but what it has not fetched is not forgotten. */
export function asLost(session: DiscordSession): DiscordSession {
  return { ...session, sessionId: "", resumeUrl: "" };
}

function snowflakesOf(ids: readonly unknown[]): string[] {
  return ids.filter(isSnowflake).slice(0, guildLimit);
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
