import { invitePermissions } from "../admin/operations.ts";

/** Sum of the permissions a bot is invited with. */
export const invitePermissionBits = invitePermissions.reduce((bits, { bit }) => bits | bit, 0n);

/**
 * Address of the page on which somebody adds the bot to a server, with exactly the permissions it needs and its
 * commands (Discord, "Bot authorization flow").
 */
export function inviteUrl(applicationId: string): string {
  const query = new URLSearchParams({
    client_id: applicationId,
    scope: "bot applications.commands",
    permissions: invitePermissionBits.toString(),
  });
  return `https://discord.com/oauth2/authorize?${query}`;
}
