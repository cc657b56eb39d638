/** Round pictures made of a person's initial. */

const COLORS = ["#c2417c", "#0e7c86", "#8a4fd3", "#b45309", "#2f7d32", "#2563c9", "#a3333d"];

/** @param {HTMLElement} node @param {{ username: string, name: string, bot: boolean }} user */
export function paintFace(node, user) {
  let sum = 0;
  for (const char of user.username) sum = (sum * 31 + char.codePointAt(0)) % 9973;
  node.style.setProperty("--face", user.bot ? "#4f5fd5" : COLORS[sum % COLORS.length]);
  node.textContent = user.bot ? "✦" : user.name.slice(0, 1).toUpperCase();
}

/** @param {{ username: string, name: string, bot: boolean, online: boolean }} user @param {boolean} presence */
export function face(user, presence = false) {
  const node = document.createElement("span");
  node.className = "avatar";
  node.setAttribute("aria-hidden", "true");
  paintFace(node, user);
  if (presence) {
    const dot = document.createElement("span");
    dot.className = user.online ? "presence" : "presence off";
    node.append(dot);
  }
  return node;
}
