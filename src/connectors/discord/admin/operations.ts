import { PermissionFlagsBits } from "discord-api-types/v10";
import type { OperationPreflight } from "../../../contracts/message-admin.ts";

export type MessageOperation = "read" | "search" | "edit" | "delete" | "react_add" | "react_remove";

/** A permission and what Discord's own app calls it. */
export interface NamedPermission {
  readonly label: string;
  readonly bit: bigint;
}

const view: NamedPermission = { label: "View Channels", bit: PermissionFlagsBits.ViewChannel };
const send: NamedPermission = { label: "Send Messages", bit: PermissionFlagsBits.SendMessages };
const history: NamedPermission = {
  label: "Read Message History",
  bit: PermissionFlagsBits.ReadMessageHistory,
};
const embed: NamedPermission = { label: "Embed Links", bit: PermissionFlagsBits.EmbedLinks };
const attach: NamedPermission = { label: "Attach Files", bit: PermissionFlagsBits.AttachFiles };
const sendInThreads: NamedPermission = {
  label: "Send Messages in Threads",
  bit: PermissionFlagsBits.SendMessagesInThreads,
};
const manage: NamedPermission = { label: "Manage Messages", bit: PermissionFlagsBits.ManageMessages };
const addReactions: NamedPermission = { label: "Add Reactions", bit: PermissionFlagsBits.AddReactions };

/** What a bot is invited with, in the order Discord's app shows it. */
export const invitePermissions: readonly NamedPermission[] = [
  view,
  send,
  history,
  embed,
  attach,
  sendInThreads,
];

/** Where and on what an operation is done. */
export interface OperationPlace {
  readonly isThread: boolean;
  /** Whether the message is one of the bot itself; true while no message is known. */
  readonly isOwnMessage: boolean;
}

/** Permissions an operation needs in a server (Discord, "Message resource"). */
export function requiredPermissions(
  operation: MessageOperation,
  place: OperationPlace,
): readonly NamedPermission[] {
  switch (operation) {
    case "read":
    case "search":
    case "react_remove":
      return [view, history];
    case "edit":
      return [view, history, place.isThread ? sendInThreads : send];
    case "delete":
      return place.isOwnMessage ? [view, history] : [view, history, manage];
    case "react_add":
      return [view, history, addReactions];
  }
}

const metadata = {
  read: { policy_action: "channel.message.read", approval_mode: "none", risk_level: "low" },
  search: { policy_action: "channel.message.search", approval_mode: "none", risk_level: "low" },
  edit: { policy_action: "channel.message.edit", approval_mode: "conditional", risk_level: "conditional" },
  delete: {
    policy_action: "channel.message.delete",
    approval_mode: "conditional",
    risk_level: "conditional",
  },
  react_add: {
    policy_action: "channel.message.react_add",
    approval_mode: "conditional",
    risk_level: "conditional",
  },
  react_remove: {
    policy_action: "channel.message.react_remove",
    approval_mode: "conditional",
    risk_level: "conditional",
  },
} as const satisfies Record<
  MessageOperation,
  Pick<OperationPreflight, "policy_action" | "approval_mode" | "risk_level">
>;

/** @param refusal why it is not allowed, one plain sentence; null when it is */
export function preflightOf(
  operation: MessageOperation,
  place: OperationPlace,
  refusal: string | null,
): OperationPreflight {
  return {
    allowed: refusal === null,
    ...metadata[operation],
    audit_event_type: `message.${operation}`,
    required_permissions: requiredPermissions(operation, place).map((permission) => permission.label),
    reason: refusal,
  };
}
