import { ApplicationFlags } from "discord-api-types/v10";
import type { IntentState } from "../../../contracts/http-onboarding.ts";

/** The privileged intents an application has. */
export interface ApplicationIntents {
  readonly message_content: IntentState;
  readonly guild_members: IntentState;
  readonly presence: IntentState;
}

/**
 * The privileged intents of an application, from its flags (Discord, "Application flags"): the limited ones are those of
 * bots in fewer than 100 servers and work alike.
 */
export function applicationIntents(flags: number): ApplicationIntents {
  const state = (full: ApplicationFlags, limited: ApplicationFlags): IntentState => {
    if ((flags & full) !== 0) return "enabled";
    return (flags & limited) !== 0 ? "limited" : "disabled";
  };
  return {
    message_content: state(
      ApplicationFlags.GatewayMessageContent,
      ApplicationFlags.GatewayMessageContentLimited,
    ),
    guild_members: state(ApplicationFlags.GatewayGuildMembers, ApplicationFlags.GatewayGuildMembersLimited),
    presence: state(ApplicationFlags.GatewayPresence, ApplicationFlags.GatewayPresenceLimited),
  };
}
