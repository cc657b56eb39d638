import { toApiMember } from "../wire.ts";
import type { World } from "../world/world.ts";
import { CloseCode } from "./close-codes.ts";
import { Intent } from "./intents.ts";
import type { Session } from "./session.ts";

const MAX_NONCE_BYTES = 32;
const MAX_MEMBERS = 100;

interface MemberRequest {
  readonly guild_id?: unknown;
  readonly query?: unknown;
  readonly limit?: unknown;
  readonly user_ids?: unknown;
  readonly nonce?: unknown;
}

/**
 * Answers op 8 (Discord docs: Gateway Events, Request Guild Members).
 *
 * @returns the chunk, a close code for what Discord refuses, or null when the bot is in no such server
 */
export function answerMemberRequest(world: World, session: Session, d: unknown): object | CloseCode | null {
  if (typeof d !== "object" || d === null) return CloseCode.decodeError;
  const request = d as MemberRequest;
  const guild = typeof request.guild_id === "string" ? world.guilds.get(request.guild_id) : undefined;
  if (!guild?.members.has(session.bot.userId)) return null;
  const { nonce } = request;
  const common = {
    guild_id: guild.id,
    chunk_index: 0,
    chunk_count: 1,
    ...(typeof nonce === "string" && Buffer.byteLength(nonce) <= MAX_NONCE_BYTES ? { nonce } : {}),
  };
  if (request.user_ids !== undefined) {
    const ids = [request.user_ids].flat().map(String).slice(0, MAX_MEMBERS);
    const found = ids.flatMap((id) => guild.members.get(id) ?? []);
    return {
      ...common,
      members: found.map((member) => toApiMember(world, member)),
      not_found: ids.filter((id) => !guild.members.has(id)),
    };
  }
  if (typeof request.query !== "string") return CloseCode.decodeError;
  const wholeList = request.query === "" && request.limit === 0;
  if (wholeList && !(session.intents & Intent.GUILD_MEMBERS)) return CloseCode.disallowedIntents;
  const query = request.query.toLowerCase();
  const matching = [...guild.members.values()].filter((one) =>
    world.user(one.userId).username.startsWith(query),
  );
  const limit = wholeList ? matching.length : Math.min(Number(request.limit) || MAX_MEMBERS, MAX_MEMBERS);
  return {
    ...common,
    members: matching.slice(0, limit).map((member) => toApiMember(world, member)),
    not_found: [],
  };
}
