/** Whether a message is a text command: it calls the bot by itself, and never waits for more. */
export function isCommandText(text: string): boolean {
  return /^\s*[/!]palyra(?:\s|$)/i.test(text);
}
