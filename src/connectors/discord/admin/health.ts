import { PalyraError } from "../../../platform/errors.ts";
import type { HealthRefresh, HealthRefreshRequest } from "../../connector-adapter.ts";
import type { DiscordRest } from "../discord-rest.ts";
import { lookAtChannel, missingPermissions } from "./channel-access.ts";
import { invitePermissions } from "./operations.ts";

/**
 * Asks Discord who the bot is, and what it may do in a channel.
 * @throws what the request throws when Discord cannot tell; `not_found` for a channel the bot does not see
 */
export async function refreshHealth(
  rest: Pick<DiscordRest, "ownUser" | "channel" | "guild" | "member">,
  request: HealthRefreshRequest,
): Promise<HealthRefresh> {
  const user = await rest.ownUser();
  const known = {
    identity: user.username,
    accountId: user.id,
    requiredPermissions: invitePermissions.map(({ label }) => label),
  };
  if (request.conversationId === null) return { ...known, missingPermissions: null, warnings: [] };
  const target = { conversation_id: request.conversationId, thread_id: null };
  const { access, refusal } = await lookAtChannel(rest, target, user.id);
  if (access === null) throw new PalyraError("not_found", refusal);
  const missing = missingPermissions(access, invitePermissions);
  const warnings = missing.length === 0 ? [] : [`The bot lacks in this channel: ${missing.join(", ")}.`];
  return { ...known, missingPermissions: missing, warnings };
}
