import { PalyraError } from "../../platform/errors.ts";
import type { ConnectorInstanceSpec } from "./parts/instance-store.ts";

const idBytes = 128;
const referenceBytes = 256;
const allowlistEntries = 256;

/**
 * Checks a spec and brings its host patterns to lower case without spaces around them.
 * @throws `validation_error` naming the field and what is wrong with it
 */
export function requireValidSpec(spec: ConnectorInstanceSpec): ConnectorInstanceSpec {
  requireIdentifier("connector_id", spec.connectorId, idBytes);
  requireIdentifier("kind", spec.kind, idBytes);
  requireIdentifier("principal", spec.principal, idBytes);
  if (spec.authProfileRef !== null)
    requireIdentifier("auth_profile_ref", spec.authProfileRef, referenceBytes);
  if (spec.tokenVaultRef !== null) requireIdentifier("token_vault_ref", spec.tokenVaultRef, referenceBytes);
  if (spec.egressAllowlist.length > allowlistEntries) {
    throw invalid("egress_allowlist", `has more than ${allowlistEntries} entries`);
  }
  const egressAllowlist = spec.egressAllowlist.map((pattern) => pattern.trim().toLowerCase());
  for (const pattern of egressAllowlist) {
    const fault = hostPatternFault(pattern);
    if (fault !== null) throw invalid("egress_allowlist", fault);
  }
  return { ...spec, egressAllowlist };
}

function hostPatternFault(pattern: string): string | null {
  if (pattern === "") return "has an empty entry";
  const host = pattern.startsWith("*.") ? pattern.slice(2) : pattern;
  if (host === "") return "has an empty entry";
  if (!/^[a-z0-9.-]+$/.test(host)) return `has unsupported characters in “${pattern}”`;
  const malformed = host.startsWith(".") || host.endsWith(".") || host.includes("..");
  return malformed ? `has misplaced dots in “${pattern}”` : null;
}

function requireIdentifier(field: string, value: string, maxBytes: number): void {
  if (value.trim() === "") throw invalid(field, "must not be empty");
  if (Buffer.byteLength(value) > maxBytes) throw invalid(field, `is longer than ${maxBytes} bytes`);
}

function invalid(field: string, fault: string): PalyraError {
  return new PalyraError("validation_error", `${field} ${fault}.`);
}
