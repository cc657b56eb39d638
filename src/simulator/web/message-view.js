import { face } from "./faces.js";
import { plainText, richText } from "./rich-text.js";

const QUICK_REACTIONS = ["👍", "❤️", "👀"];
const GROUP_MS = 7 * 60 * 1000;
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });

/** True when `message` continues what the same author said just before. */
export function continues(previous, message) {
  return (
    previous !== undefined &&
    previous.kind === "message" &&
    message.kind === "message" &&
    previous.authorId === message.authorId &&
    message.timestampMs - previous.timestampMs < GROUP_MS &&
    sameDay(previous, message)
  );
}

/** True when both were written on one calendar day. */
export function sameDay(previous, message) {
  return day.format(previous.timestampMs) === day.format(message.timestampMs);
}

export function dayLine(message) {
  return make("li", "day", day.format(message.timestampMs));
}

/**
 * @param message what the simulator says a person sees
 * @param around `{ me, user(id), names, grouped }`
 * @param act called with what the person wants: reply, react, edit, delete, thread, open, jump
 */
export function messageRow(message, around, act) {
  const row = make("li", `message${around.grouped ? "" : " first"}${message.mentionsMe ? " for-me" : ""}`);
  row.id = `message-${message.id}`;
  row.dataset.id = message.id;
  if (message.kind === "threadStarted") return systemRow(row, message, around, act);
  const author = around.user(message.authorId);
  if (message.replyTo) row.append(quoteLine(message.replyTo, around, act));
  if (message.command) row.append(commandLine(message.command, around));
  if (around.grouped) row.append(stamp(message));
  else row.append(face(author));
  const body = make("div", "body");
  if (!around.grouped) body.append(byline(message, author));
  const text = make("div", "text");
  text.append(
    message.thinking ? make("i", "", `${author.name} is thinking…`) : richText(message.content, around.names),
  );
  if (message.editedMs !== null) text.append(make("span", "edited", " (edited)"));
  body.append(text);
  for (const file of message.attachments) body.append(attachment(file));
  for (const one of message.embeds) body.append(embed(one, around));
  if (message.thread) body.append(threadLink(message.thread, act));
  if (message.reactions.length > 0) body.append(reactions(message, around, act));
  if (message.onlyForMe) body.append(make("p", "system", "Only you can see this."));
  row.append(body, tools(message, around, act));
  return row;
}

function systemRow(row, message, around, act) {
  row.append(make("span", "stamp", "↳"));
  const body = make("div", "body system");
  body.append(make("b", "", around.user(message.authorId).name), " started a thread: ");
  if (message.thread) body.append(threadLink(message.thread, act));
  else body.append(message.content);
  row.append(body);
  return row;
}

function byline(message, author) {
  const line = make("div", "byline");
  line.append(make("span", "name", author.name));
  if (author.bot) line.append(make("span", "tag", "APP"));
  line.append(time(message));
  return line;
}

function time(message) {
  const node = make("time", "", clock.format(message.timestampMs));
  node.dateTime = new Date(message.timestampMs).toISOString();
  return node;
}

function stamp(message) {
  const node = make("span", "stamp");
  node.append(time(message));
  return node;
}

function quoteLine(replyTo, around, act) {
  const line = make("div", "quote");
  const button = make("button");
  button.type = "button";
  if (replyTo.content === null) {
    button.append(make("i", "", "Original message was deleted"));
  } else {
    const name = around.user(replyTo.authorId).name;
    button.append(make("b", "", `@${name} `), plainText(replyTo.content, around.names).slice(0, 120));
    button.addEventListener("click", () => act("jump", { id: replyTo.id }));
  }
  button.prepend(make("span", "visually-hidden", "In reply to "));
  line.append(button);
  return line;
}

function commandLine(command, around) {
  const line = make("div", "quote");
  const text = make("span");
  text.append(make("b", "", around.user(command.userId).name), " used ", make("b", "", `/${command.name}`));
  line.append(text);
  return line;
}

function attachment(file) {
  const link = make("a", "attachment");
  link.href = file.url;
  link.target = "_blank";
  link.rel = "noreferrer noopener";
  if (/^image\/(png|jpeg|gif|webp)$/.test(file.contentType)) {
    const image = make("img");
    image.src = file.url;
    image.alt = file.filename;
    link.append(image);
  } else {
    link.append(`📄 ${file.filename} (${Math.ceil(file.bytes / 1024)} KB)`);
  }
  return link;
}

function embed(one, around) {
  const node = make("div", "embed");
  if (one.title) node.append(make("b", "", one.title));
  if (one.description) {
    const text = make("div", "text");
    text.append(richText(one.description, around.names));
    node.append(text);
  }
  for (const field of one.fields ?? []) {
    const line = make("div", "text");
    line.append(make("b", "", field.name), "\n", richText(field.value, around.names));
    node.append(line);
  }
  if (one.footer?.text) node.append(make("p", "system", one.footer.text));
  return node;
}

function threadLink(thread, act) {
  const button = make("button", "thread-link");
  button.type = "button";
  const count = thread.messages === 1 ? "1 message" : `${thread.messages} messages`;
  button.append(make("span", "", thread.name), make("b", "", `${count} ›`));
  button.addEventListener("click", () => act("open", { channelId: thread.id }));
  return button;
}

function reactions(message, around, act) {
  const list = make("div", "reactions");
  for (const { emoji, userIds } of message.reactions) {
    const button = make("button", "reaction", `${emoji} ${userIds.length}`);
    button.type = "button";
    const mine = userIds.includes(around.me.id);
    button.setAttribute("aria-pressed", String(mine));
    button.title = userIds.map((id) => around.user(id).name).join(", ");
    button.addEventListener("click", () => act("react", { message, emoji }));
    list.append(button);
  }
  return list;
}

function tools(message, around, act) {
  const bar = make("div", "tools");
  const add = (label, title, run) => {
    const button = make("button", "", label);
    button.type = "button";
    button.title = title;
    button.setAttribute("aria-label", title);
    button.addEventListener("click", run);
    bar.append(button);
  };
  for (const emoji of QUICK_REACTIONS)
    add(emoji, `React with ${emoji}`, () => act("react", { message, emoji }));
  add("Reply", "Reply", () => act("reply", { message }));
  if (around.mayThread && !message.thread) add("Thread", "Start a thread", () => act("thread", { message }));
  if (message.authorId === around.me.id) {
    add("Edit", "Edit", () => act("edit", { message }));
    add("Delete", "Delete", () => act("delete", { message }));
  }
  return bar;
}

/** @param {string} tag */
export function make(tag, className = "", text = "") {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}
