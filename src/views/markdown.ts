/**
 * Text of others as it is, inside Markdown with theme icons: nothing in it becomes a link, an icon or HTML.
 */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\r\n]+/g, " ")
    .replace(/[\\`*_{}[\]()#+\-.!|~$]/g, "\\$&")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;");
}

/** A link that runs a command. */
export function commandLink(title: string, command: string, args: readonly string[] = []): string {
  const query = args.length === 0 ? "" : `?${encodeURIComponent(JSON.stringify(args))}`;
  return `[${escapeMarkdown(title)}](command:${command}${query})`;
}
