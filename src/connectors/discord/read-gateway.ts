import { DiscordAPIError } from "@discordjs/rest";
import type { APIGatewayBotInfo } from "discord-api-types/v10";
import * as z from "zod";
import { PalyraError } from "../../platform/errors.ts";
import type { DiscordRest } from "./discord-rest.ts";
import { mayConnectTo } from "./egress.ts";
import { networkFault } from "./network-fault.ts";

/** Discord, "Get Gateway Bot". */
const GatewayInfo = z.object({
  url: z.string(),
  session_start_limit: z.object({
    total: z.number(),
    remaining: z.number(),
    reset_after: z.number(),
    max_concurrency: z.number(),
  }),
});

/**
 * Asks where the gateway is and how many sessions may be begun.
 * @throws `discord_auth_failed`, `discord_unreachable`, or `config_invalid` for a gateway on a host that is not the server's
 */
export async function readGateway({
  apiBase,
  rest,
}: {
  readonly apiBase: URL;
  readonly rest: Pick<DiscordRest, "gatewayBot">;
}): Promise<APIGatewayBotInfo> {
  let information: APIGatewayBotInfo;
  try {
    information = await rest.gatewayBot();
    if (!GatewayInfo.safeParse(information).success) {
      throw new Error(`${apiBase.host} does not answer as Discord does`);
    }
  } catch (thrown) {
    if (thrown instanceof DiscordAPIError && thrown.status === 401) {
      throw new PalyraError("discord_auth_failed", "Discord refused the bot token.", { cause: thrown });
    }
    throw new PalyraError("discord_unreachable", `Discord cannot be reached: ${networkFault(thrown)}.`, {
      cause: thrown,
    });
  }
  if (mayConnectTo(information.url, apiBase)) return information;
  throw new PalyraError("config_invalid", `${apiBase.host} names a gateway on a host that is not its own.`, {
    nextStep: "Correct “api_base” of the channel in palyra.toml.",
  });
}
