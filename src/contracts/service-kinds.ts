/** The two sidecar processes, by their wire value. Without schemas: an editor that starts needs no more than the names. */
export const serviceKinds = ["gateway", "browserd"] as const;
type ServiceKind = (typeof serviceKinds)[number];

/** Process name a user sees for each service. */
export const serviceDisplayNames: Readonly<Record<ServiceKind, string>> = {
  gateway: "palyrad",
  browserd: "palyra-browserd",
};

/** Ports tried first; a taken one falls back to a free one (a pinned one does not). */
export const preferredPorts: Readonly<Record<ServiceKind, number>> = { gateway: 7142, browserd: 7143 };
