/** Talks to the simulator's own API, below /sim/. */

/** @param {string} path @param {object} body */
export async function send(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? `The simulator answered ${response.status}.`);
  return answer;
}

/** @param {string} path */
export async function read(path) {
  const response = await fetch(path);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? `The simulator answered ${response.status}.`);
  return answer;
}

/**
 * Follows what happens, as one person sees it.
 *
 * @param {string} personId
 * @param {(event: object) => void} onEvent
 * @param {(connected: boolean) => void} onConnected
 * @returns {() => void} stops it
 */
export function follow(personId, onEvent, onConnected) {
  const source = new EventSource(`/sim/events?as=${encodeURIComponent(personId)}`);
  source.addEventListener("open", () => onConnected(true));
  source.addEventListener("error", () => onConnected(false));
  source.addEventListener("message", (event) => onEvent(JSON.parse(event.data)));
  return () => source.close();
}
