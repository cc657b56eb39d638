import type { ApplicationCommand, CommandOption } from "../world/model.ts";
import { apiErrors } from "./api-error.ts";
import { Form } from "./form.ts";
import type { Route } from "./route.ts";
import { noContent, ok, type RestRequest, type RestResult } from "./services.ts";

const GLOBAL = "/applications/:application_id/commands";
const GUILD = "/applications/:application_id/guilds/:guild_id/commands";
const MAX_COMMANDS = 100;
const MAX_OPTIONS = 25;
const CHAT_INPUT = 1;
const OPTION_TYPES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] as const;
/** Discord docs: Application Commands, Application Command Naming. */
const NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;

/** Registering slash commands (Discord docs: Application Commands). */
export const commandRoutes: readonly Route[] = [GLOBAL, GUILD].flatMap((path): Route[] => [
  { method: "GET", path, bucket: "commands", handle: listCommands },
  { method: "POST", path, bucket: "commands", handle: createCommand },
  { method: "PUT", path, bucket: "commands", handle: overwriteCommands },
  { method: "GET", path: `${path}/:command_id`, bucket: "commands/one", handle: getCommand },
  { method: "DELETE", path: `${path}/:command_id`, bucket: "commands/one", handle: deleteCommand },
]);

type CommandForm = Omit<ApplicationCommand, "id" | "version">;

/** @throws ApiError 20012 for another application, 50001 for a server the bot is not in */
function scope(request: RestRequest): { applicationId: string; guildId: string | null } {
  if (request.params.application_id !== request.bot.applicationId) throw apiErrors.notYourApplication();
  const guildId = request.params.guild_id ?? null;
  if (guildId !== null && !request.services.world.guilds.get(guildId)?.members.has(request.bot.userId)) {
    throw apiErrors.missingAccess();
  }
  return { applicationId: request.bot.applicationId, guildId };
}

function listCommands(request: RestRequest): RestResult {
  const { applicationId, guildId } = scope(request);
  return ok(request.services.interactions.commandsOf(applicationId, guildId).map(toApiCommand));
}

function existing(request: RestRequest): ApplicationCommand {
  const { applicationId, guildId } = scope(request);
  const command = request.services.interactions.commands.get(request.params.command_id ?? "");
  if (command?.applicationId !== applicationId || command.guildId !== guildId)
    throw apiErrors.unknownCommand();
  return command;
}

function getCommand(request: RestRequest): RestResult {
  return ok(toApiCommand(existing(request)));
}

function deleteCommand(request: RestRequest): RestResult {
  request.services.interactions.commands.delete(existing(request).id);
  return noContent;
}

async function createCommand(request: RestRequest): Promise<RestResult> {
  const place = scope(request);
  const form = new Form((await request.readBody()).fields);
  const command = { ...place, ...readCommand(form) };
  form.done();
  const { interactions } = request.services;
  const known = interactions.commandsOf(place.applicationId, place.guildId);
  if (known.length >= MAX_COMMANDS && !known.some((one) => one.name === command.name)) {
    throw apiErrors.tooManyCommands();
  }
  const put = interactions.put(command);
  return { status: put.isNew ? 201 : 200, body: toApiCommand(put.command) };
}

/** Replaces every command of the scope (Discord docs: Bulk Overwrite Global Application Commands). */
async function overwriteCommands(request: RestRequest): Promise<RestResult> {
  const place = scope(request);
  const { fields } = await request.readBody();
  if (!Array.isArray(fields)) {
    throw apiErrors.invalidForm({
      _errors: [{ code: "LIST_TYPE_CONVERT", message: "Only iterables may be used in a ListType" }],
    });
  }
  if (fields.length > MAX_COMMANDS) throw apiErrors.tooManyCommands();
  const collected = new Form({});
  const commands: CommandForm[] = [];
  const names = new Set<string>();
  for (const [index, given] of (fields as unknown[]).entries()) {
    const command = { ...place, ...readCommand(new Form(given), collected, [String(index)]) };
    const key = `${command.type}:${command.name}`;
    if (names.has(key)) {
      collected.complain([String(index), "name"], {
        code: "APPLICATION_COMMANDS_DUPLICATE_NAME",
        message: "Application command names must be unique",
      });
    }
    names.add(key);
    commands.push(command);
  }
  collected.done();
  const { interactions } = request.services;
  for (const old of interactions.commandsOf(place.applicationId, place.guildId)) {
    if (!names.has(`${old.type}:${old.name}`)) interactions.commands.delete(old.id);
  }
  return ok(commands.map((command) => toApiCommand(interactions.put(command).command)));
}

function readCommand(
  form: Form,
  complaints: Form = form,
  at: readonly string[] = [],
): Pick<CommandForm, "type" | "name" | "description" | "options"> {
  const type = typeof form.raw("type") === "number" ? (form.raw("type") as number) : CHAT_INPUT;
  const name = typeof form.raw("name") === "string" ? (form.raw("name") as string) : "";
  const description = typeof form.raw("description") === "string" ? (form.raw("description") as string) : "";
  if (type === CHAT_INPUT) {
    checkName(complaints, [...at, "name"], name);
    checkDescription(complaints, [...at, "description"], description);
  }
  return { type, name, description, options: readOptions(form, complaints, at) };
}

function readOptions(form: Form, complaints: Form, at: readonly string[]): CommandOption[] {
  const given = form.raw("options");
  if (given === undefined || given === null) return [];
  const list = Array.isArray(given) ? (given as Record<string, unknown>[]) : [];
  if (list.length > MAX_OPTIONS) {
    complaints.complain([...at, "options"], {
      code: "BASE_TYPE_MAX_LENGTH",
      message: `Must be ${MAX_OPTIONS} or fewer in length.`,
    });
  }
  let sawOptional = false;
  return list.map((option, index) => {
    const path = [...at, "options", String(index)];
    checkName(complaints, [...path, "name"], String(option.name ?? ""));
    checkDescription(complaints, [...path, "description"], String(option.description ?? ""));
    if (!OPTION_TYPES.includes(option.type as (typeof OPTION_TYPES)[number])) {
      complaints.complain([...path, "type"], {
        code: "BASE_TYPE_CHOICES",
        message: `Value must be one of (${OPTION_TYPES.join(", ")}).`,
      });
    }
    if (option.required === true && sawOptional) {
      complaints.complain(path, {
        code: "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
        message: "Required options must be placed before non-required options",
      });
    }
    if (option.required !== true) sawOptional = true;
    return option as unknown as CommandOption;
  });
}

function checkName(form: Form, path: readonly string[], name: string): void {
  if (name.length < 1 || name.length > 32) {
    form.complain(path, { code: "BASE_TYPE_BAD_LENGTH", message: "Must be between 1 and 32 in length." });
  } else if (!NAME.test(name) || name !== name.toLowerCase()) {
    form.complain(path, { code: "APPLICATION_COMMAND_INVALID_NAME", message: "Command name is invalid" });
  }
}

function checkDescription(form: Form, path: readonly string[], description: string): void {
  if (description.length < 1 || description.length > 100) {
    form.complain(path, { code: "BASE_TYPE_BAD_LENGTH", message: "Must be between 1 and 100 in length." });
  }
}

function toApiCommand(command: ApplicationCommand): object {
  return {
    id: command.id,
    application_id: command.applicationId,
    version: command.version,
    default_member_permissions: null,
    type: command.type,
    name: command.name,
    name_localizations: null,
    description: command.description,
    description_localizations: null,
    ...(command.guildId === null
      ? { dm_permission: true, contexts: null, integration_types: [0] }
      : { guild_id: command.guildId }),
    ...(command.options.length > 0 ? { options: command.options } : {}),
    nsfw: false,
  };
}
