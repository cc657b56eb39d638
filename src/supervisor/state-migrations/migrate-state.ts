import { stateSchemaVersion } from "../../contracts/state-file.ts";
import { type JsonObject, objectOf, textOf, without } from "./json-object.ts";
import { normalCompanion, normalOnboarding } from "./profile-state.ts";

/** Profile that a state file without profiles is about. */
const implicitProfile = "desktop-local";
const recentProfileLimit = 6;

/** Tokens that the first versions kept in plain text, by what they are for. */
const plainTokenKeys = { admin_token: "gateway", browser_auth_token: "browserd" } as const;

/** Plain tokens that were found in a state file. They belong into the secret store and nowhere else. */
export type PlainTokens = Readonly<Partial<Record<"gateway" | "browserd", string>>>;

/** Tokens in the text of a state file of any version. */
export function plainTokensOf(fields: JsonObject): PlainTokens {
  const found = Object.entries(plainTokenKeys).flatMap(([key, service]) => {
    const token = textOf(fields[key]);
    return token === null ? [] : [[service, token]];
  });
  return Object.fromEntries(found) as PlainTokens;
}

/** A state file without tokens: they left it with version 2. Also later files are freed of them. */
export function withoutPlainTokens(fields: JsonObject): JsonObject {
  return without(fields, Object.keys(plainTokenKeys));
}

type Migration = (fields: JsonObject) => JsonObject;

/** 1 to 2: the tokens leave the file. */
const tokensLeave: Migration = withoutPlainTokens;

/** 2 to 3: the browser can be switched off. */
const browserSwitch: Migration = (fields) => ({
  ...fields,
  browser_service_enabled:
    typeof fields.browser_service_enabled === "boolean" ? fields.browser_service_enabled : true,
});

/** 3 to 4: what was the state of the only profile becomes the state of the first one. */
const profilesAppear: Migration = (fields) => {
  const states = objectOf(fields.profile_states) ?? {};
  if (Object.keys(states).length > 0) return fields;
  const { runtime_state_root = null, onboarding = {}, companion = {} } = fields;
  return {
    ...without(fields, ["runtime_state_root", "onboarding", "companion"]),
    profile_states: { [implicitProfile]: { runtime_state_root, onboarding, companion } },
  };
};

/** 4 to 5: the onboarding of each profile is bounded. */
const onboardingBounded: Migration = (fields) =>
  eachProfile(fields, (state) => ({ ...state, onboarding: normalOnboarding(state.onboarding) }));

/** 5 to 6: the companion state of each profile is bounded. */
const companionBounded: Migration = (fields) =>
  eachProfile(fields, (state) => ({
    ...state,
    runtime_state_root: textOf(state.runtime_state_root),
    companion: normalCompanion(state.companion),
  }));

/** 6 to 7: the active profile is remembered, and which were used before it. */
const activeProfile: Migration = (fields) => {
  const states = objectOf(fields.profile_states) ?? {};
  const active = textOf(fields.active_profile_name) ?? implicitProfile;
  const listed = Array.isArray(fields.recent_profile_names) ? fields.recent_profile_names : [];
  const known = listed.filter(
    (name): name is string => typeof name === "string" && Object.hasOwn(states, name),
  );
  return {
    ...fields,
    active_profile_name: active,
    recent_profile_names: [...new Set([active, ...known])].slice(0, recentProfileLimit),
    profile_states: Object.hasOwn(states, active)
      ? states
      : {
          ...states,
          [active]: {
            runtime_state_root: null,
            onboarding: normalOnboarding({}),
            companion: normalCompanion({}),
          },
        },
  };
};

/** 7 to 8: each service has a wish of its own. What the profiles were is kept and no longer used. */
const wishesPerService: Migration = (fields) => {
  const given = objectOf(fields.desired_running);
  if (given !== null || fields.browser_service_enabled !== false) return fields;
  return { ...fields, desired_running: { browserd: false } };
};

/** The step away from each version. */
export const migrations: Readonly<Record<number, Migration>> = {
  1: tokensLeave,
  2: browserSwitch,
  3: profilesAppear,
  4: onboardingBounded,
  5: companionBounded,
  6: activeProfile,
  7: wishesPerService,
};

/**
 * Brings the content of a state file of an older version to the present one. Pure. Keys that no version
 * knows are kept.
 * @param version of the content; 1 when it names none
 */
export function migrateState(fields: JsonObject, version: number): JsonObject {
  let state = fields;
  for (let from = version; from < stateSchemaVersion; from += 1) {
    const migrate = migrations[from];
    if (migrate !== undefined) state = { ...migrate(state), schema_version: from + 1 };
  }
  return state;
}

function eachProfile(fields: JsonObject, change: (state: JsonObject) => JsonObject): JsonObject {
  const states = Object.entries(objectOf(fields.profile_states) ?? {});
  return {
    ...fields,
    profile_states: Object.fromEntries(states.map(([name, state]) => [name, change(objectOf(state) ?? {})])),
  };
}
