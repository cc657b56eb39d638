import { createHash, timingSafeEqual } from "node:crypto";

/** Proof of one end of a control link over a nonce: 64 hex digits. See `HelloRequest`. */
export function controlProof(side: "client" | "sidecar", instanceId: string, nonce: string): string {
  return createHash("sha256").update(`palyra-${side}:${instanceId}:${nonce}`).digest("hex");
}

/** Compares two strings without telling by its duration where they differ. */
export function constantTimeEqual(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
