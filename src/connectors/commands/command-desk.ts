import type { InboundMessageEvent } from "../../contracts/connector.ts";
import { type CommandName, type CommandSpec, catalogHash, commandCatalog } from "./command-spec.ts";
import { findCommand, type ParsedCommand, parseCommand } from "./parse-command.ts";
import { type ArgumentValues, argumentsFromObject } from "./read-arguments.ts";

/** What carrying out a command came to. */
export interface CommandEffect {
  readonly ok: boolean;
  readonly code: string;
  /** For the person, in plain words. */
  readonly text: string;
}

/** How a command came: as a message like any other, or in the provider's own form. */
export type CommandSource = "text" | "native";

/** Carries out one command. Where the person is, and who it is, is told by the event. */
export type CommandExecutor = (
  event: InboundMessageEvent,
  values: ArgumentValues,
  source: CommandSource,
) => Promise<CommandEffect>;

/** What became of a command, with the facts for the audit event. */
export interface CommandOutcome {
  readonly ok: boolean;
  readonly code: string;
  /** Null: the person gets no answer, as to any message that is not answered. */
  readonly reply: string | null;
  readonly audit: Readonly<Record<string, unknown>>;
}

export interface CommandDeskOptions {
  /** What can be carried out besides `help`; nothing else is in the catalogue. */
  readonly executors: Readonly<Partial<Record<Exclude<CommandName, "help">, CommandExecutor>>>;
  /**
   * Policy of the sender, looked at before anything of a command is: null when the sender is answered here, else
   * the reason code.
   */
  readonly refusal: (event: InboundMessageEvent, policyAction: string) => Promise<string | null>;
}

/** Commands of people in channels, typed as text or chosen from the provider's list. */
export class CommandDesk {
  readonly catalog: readonly CommandSpec[];
  readonly catalogHash: string;
  readonly #executors: Readonly<Partial<Record<CommandName, CommandExecutor>>>;
  readonly #refusal: CommandDeskOptions["refusal"];

  constructor(options: CommandDeskOptions) {
    this.#refusal = options.refusal;
    this.#executors = { ...options.executors, help: async () => this.#help() };
    this.catalog = commandCatalog(Object.keys(this.#executors) as CommandName[]);
    this.catalogHash = catalogHash(this.catalog);
  }

  /** Whether a message is a command that must not wait behind the answer that is being written. */
  isUrgent(event: InboundMessageEvent): boolean {
    const parsed = parseCommand(event.body, this.catalog);
    return parsed?.kind === "command" && parsed.spec.urgent;
  }

  /** Whether the rules let a person use commands where they are, known or not. */
  async mayUse(event: InboundMessageEvent): Promise<boolean> {
    return (await this.#refusal(event, "channel.command")) === null;
  }

  /** @returns null for a message that is no command */
  async handleText(event: InboundMessageEvent): Promise<CommandOutcome | null> {
    const parsed = parseCommand(event.body, this.catalog);
    return parsed === null ? null : await this.#handle(event, parsed, "text");
  }

  /** A command with the provider's own form, of a person who was let in: it is always answered. */
  async handleNative(
    event: InboundMessageEvent,
    name: string,
    given: Readonly<Record<string, unknown>>,
  ): Promise<CommandOutcome & { readonly reply: string }> {
    const outcome = await this.#handle(event, this.#readNative(name, given), "native");
    return { ...outcome, reply: outcome.reply ?? "You cannot use commands here." };
  }

  #readNative(name: string, given: Readonly<Record<string, unknown>>): ParsedCommand {
    const spec = findCommand(name, this.catalog);
    if (spec === null) {
      return { kind: "fault", code: "channel_command/unknown", message: "There is no such command" };
    }
    const read = argumentsFromObject(given, spec.arguments);
    if (read.ok) return { kind: "command", spec, values: read.values };
    return { kind: "fault", code: "channel_command/malformed_native", message: read.message };
  }

  async #handle(
    event: InboundMessageEvent,
    parsed: ParsedCommand,
    source: CommandSource,
  ): Promise<CommandOutcome> {
    const audit = {
      schema_version: 1,
      source,
      trace_id: event.envelope_id,
      connector_id: event.connector_id,
      conversation_id: event.conversation_id,
      sender_id: event.sender_id,
      command: parsed.kind === "command" ? parsed.spec.name : null,
    };
    const action = parsed.kind === "command" ? parsed.spec.policyAction : "channel.command";
    const refusal = await this.#refusal(event, action);
    if (refusal !== null) {
      const code = "channel_command/policy_denied";
      return {
        ok: false,
        code,
        reply: null,
        audit: { ...audit, event: "channel.command.denied", code, reason: refusal },
      };
    }
    if (parsed.kind === "fault") {
      return {
        ok: false,
        code: parsed.code,
        reply: `${parsed.message}. ${this.#hint()}`,
        audit: { ...audit, event: "channel.command.rejected", code: parsed.code },
      };
    }
    const execute = this.#executors[parsed.spec.name];
    if (execute === undefined) throw new Error(`no executor for ${parsed.spec.name}`);
    const effect = await execute(event, parsed.values, source);
    return {
      ok: effect.ok,
      code: effect.code,
      reply: effect.text,
      audit: { ...audit, event: "channel.command.evaluated", code: effect.code, arguments: parsed.values },
    };
  }

  #help(): CommandEffect {
    const lines = this.catalog.map((spec) => `${spec.name}: ${spec.description}`);
    const text = ["Write /palyra and one of these words:", ...lines].join("\n");
    return { ok: true, code: "channel_command/help", text };
  }

  #hint(): string {
    return `Commands: ${this.catalog.map((spec) => spec.name).join(", ")}.`;
  }
}
