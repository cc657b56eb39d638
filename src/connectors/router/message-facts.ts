import type { InboundMessageEvent } from "../../contracts/connector.ts";
import {
  canonicalConversation,
  canonicalGuild,
  canonicalRole,
  canonicalSender,
  isUnknown,
  providerOf,
} from "./canonical-ids.ts";

/** What the router looks at in a message. Display names are no part of it. */
export interface MessageFacts {
  /** Connector id. */
  readonly channel: string;
  /** Canonical ids; null where there is none. */
  readonly conversation: string | null;
  readonly parentConversation: string | null;
  readonly guild: string | null;
  readonly sender: string | null;
  readonly roles: readonly string[];
  /** Whether the provider vouches for the sender. */
  readonly senderVerified: boolean;
  /** The person's own text, without names or contents of attachments. */
  readonly text: string;
  readonly hasAttachments: boolean;
  readonly isDirectMessage: boolean;
  /** The bot was mentioned as an entity, or a message of its own was replied to. */
  readonly addressesBot: boolean;
  readonly requestedBroadcast: boolean;
}

/** A message as a person describes it, for a preview; ids in any form. */
export interface DescribedMessage {
  readonly channel: string;
  readonly conversation?: string | null | undefined;
  readonly parentConversation?: string | null | undefined;
  readonly guild?: string | null | undefined;
  readonly sender?: string | null | undefined;
  readonly roles?: readonly string[] | undefined;
  readonly senderVerified?: boolean | undefined;
  readonly text: string;
  readonly hasAttachments?: boolean | undefined;
  readonly isDirectMessage?: boolean | undefined;
  readonly addressesBot?: boolean | undefined;
  readonly requestedBroadcast?: boolean | undefined;
}

/** Facts with every id in its canonical form, whatever form it came in. */
export function factsOf(message: DescribedMessage): MessageFacts {
  const provider = providerOf(message.channel);
  const known = (
    canonical: (provider: string, raw: string) => string,
    raw: string | null | undefined,
  ): string | null => {
    const id = raw === null || raw === undefined ? null : canonical(provider, raw);
    return id === null || isUnknown(id) ? null : id;
  };
  return {
    channel: message.channel.trim(),
    conversation: known(canonicalConversation, message.conversation),
    parentConversation: known(canonicalConversation, message.parentConversation),
    guild: known(canonicalGuild, message.guild),
    sender: known(canonicalSender, message.sender),
    roles: (message.roles ?? []).map((role) => canonicalRole(provider, role)),
    senderVerified: message.senderVerified ?? false,
    text: message.text,
    hasAttachments: message.hasAttachments ?? false,
    isDirectMessage: message.isDirectMessage ?? false,
    addressesBot: message.addressesBot ?? false,
    requestedBroadcast: message.requestedBroadcast ?? false,
  };
}

/** Facts of an event. Adapters take the sender from the provider, never from the text, so it is verified. */
export function factsOfEvent(event: InboundMessageEvent): MessageFacts {
  return factsOf({
    channel: event.connector_id,
    conversation: event.conversation_id,
    parentConversation: event.parent_conversation_id,
    guild: event.guild_id,
    sender: event.sender_id,
    roles: event.sender_roles,
    senderVerified: true,
    text: event.body,
    hasAttachments: event.attachments.length > 0,
    isDirectMessage: event.is_direct_message,
    addressesBot: event.mentions_bot,
    requestedBroadcast: event.requested_broadcast,
  });
}
