import * as z from "zod";
import { Snowflake } from "../../../contracts/discord-id.ts";
import { PalyraError } from "../../../platform/errors.ts";

/** What setting up an account reads of Discord's answers (Discord reference: User, Application, Get Gateway Bot). */
export const BotUser = z.object({ id: Snowflake, username: z.string().max(256) });
export const BotApplication = z.object({
  id: Snowflake,
  name: z.string().max(256),
  flags: z.int().optional(),
  bot_public: z.boolean().optional(),
});
export const BotGateway = z.object({
  url: z.string().max(2_048),
  session_start_limit: z.object({ total: z.int(), remaining: z.int(), reset_after: z.number() }),
});

/** @throws `discord_unreachable` when the answer is another one: somebody else answers in Discord's place */
export function expectedAnswer<S extends z.ZodType>(schema: S, answer: unknown): z.output<S> {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new PalyraError("discord_unreachable", "What answers is not Discord's API.", {
    nextStep: "Check the address of the server, and whether a proxy answers in its place; then try again.",
    cause: parsed.error,
  });
}
