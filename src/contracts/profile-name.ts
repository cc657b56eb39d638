/** The profile that is always there; its state root is the place for state itself. */
export const defaultProfileName = "default";
