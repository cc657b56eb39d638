/** Light and dark: as the system has it, until the visitor (or ?theme= in the address) chooses. */

const KEY = "simulator.theme";

/** @param {HTMLElement} button switches between the two */
export function followTheme(button) {
  const theme = new URLSearchParams(location.search).get("theme") ?? localStorage.getItem(KEY);
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  button.addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    localStorage.setItem(KEY, next);
  });
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen === undefined ? matchMedia("(prefers-color-scheme: dark)").matches : chosen === "dark";
}
