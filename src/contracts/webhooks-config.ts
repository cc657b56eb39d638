import * as z from "zod";

const HostName = z
  .string()
  .trim()
  .toLowerCase()
  .regex(
    /^(?:[a-z0-9](?:[a-z0-9-]{0,62})\.)*[a-z0-9][a-z0-9-]{0,62}$/,
    "write a host name, without port or path",
  );

/** `[webhooks]` in `palyra.toml`: by which ways senders reach the ingress. The integrations are in `webhooks.toml`. */
export const WebhooksConfig = z.strictObject({
  /** Names besides the loopback ones under which `/hooks` is reached, e.g. that of a tunnel. */
  hosts: z.array(HostName).max(32).default([]),
  /** A second port that serves `/hooks` and nothing else. */
  listen: z
    .strictObject({
      address: z.union([z.ipv4(), z.ipv6()]),
      port: z.int().min(1).max(65_535),
      /** The owner's word for it: without this line nothing listens beyond the loopback interface. */
      anyone_on_the_network_can_reach_it: z.literal(true, {
        error:
          "must be true: whoever reaches the address can send requests, and only signatures keep them out",
      }),
    })
    .optional(),
});
export type WebhooksConfig = z.infer<typeof WebhooksConfig>;
