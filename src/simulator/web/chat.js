import { follow, read, send } from "./api.js";
import { paintFace } from "./faces.js";
import { continues, dayLine, make, messageRow, sameDay } from "./message-view.js";
import { drawChannels, drawMembers, drawServers } from "./places-view.js";
import { plainText } from "./rich-text.js";
import { followTheme } from "./theme.js";

const TYPING_SHOWN_MS = 10_000;
const TYPING_SENT_EVERY_MS = 8000;

const at = (id) => document.getElementById(id);
const textBox = at("composer-text");

const view = {
  state: null,
  serverId: null,
  channelId: null,
  messages: [],
  unread: new Map(),
  typing: new Map(),
  mode: { kind: "write", message: null },
  files: [],
  stop: () => undefined,
  typedAt: 0,
  connected: true,
};

const users = () => new Map(view.state.users.map((user) => [user.id, user]));
const GONE = { id: "", username: "?", name: "somebody", bot: false, online: false };
const userOf = (id) => users().get(id) ?? GONE;
const channels = () => [...view.state.servers.flatMap((server) => server.channels), ...view.state.directs];
const channelOf = (id) => channels().find((one) => one.id === id);
const serverOfChannel = (id) =>
  view.state.servers.find((server) => server.channels.some((one) => one.id === id));
const names = {
  user: (id) => users().get(id)?.name,
  channel: (id) => channelOf(id)?.name,
  role: (id) => view.state.servers.flatMap((server) => server.roles).find((role) => role.id === id)?.name,
};

async function becomePerson(id) {
  view.stop();
  localStorage.setItem("simulator.person", id);
  view.unread.clear();
  await loadState(id);
  paintFace(at("me-avatar"), view.state.me);
  const wanted = channelOf(view.channelId) ?? view.state.servers[0]?.channels[0] ?? view.state.directs[0];
  await openChannel(wanted.id);
  view.stop = follow(id, onLive, (connected) => {
    view.connected = connected;
    drawBanner();
  });
}

async function loadState(id = view.state.me.id) {
  view.state = await read(`/sim/state?as=${encodeURIComponent(id)}`);
  drawPlaces();
}

async function openChannel(id) {
  view.channelId = id;
  view.unread.delete(id);
  if (!channelOf(id)) await loadState();
  const server = serverOfChannel(id);
  view.serverId = server?.id ?? null;
  view.messages = await read(`/sim/channels/${id}/messages?as=${view.state.me.id}&limit=200`);
  setMode("write");
  drawPlaces();
  drawMessages();
  location.hash = id;
  textBox.focus();
}

function drawPlaces() {
  const server = view.state.servers.find((one) => one.id === view.serverId);
  const channel = channelOf(view.channelId);
  drawServers(at("servers"), view.state, view.serverId, chooseServer);
  drawChannels(
    at("channels"),
    { server, directs: view.state.directs, user: userOf, currentId: view.channelId, unread: view.unread },
    openChannel,
  );
  drawMembers(at("members"), usersHere(), view.state.me.id, openDirect);
  at("place-name").textContent = server?.name ?? "Direct messages";
  const label = channel ? labelOf(channel) : "";
  at("channel-name").textContent = label;
  at("channel-topic").textContent = channel?.topic ?? "";
  document.title = label === "" ? "Simulated Discord" : `${label} – Simulated Discord`;
  textBox.disabled = !channel?.maySend;
  textBox.placeholder = channel?.maySend ? `Message ${label}` : "You cannot write here";
  drawBanner();
}

function labelOf(channel) {
  if (channel.kind === "direct") return `@${userOf(channel.withUserId).name}`;
  return channel.kind === "thread" ? channel.name : `#${channel.name}`;
}

/** People and apps of the current place. */
function usersHere() {
  const server = view.state.servers.find((one) => one.id === view.serverId);
  if (server) return view.state.users.filter((user) => server.memberIds.includes(user.id));
  const other = channelOf(view.channelId)?.withUserId;
  return view.state.users.filter((user) => user.id === view.state.me.id || user.id === other);
}

function drawBanner() {
  const away = usersHere().filter((user) => user.bot && !user.online);
  if (!view.connected) showBanner("The simulator does not answer. Trying again…");
  else if (away.length === 0) showBanner(null);
  else
    showBanner(
      `${away.map((user) => user.name).join(", ")} is offline. Messages wait until the gateway connects.`,
    );
}

function showBanner(text) {
  at("banner").hidden = text === null;
  at("banner").textContent = text ?? "";
}

async function chooseServer(id) {
  if (id === null) {
    const direct = view.state.directs[0];
    if (direct) return openChannel(direct.id);
    const bot = view.state.users.find((user) => user.bot);
    return bot ? openDirect(bot.id) : undefined;
  }
  const server = view.state.servers.find((one) => one.id === id);
  return server?.channels[0] ? openChannel(server.channels[0].id) : undefined;
}

async function openDirect(userId) {
  await attempt(async () => {
    const channel = await send("/sim/directs", { as: view.state.me.id, with: userId });
    await loadState();
    await openChannel(channel.id);
  });
}

function drawMessages() {
  const rows = [welcome()];
  let previous;
  for (const message of view.messages) {
    rows.push(...rowsFor(message, previous));
    previous = message;
  }
  at("messages").replaceChildren(...rows);
  scrollToEnd();
}

function rowsFor(message, previous) {
  const rows = [];
  if (!previous || !sameDay(previous, message)) rows.push(dayLine(message));
  rows.push(messageRow(message, aroundOf(message, previous), act));
  return rows;
}

function aroundOf(message, previous) {
  return {
    me: view.state.me,
    user: userOf,
    names,
    grouped: continues(previous, message),
    mayThread: channelOf(view.channelId)?.kind === "text",
  };
}

function welcome() {
  const channel = channelOf(view.channelId);
  const row = make("li", "welcome");
  row.append(make("strong", "", channel ? labelOf(channel) : ""));
  row.append(make("span", "", channel?.topic ?? "This is where the conversation starts."));
  return row;
}

function scrollToEnd() {
  const scroller = at("scroller");
  scroller.scrollTop = scroller.scrollHeight;
}

function onLive(event) {
  if (event.type === "hello") return refresh();
  if (event.type === "stateChanged") return loadState();
  if (event.type === "typing") return showTyping(event);
  if (event.type === "message") return onMessage(event.message);
  if (event.type === "messageChanged") return onChanged(event.message);
  if (event.type === "messageDeleted") return onDeleted(event);
  return undefined;
}

/** After a lost connection: what was missed is read again. */
async function refresh() {
  const fresh = await read(`/sim/channels/${view.channelId}/messages?as=${view.state.me.id}&limit=200`);
  if (JSON.stringify(fresh) === JSON.stringify(view.messages)) return;
  view.messages = fresh;
  await loadState();
  drawMessages();
}

function onMessage(message) {
  view.typing.delete(`${message.channelId}:${message.authorId}`);
  drawTyping();
  if (message.channelId !== view.channelId) {
    countInThread(message.channelId);
    if (message.authorId !== view.state.me.id) {
      view.unread.set(message.channelId, (view.unread.get(message.channelId) ?? 0) + 1);
      drawPlaces();
    }
    return;
  }
  if (view.messages.some((one) => one.id === message.id)) return;
  const scroller = at("scroller");
  const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
  at("messages").append(...rowsFor(message, view.messages.at(-1)));
  view.messages.push(message);
  if (atEnd || message.authorId === view.state.me.id) scrollToEnd();
}

/** A message in a thread: the link to the thread says one more. */
function countInThread(threadId) {
  const starter = view.messages.find((one) => one.thread?.id === threadId);
  if (starter)
    onChanged({ ...starter, thread: { ...starter.thread, messages: starter.thread.messages + 1 } });
}

function onChanged(message) {
  const index = view.messages.findIndex((one) => one.id === message.id);
  if (index < 0) return;
  view.messages[index] = message;
  const row = at(`message-${message.id}`);
  row?.replaceWith(messageRow(message, aroundOf(message, view.messages[index - 1]), act));
}

function onDeleted({ messageId, channelId }) {
  if (channelId !== view.channelId) return;
  view.messages = view.messages.filter((one) => one.id !== messageId);
  drawMessages();
}

function showTyping({ channelId, userId }) {
  const key = `${channelId}:${userId}`;
  clearTimeout(view.typing.get(key));
  const timer = setTimeout(() => {
    view.typing.delete(key);
    drawTyping();
  }, TYPING_SHOWN_MS);
  view.typing.set(key, timer);
  drawTyping();
}

function drawTyping() {
  const who = [...view.typing.keys()]
    .filter((key) => key.startsWith(`${view.channelId}:`))
    .map((key) => userOf(key.split(":")[1]).name);
  if (who.length === 0) {
    at("typing").replaceChildren();
    return;
  }
  const dots = make("span", "dots");
  dots.setAttribute("aria-hidden", "true");
  dots.append(make("i"), make("i"), make("i"));
  at("typing").replaceChildren(dots, `${who.join(" and ")} ${who.length === 1 ? "is" : "are"} typing…`);
}

/** What a button on a message asks for. */
async function act(what, { message, emoji, id, channelId }) {
  const target = { as: view.state.me.id, channel: view.channelId, messageId: message?.id };
  if (what === "reply") return setMode("reply", message);
  if (what === "edit") return setMode("edit", message);
  if (what === "open") return openChannel(channelId);
  if (what === "jump") return flash(id);
  if (what === "thread") return startThread(message);
  return attempt(() =>
    what === "react" ? send("/sim/reactions", { ...target, emoji }) : send("/sim/messages/delete", target),
  );
}

function flash(id) {
  const row = at(`message-${id}`);
  if (!row) return;
  row.scrollIntoView({ block: "center" });
  row.classList.add("flash");
  setTimeout(() => row.classList.remove("flash"), 1500);
}

function startThread(message) {
  const dialog = at("thread-dialog");
  at("thread-name").value = plainText(message.content, names).slice(0, 40);
  dialog.addEventListener(
    "close",
    () => {
      if (dialog.returnValue !== "create") return;
      attempt(async () => {
        const name = at("thread-name").value;
        const place = { as: view.state.me.id, channel: view.channelId };
        const thread = await send("/sim/threads", { ...place, name, messageId: message.id });
        await loadState();
        await openChannel(thread.id);
      });
    },
    { once: true },
  );
  dialog.showModal();
}

function setMode(kind, message = null) {
  view.mode = { kind, message };
  at("context").hidden = kind === "write";
  if (kind === "reply") at("context-text").textContent = `Replying to ${userOf(message.authorId).name}`;
  if (kind === "edit") {
    at("context-text").textContent = "Editing your message";
    textBox.value = plainTyped(message.content);
  }
  if (kind === "write" && message === null) at("problem").textContent = "";
  textBox.focus();
}

/** Mentions as a person types them. */
function plainTyped(content) {
  return content
    .replace(/<@!?(\d+)>/g, (whole, id) => (users().has(id) ? `@${userOf(id).username}` : whole))
    .replace(/<#(\d+)>/g, (whole, id) => (channelOf(id) ? `#${channelOf(id).name}` : whole));
}

async function submit() {
  const content = textBox.value;
  if (content.trim() === "" && view.files.length === 0) return;
  const target = { as: view.state.me.id, channel: view.channelId };
  const place = { ...target, content };
  const { kind, message } = view.mode;
  const done = await attempt(async () => {
    if (kind === "edit") return send("/sim/messages/edit", { ...place, messageId: message.id });
    if (await isCommand(content)) return send("/sim/commands", { ...target, text: content });
    const replyTo = kind === "reply" ? { replyTo: message.id } : {};
    return send("/sim/messages", { ...place, ...replyTo, attachments: view.files });
  });
  if (!done) return;
  textBox.value = "";
  view.files = [];
  drawFiles();
  setMode("write");
}

/** True when the text starts with a slash command of an app that is here. */
async function isCommand(content) {
  const name = /^\/(\S+)/.exec(content)?.[1];
  if (name === undefined) return false;
  const commands = await read(`/sim/channels/${view.channelId}/commands`);
  return commands.some((one) => one.name === name);
}

/** Runs something and shows what went wrong, if anything. */
async function attempt(run) {
  try {
    await run();
    at("problem").textContent = "";
    return true;
  } catch (error) {
    at("problem").textContent = error instanceof Error ? error.message : String(error);
    return false;
  }
}

async function addFiles(list) {
  for (const file of list) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    let binary = "";
    for (const byte of bytes) binary += String.fromCharCode(byte);
    const contentType = file.type || "application/octet-stream";
    view.files.push({ filename: file.name, contentType, base64: btoa(binary) });
  }
  drawFiles();
}

function drawFiles() {
  at("files").hidden = view.files.length === 0;
  at("files").textContent = `Attached: ${view.files.map((file) => file.filename).join(", ")}`;
}

function onKey(event) {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    submit();
  } else if (event.key === "Escape") {
    textBox.value = view.mode.kind === "edit" ? "" : textBox.value;
    setMode("write");
  } else if (event.key === "ArrowUp" && textBox.value === "") {
    const own = view.messages.filter((one) => one.authorId === view.state.me.id).at(-1);
    if (own) {
      event.preventDefault();
      setMode("edit", own);
    }
  }
}

function onInput() {
  const now = Date.now();
  if (textBox.value === "" || now - view.typedAt < TYPING_SENT_EVERY_MS) return;
  view.typedAt = now;
  attempt(() => send("/sim/typing", { as: view.state.me.id, channel: view.channelId }));
}

async function start() {
  const people = (await read("/sim/people")).filter((one) => !one.bot);
  at("person").replaceChildren(...people.map((one) => new Option(one.name, one.id)));
  const remembered = localStorage.getItem("simulator.person");
  const me = people.find((one) => one.id === remembered) ?? people[0];
  at("person").value = me.id;
  if (/^#\d+$/.test(location.hash)) view.channelId = location.hash.slice(1);
  at("person").addEventListener("change", (event) => becomePerson(event.target.value));
  followTheme(at("theme"));
  at("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  at("context-cancel").addEventListener("click", () => setMode("write"));
  at("file").addEventListener("change", (event) => addFiles(event.target.files));
  textBox.addEventListener("keydown", onKey);
  textBox.addEventListener("input", onInput);
  await becomePerson(me.id);
}

start().catch((error) => showBanner(`The page could not start: ${error.message}`));
