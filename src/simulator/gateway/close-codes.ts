/** Discord docs: Opcodes and Status Codes, Gateway Close Event Codes. */
export const CloseCode = {
  unknownError: 4000,
  unknownOpcode: 4001,
  decodeError: 4002,
  notAuthenticated: 4003,
  authenticationFailed: 4004,
  alreadyAuthenticated: 4005,
  invalidSeq: 4007,
  rateLimited: 4008,
  sessionTimedOut: 4009,
  invalidShard: 4010,
  shardingRequired: 4011,
  invalidApiVersion: 4012,
  invalidIntents: 4013,
  disallowedIntents: 4014,
} as const;
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

export const closeReasons: Record<CloseCode, string> = {
  4000: "Unknown error.",
  4001: "Unknown opcode.",
  4002: "Error while decoding payload.",
  4003: "Not authenticated.",
  4004: "Authentication failed.",
  4005: "Already authenticated.",
  4007: "Invalid seq.",
  4008: "Rate limited.",
  4009: "Session timed out.",
  4010: "Invalid shard.",
  4011: "Sharding required.",
  4012: "Invalid API version.",
  4013: "Invalid intent(s).",
  4014: "Disallowed intent(s).",
};

/** Codes after which Discord forgets the session, so that a resume is answered with op 9. */
export function endsSession(code: number): boolean {
  return (
    code === 1000 ||
    code === 1001 ||
    code === CloseCode.authenticationFailed ||
    code === CloseCode.invalidSeq ||
    code === CloseCode.sessionTimedOut ||
    (code >= CloseCode.invalidShard && code <= CloseCode.disallowedIntents)
  );
}
