import { face } from "./faces.js";
import { make } from "./message-view.js";

/** The rail of servers. `choose(serverId)` gets null for direct messages. */
export function drawServers(node, state, currentId, choose) {
  const directs = serverButton("✉", "Direct messages", currentId === null, () => choose(null));
  const servers = state.servers.map((server) => {
    const initials = server.name
      .split(/\s+/)
      .map((word) => word.slice(0, 1))
      .join("")
      .slice(0, 3);
    return serverButton(initials, server.name, server.id === currentId, () => choose(server.id));
  });
  node.replaceChildren(directs, make("hr"), ...servers);
}

function serverButton(label, title, current, run) {
  const button = make("button", "server");
  button.type = "button";
  button.title = title;
  const initials = make("span", "", label);
  initials.setAttribute("aria-hidden", "true");
  button.append(initials, make("span", "visually-hidden", title));
  button.setAttribute("aria-current", String(current));
  button.addEventListener("click", run);
  return button;
}

/** Channels of a server with their threads, or the direct conversations. */
export function drawChannels(node, places, open) {
  node.replaceChildren();
  const { server, directs, user, currentId, unread } = places;
  const add = (channel, sign, label, thread) => {
    const button = make(
      "button",
      `channel${thread ? " thread" : ""}${unread.has(channel.id) ? " unread" : ""}`,
    );
    button.type = "button";
    button.setAttribute("aria-current", String(channel.id === currentId));
    button.append(sign, make("span", "label", label));
    const count = unread.get(channel.id);
    if (count) {
      const badge = make("span", "count", String(count));
      badge.append(make("span", "visually-hidden", " unread"));
      button.append(badge);
    }
    button.addEventListener("click", () => open(channel.id));
    node.append(button);
  };
  if (!server) {
    node.append(make("h2", "group", "Direct messages"));
    for (const channel of directs) {
      const other = user(channel.withUserId);
      add(channel, face(other, true), other.name, false);
    }
    return;
  }
  node.append(make("h2", "group", "Channels"));
  const parents = server.channels.filter((one) => one.kind !== "thread");
  for (const channel of parents) {
    const sign = make("span", "sign", channel.kind === "forum" ? "☰" : "#");
    sign.setAttribute("aria-hidden", "true");
    add(channel, sign, channel.name, false);
    for (const thread of server.channels.filter((one) => one.parentId === channel.id)) {
      const mark = make("span", "sign", "⌞");
      mark.setAttribute("aria-hidden", "true");
      add(thread, mark, thread.name, true);
    }
  }
}

/** Who is here: people first, then apps. Choosing somebody opens the conversation. */
export function drawMembers(node, users, meId, openDirect) {
  node.replaceChildren();
  const groups = [
    ["People", users.filter((user) => !user.bot)],
    ["Apps", users.filter((user) => user.bot)],
  ];
  for (const [title, members] of groups) {
    if (members.length === 0) continue;
    node.append(make("h2", "group", `${title}, ${members.length}`));
    for (const user of members) node.append(memberButton(user, meId, openDirect));
  }
}

function memberButton(user, meId, openDirect) {
  const button = make("button", `member${user.online ? "" : " offline"}`);
  button.type = "button";
  const name = make("span", "", user.id === meId ? `${user.name} (you)` : user.name);
  if (user.bot) name.append(make("span", "tag", "APP"));
  const presence = make("span", "visually-hidden", user.online ? ", online" : ", offline");
  button.append(face(user, true), name, presence);
  button.disabled = user.id === meId;
  button.title = user.id === meId ? "This is you" : `Write to ${user.name}`;
  button.addEventListener("click", () => openDirect(user.id));
  return button;
}
