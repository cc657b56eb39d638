import { createHash } from "node:crypto";

export type ArgumentKind = "string" | "enum" | "bool" | "int" | "duration" | "id_ref" | "freeform_tail";

export interface CommandArgument {
  readonly name: string;
  readonly kind: ArgumentKind;
  readonly required: boolean;
  /** Of kind `enum`, lower case; empty otherwise. */
  readonly values: readonly string[];
  /** One short line, for the provider's own list of commands. */
  readonly description: string;
}

export interface CommandSpec {
  readonly name: CommandName;
  readonly aliases: readonly string[];
  readonly description: string;
  readonly policyAction: string;
  readonly sideEffecting: boolean;
  /** Carried out at once, although its conversation's answer is still being written. */
  readonly urgent: boolean;
  readonly arguments: readonly CommandArgument[];
}

export const commandNames = [
  "status",
  "stop",
  "reset",
  "compact",
  "approve",
  "queue",
  "whoami",
  "help",
] as const;
export type CommandName = (typeof commandNames)[number];

const optional = (name: string, kind: ArgumentKind, description: string): CommandArgument => ({
  name,
  kind,
  required: false,
  values: [],
  description,
});
const choice = (name: string, values: readonly string[], description: string): CommandArgument => ({
  ...optional(name, "enum", description),
  values,
});
const required = (argument: CommandArgument): CommandArgument => ({ ...argument, required: true });

const session = optional("session_id", "id_ref", "A session other than the one of this conversation");
const reason = optional("reason", "freeform_tail", "Why, for the records");

/** Everything people can ask of a gateway in a channel, in the order of the catalogue. */
const specs: readonly CommandSpec[] = [
  {
    name: "status",
    aliases: [],
    description: "Shows how this conversation and the gateway are",
    policyAction: "channel.command.status",
    sideEffecting: false,
    urgent: false,
    arguments: [session],
  },
  {
    name: "stop",
    aliases: ["abort", "cancel"],
    description: "Stops the answer that is being written here",
    policyAction: "channel.command.stop",
    sideEffecting: true,
    urgent: true,
    arguments: [reason],
  },
  {
    name: "reset",
    aliases: [],
    description: "Begins a new session in this conversation",
    policyAction: "channel.command.reset",
    sideEffecting: true,
    urgent: false,
    arguments: [session, optional("confirm", "bool", "Whether you are sure")],
  },
  {
    name: "compact",
    aliases: ["summarize"],
    description: "Shortens the history of the session",
    policyAction: "channel.command.compact",
    sideEffecting: true,
    urgent: false,
    arguments: [session, choice("mode", ["hybrid", "deterministic"], "How it is shortened"), reason],
  },
  {
    name: "approve",
    aliases: ["approval"],
    description: "Answers a request for approval",
    policyAction: "channel.command.approve",
    sideEffecting: true,
    urgent: false,
    arguments: [
      required(optional("approval_id", "id_ref", "The request")),
      required(choice("decision", ["allow", "deny"], "What you decide")),
      reason,
    ],
  },
  {
    name: "queue",
    aliases: [],
    description: "Shows what waits to be answered and sent",
    policyAction: "channel.command.queue",
    sideEffecting: false,
    urgent: false,
    arguments: [session, choice("action", ["list", "explain"], "What is shown")],
  },
  {
    name: "whoami",
    aliases: ["who"],
    description: "Shows who you are to the gateway",
    policyAction: "channel.command.whoami",
    sideEffecting: false,
    urgent: false,
    arguments: [],
  },
  {
    name: "help",
    aliases: ["commands"],
    description: "Shows the commands there are",
    policyAction: "channel.command.help",
    sideEffecting: false,
    urgent: false,
    arguments: [],
  },
];

/** The catalogue of the commands that can be carried out. */
export function commandCatalog(available: readonly CommandName[]): readonly CommandSpec[] {
  return specs.filter((spec) => available.includes(spec.name));
}

/** Changes when anything of a catalogue does. @returns 64 hexadecimal digits */
export function catalogHash(catalog: readonly CommandSpec[]): string {
  return createHash("sha256").update(JSON.stringify(catalog)).digest("hex");
}
