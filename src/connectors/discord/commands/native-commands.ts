import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  type RESTPutAPIApplicationCommandsJSONBody,
} from "discord-api-types/v10";
import type { CommandArgument, CommandSpec } from "../../commands/command-spec.ts";

type NativeCommand = RESTPutAPIApplicationCommandsJSONBody[number];

/** Longest description Discord shows, in characters. */
const descriptionLimit = 100;

/** A catalogue as Discord registers it: every command with its options, required ones first. */
export function nativeCommands(catalog: readonly CommandSpec[]): RESTPutAPIApplicationCommandsJSONBody {
  return catalog.map(
    (spec): NativeCommand => ({
      type: ApplicationCommandType.ChatInput,
      name: spec.name,
      description: spec.description.slice(0, descriptionLimit),
      integration_types: [ApplicationIntegrationType.GuildInstall],
      contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
      options: [...spec.arguments]
        .sort((a, b) => Number(b.required) - Number(a.required))
        .map((argument) => nativeOption(argument)),
    }),
  );
}

function nativeOption(argument: CommandArgument) {
  const shared = {
    name: argument.name,
    description: argument.description.slice(0, descriptionLimit),
    required: argument.required,
  };
  switch (argument.kind) {
    case "bool":
      return { ...shared, type: ApplicationCommandOptionType.Boolean } as const;
    case "int":
      return { ...shared, type: ApplicationCommandOptionType.Integer } as const;
    case "enum":
      return {
        ...shared,
        type: ApplicationCommandOptionType.String,
        choices: argument.values.map((value) => ({ name: value, value })),
      } as const;
    default:
      return { ...shared, type: ApplicationCommandOptionType.String } as const;
  }
}
