import type { InboundMessageEvent } from "../../contracts/connector.ts";
import type { ConnectorStore } from "../connector-store.ts";
import type { CommandEffect, CommandExecutor, CommandSource } from "./command-desk.ts";

/** Of a message that was being answered. */
const shownCharacters = 80;

export interface StoreCommandsOptions {
  readonly store: Pick<ConnectorStore, "queueDepth" | "bindings">;
  /** How people call the conversation of an event; its id when no name is known. */
  readonly conversationName: (event: InboundMessageEvent) => string;
  /**
   * Stops the answer that is being written in the conversation of an event, for good.
   * @returns the message that was being answered; null when there is none
   */
  readonly stopTurn: (event: InboundMessageEvent) => Promise<InboundMessageEvent | null>;
}

/** The commands that need nothing but the store and the answers being written. */
export function storeCommands(
  options: StoreCommandsOptions,
): Readonly<Record<"status" | "stop" | "reset" | "queue" | "whoami", CommandExecutor>> {
  const { store, stopTurn } = options;
  const place = options.conversationName;

  /** A command that was written waits in the queue itself until it is answered. */
  const othersWaiting = async (event: InboundMessageEvent, source: CommandSource) => {
    const depth = await store.queueDepth(event.connector_id);
    const itself = source === "text" ? 1 : 0;
    return { ...depth, inbox_pending: Math.max(0, depth.inbox_pending - itself) };
  };

  /** Sessions of the conversation that are the sender's: shared ones, or the sender's own. */
  const ownSessions = async (event: InboundMessageEvent, wanted: unknown) => {
    const all = await store.bindings.ofConversation(event.connector_id, event.conversation_id);
    return all.filter(
      (binding) =>
        (binding.senderId === null || binding.senderId === event.sender_id) &&
        (wanted === undefined || binding.sessionKey === wanted),
    );
  };

  return {
    status: async (event, values, source) => {
      const depth = await othersWaiting(event, source);
      const [session] = await ownSessions(event, values.session_id);
      return accepted(
        "channel_command/status",
        `${place(event)}: ${depth.inbox_pending} waiting to be answered, ${depth.outbox_pending} to be sent, ` +
          `session ${session?.sessionKey ?? "none"}.`,
      );
    },
    queue: async (event, values, source) => {
      const depth = await othersWaiting(event, source);
      const counts =
        `${depth.inbox_pending} waiting to be answered, ${depth.outbox_pending} to be sent, ` +
        `${depth.dead_letters} could not be sent.`;
      const why =
        " Messages of one conversation are answered one after another; those that could not be sent stay until the owner sends or discards them.";
      return accepted("channel_command/queue", values.action === "explain" ? counts + why : counts);
    },
    whoami: async (event) =>
      accepted(
        "channel_command/whoami",
        `You are ${event.sender_id} in ${place(event)} (${event.conversation_id}).`,
      ),
    reset: async (event, values) => {
      if (values.confirm === false) {
        return refused("channel_command/requires_binding", "Nothing was reset: confirm says no.");
      }
      const sessions = await ownSessions(event, values.session_id);
      let ended = 0;
      for (const session of sessions) if (await store.bindings.end(session.sessionKey)) ended += 1;
      return ended > 0
        ? accepted("channel_command/accepted", "The next message begins a new session.")
        : refused("channel_command/requires_binding", "There is no session here that could be reset.");
    },
    stop: async (event) => {
      const stopped = await stopTurn(event);
      return stopped === null
        ? refused("channel_command/requires_binding", "No answer is being written here.")
        : accepted("channel_command/accepted", `Stopped: the answer to ${beginningOf(stopped.body)}.`);
    },
  };
}

/** So much of a message that its writer knows which one is meant. */
function beginningOf(body: string): string {
  const characters = [...body.trim().replace(/\s+/g, " ")];
  if (characters.length === 0) return "a message without text";
  const isShort = characters.length <= shownCharacters;
  return `“${isShort ? characters.join("") : `${characters.slice(0, shownCharacters - 1).join("")}…`}”`;
}

function accepted(code: string, text: string): CommandEffect {
  return { ok: true, code, text };
}

function refused(code: string, text: string): CommandEffect {
  return { ok: false, code, text };
}
