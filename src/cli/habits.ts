const notAnArgument =
  "A secret is no argument, because other programs can see those. Pipe it in with --credential-stdin, or type it with --credential-prompt.";
const pipedIn =
  "A secret is no argument, because other programs can see those. Pipe it in, or type it when asked.";
const foundByItself =
  "The gateway and its token are found by themselves. Name another state folder with --state-root, or a profile with --profile.";
const neverShown =
  "Stored secrets are not shown. “palyra secrets list” tells which there are, “palyra secrets set” replaces one.";

/** What people type who come from other programs, or from another version of this one, and what to type here. */
const habits: Readonly<Record<string, string>> = {
  start: "Say “palyra up”.",
  run: "Say “palyra up”.",
  serve: "Say “palyra up”.",
  gateway: "Say “palyra up”, “palyra status”, “palyra restart gateway” or “palyra logs gateway”.",
  daemon: "Say “palyra up”, “palyra status”, “palyra restart gateway” or “palyra logs gateway”.",
  browser: "Say “palyra status”, “palyra restart browserd” or “palyra logs browserd”.",
  down: "Say “palyra stop”.",
  kill: "Say “palyra stop”.",
  ps: "Say “palyra status”.",
  log: "Say “palyra logs”.",
  events: "Say “palyra timeline”.",
  version: "Say “palyra --version”.",
  login: "Say “palyra channels login discord”.",
  add: "Say “palyra channels add discord”.",
  init: "Say “palyra channels add discord”.",
  setup: "Say “palyra channels add discord”.",
  onboarding: "Say “palyra channels add discord”.",
  "secrets get": neverShown,
  "secrets show": neverShown,
  "secrets reveal": neverShown,
  "secrets add": "Say “palyra secrets set”.",
  "secrets inventory": "Say “palyra secrets list”.",
  "secrets remove": "Say “palyra secrets delete”.",
  "channels send": "Say “palyra message send”.",
  "channels delete": "Say “palyra channels remove”.",
  "channels setup": "Say “palyra channels add discord”.",
  "channels qr":
    "“palyra channels pairing-code” makes a code; the person sends it to the bot as a message, so there is nothing to scan.",
  "channels router mint": "Say “palyra channels router mint-pairing-code”.",
  "config list": "Say “palyra config get”.",
  "config show": "Say “palyra config get”.",
  "config edit":
    "Change one setting with “palyra config set”, or edit palyra.toml; it is read when it is saved.",
  "approvals approve": "Say “palyra approvals allow”.",
  "approvals list": "Say “palyra approvals”.",
  "-v": "“palyra --version” tells the version, “palyra logs” what goes on.",
  "--verbose": "“palyra logs” tells what goes on.",
  "--log-level": "“palyra logs --level warn” shows only serious lines.",
  "--credential": notAnArgument,
  "--token": notAnArgument,
  "--url": foundByItself,
  "--principal": foundByItself,
  "--device-id": foundByItself,
  "--config": "Settings are in palyra.toml of the state folder. Name another folder with --state-root.",
  "--secret": pipedIn,
  "--value": pipedIn,
};

/**
 * What to type instead of a word that there is not; null when nothing is known.
 * @param words names of commands without “palyra”, the last of them the unknown command or option
 */
export function insteadOf(words: readonly string[]): string | null {
  const last = words.at(-1) ?? "";
  const key = last.startsWith("-") ? last : words.join(" ");
  return Object.hasOwn(habits, key) ? (habits[key] ?? null) : null;
}
