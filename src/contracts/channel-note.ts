import * as z from "zod";

/** What is kept of a channel so that it is known after a restart. */
export const ChannelNote = z.object({
  guildId: z.string().nullable(),
  /** Channel a thread belongs to; null for anything else. */
  parentId: z.string().nullable(),
  isDirect: z.boolean(),
  /** Of the channel, or of the other person in a direct message. */
  name: z.string().nullable(),
});
export type ChannelNote = z.infer<typeof ChannelNote>;
