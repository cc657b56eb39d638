/** Bounds of one number that a caller may choose. */
export interface Bound {
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

export const bounds = {
  /** milliseconds */
  navigationTimeout: { default: 15_000, min: 100, max: 60_000 },
  /** milliseconds */
  actionTimeout: { default: 5_000, min: 100, max: 30_000 },
  /** bytes of a PNG or JPEG */
  screenshotBytes: { default: 262_144, min: 4_096, max: 2_097_152 },
  /** bytes of UTF-8 text */
  snapshotBytes: { default: 65_536, min: 1_024, max: 262_144 },
} as const satisfies Record<string, Bound>;

/** Limits that a caller cannot change. */
export interface Limits {
  /** bytes of UTF-8 text of one `browser_type` */
  readonly typeInputBytes: number;
  /** bytes */
  readonly titleBytes: number;
  /** clicks and inputs from the opening of a browser context until it is closed */
  readonly actionsPerSession: number;
  readonly actionsPerWindow: number;
  /** milliseconds */
  readonly actionWindowMs: number;
  readonly tabsPerSession: number;
  /** a context without actions or navigations for this long is closed, in milliseconds */
  readonly sessionIdleMs: number;
  /** a context is closed at this age, in milliseconds */
  readonly sessionLifetimeMs: number;
  /** MCP sessions at one time */
  readonly sessions: number;
}

export const defaultLimits: Limits = {
  typeInputBytes: 4_096,
  titleBytes: 4_096,
  actionsPerSession: 256,
  actionsPerWindow: 20,
  actionWindowMs: 1_000,
  tabsPerSession: 32,
  sessionIdleMs: 600_000,
  sessionLifetimeMs: 1_800_000,
  sessions: 128,
};

/**
 * The value that holds: the default for absent or 0, otherwise the request within the bounds.
 * @returns `clamped` is true when the request could not be followed
 */
export function effectiveValue(
  requested: number | undefined,
  bound: Bound,
): { readonly value: number; readonly clamped: boolean } {
  if (requested === undefined || requested === 0) return { value: bound.default, clamped: false };
  const value = Math.min(bound.max, Math.max(bound.min, Math.trunc(requested)));
  return { value, clamped: value !== requested };
}

/** The longest start of a text that fits into a number of UTF-8 bytes, cut between characters. */
export function truncateUtf8(
  text: string,
  maxBytes: number,
): { readonly text: string; readonly truncated: boolean } {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length <= maxBytes) return { text, truncated: false };
  let end = maxBytes;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return { text: bytes.toString("utf8", 0, end), truncated: true };
}
