import { DiscordRest as CompleteRest } from "../../../src/connectors/discord/discord-rest.ts";

export * from "../../../src/connectors/discord/discord-rest.ts";

/** Discord's REST API for a sender that does not say which message it is. */
export class DiscordRest extends CompleteRest {
  override createMessage(
    ...[channelId, body, ...more]: Parameters<CompleteRest["createMessage"]>
  ): ReturnType<CompleteRest["createMessage"]> {
    const { nonce: _nonce, enforce_nonce: _enforced, ...anonymous } = body;
    return super.createMessage(channelId, anonymous, ...more);
  }
}
