/** Builds the nodes of a message: Discord's markdown, mentions and links. Never parses HTML. */

/**
 * @typedef {{ user: (id: string) => string | undefined, channel: (id: string) => string | undefined,
 *   role: (id: string) => string | undefined }} Names
 */

const TOKEN = new RegExp(
  [
    "```(?:[\\w+-]*\\n)?(?<block>[\\s\\S]+?)```\\n?",
    "`(?<code>[^`\\n]+)`",
    "<@!?(?<user>\\d+)>",
    "<@&(?<role>\\d+)>",
    "<#(?<channel>\\d+)>",
    "(?<everyone>@(?:everyone|here))\\b",
    "(?<link>https?://[^\\s<>]+[^\\s<>.,:;!?)\\]'\"])",
    "\\*\\*(?<bold>[^\\n]+?)\\*\\*",
    "(?<![\\w*])[*_](?<italic>[^\\s*_][^*_\\n]*?)[*_](?![\\w*])",
    "~~(?<strike>[^\\n]+?)~~",
  ].join("|"),
  "g",
);

/** @param {string} content @param {Names} names */
export function richText(content, names) {
  const fragment = document.createDocumentFragment();
  let end = 0;
  for (const match of content.matchAll(TOKEN)) {
    fragment.append(content.slice(end, match.index));
    fragment.append(nodeOf(match, names));
    end = match.index + match[0].length;
  }
  fragment.append(content.slice(end));
  return fragment;
}

/** The text on one line, for quotes. @param {string} content @param {Names} names */
export function plainText(content, names) {
  return content
    .replace(/<@!?(\d+)>/g, (whole, id) => `@${names.user(id) ?? whole}`)
    .replace(/<@&(\d+)>/g, (whole, id) => `@${names.role(id) ?? whole}`)
    .replace(/<#(\d+)>/g, (whole, id) => `#${names.channel(id) ?? whole}`)
    .replace(/\s+/g, " ");
}

function nodeOf(match, names) {
  const found = match.groups;
  if (found.block !== undefined) {
    const pre = document.createElement("pre");
    pre.append(element("code", found.block.replace(/\n$/, "")));
    return pre;
  }
  if (found.code !== undefined) return element("code", found.code);
  if (found.user !== undefined) return mention(`@${names.user(found.user) ?? "unknown"}`);
  if (found.role !== undefined) return mention(`@${names.role(found.role) ?? "unknown role"}`);
  if (found.channel !== undefined) return mention(`#${names.channel(found.channel) ?? "unknown"}`);
  if (found.everyone !== undefined) return mention(found.everyone);
  if (found.bold !== undefined) return nested("strong", found.bold, names);
  if (found.italic !== undefined) return nested("em", found.italic, names);
  if (found.strike !== undefined) return nested("s", found.strike, names);
  const link = element("a", found.link);
  link.href = found.link;
  link.target = "_blank";
  link.rel = "noreferrer noopener";
  return link;
}

function nested(tag, content, names) {
  const node = document.createElement(tag);
  node.append(richText(content, names));
  return node;
}

function mention(text) {
  const node = element("span", text);
  node.className = "mention";
  return node;
}

function element(tag, text) {
  const node = document.createElement(tag);
  node.textContent = text;
  return node;
}
