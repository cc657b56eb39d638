import type { InboundMessageEvent } from "../../contracts/connector.ts";
import { type CommandName, type CommandSpec, catalogHash, commandCatalog } from "./command-spec.ts";
import { findCommand, isCommand, type ParsedCommand, parseCommand } from "./parse-command.ts";
import { type ArgumentValues, argumentsFromObject } from "./read-arguments.ts";

/** What carrying out a command came to. */
export interface CommandEffect {
  readonly ok: boolean;
  readonly code: string;
  /** For the person, in plain words. */
  readonly text: string;
}

/** Carries out one command. Where the person is, and who it is, is told by the event. */
export type CommandExecutor = (event: InboundMessageEvent, values: ArgumentValues) => Promise<CommandEffect>;

/** What became of a command, with the facts for the audit event. */
export interface CommandOutcome {
  readonly ok: boolean;
  readonly code: string;
  /** Null: the person gets no answer, as to any message that is not answered. */
  readonly reply: string | null;
  readonly audit: Readonly<Record<string, unknown>>;
}

export interface CommandDeskOptions {
  /** What can be carried out; nothing else is in the catalogue. */
  readonly executors: Readonly<Partial<Record<CommandName, CommandExecutor>>>;
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
  readonly #options: CommandDeskOptions;

  constructor(options: CommandDeskOptions) {
    this.#options = options;
    this.catalog = commandCatalog(Object.keys(options.executors) as CommandName[]);
    this.catalogHash = catalogHash(this.catalog);
  }

  isCommand(text: string): boolean {
    return isCommand(text);
  }

  /** @returns null for a message that is no command */
  async handleText(event: InboundMessageEvent): Promise<CommandOutcome | null> {
    const parsed = parseCommand(event.body, this.catalog);
    return parsed === null ? null : await this.#handle(event, parsed, "text");
  }

  /** A command with the provider's own form; it is always answered. */
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
    source: "text" | "native",
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
    const refusal = await this.#options.refusal(event, action);
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
    const execute = this.#options.executors[parsed.spec.name];
    if (execute === undefined) throw new Error(`no executor for ${parsed.spec.name}`);
    const effect = await execute(event, parsed.values);
    return {
      ok: effect.ok,
      code: effect.code,
      reply: effect.text,
      audit: { ...audit, event: "channel.command.evaluated", code: effect.code, arguments: parsed.values },
    };
  }

  #hint(): string {
    return `Commands: ${this.catalog.map((spec) => spec.name).join(", ")}.`;
  }
}
