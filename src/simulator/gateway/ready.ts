import { toApiUser } from "../wire.ts";
import type { World } from "../world/world.ts";
import type { Session } from "./session.ts";

/** The parts of READY that depend on the bot and its session only (Discord docs: Gateway Events, Ready). */
export function readyFields(world: World, session: Session): object {
  return {
    v: 10,
    user: {
      ...toApiUser(world.user(session.bot.userId)),
      email: null,
      verified: true,
      mfa_enabled: false,
      flags: 0,
    },
    session_id: session.id,
    session_type: "normal",
    user_settings: {},
    relationships: [],
    private_channels: [],
    presences: [],
    guild_join_requests: [],
    geo_ordered_rtc_regions: [],
    auth: {},
    _trace: ['["simulator"]'],
  };
}
