import type { HelloResponse, RunRecord } from "../contracts/control-link.ts";
import { ControlLink, type ControlLinkEvents } from "./control-link.ts";
import type { SidecarRunOptions } from "./sidecar-run-options.ts";

/** Time for a connection and for a hello, each in milliseconds. */
const helloMs = 2_000;
export interface SidecarLink {
  readonly link: ControlLink;
  readonly hello: HelloResponse;
}

/**
 * Connects to the sidecar of a run record as its controller. What it says reaches the control center without
 * secrets; the first lines of its log after that are a backlog.
 * @throws as `ControlLink.open`
 */
export async function openSidecarLink(
  record: RunRecord,
  options: SidecarRunOptions,
  heard: Pick<ControlLinkEvents, "status" | "cut">,
): Promise<SidecarLink> {
  const { service, client, redactor } = options;
  redactor.add(record.instance_id);
  let backlog = true;
  const events: ControlLinkEvents = {
    ...heard,
    log: (lines) => {
      const stamped = lines.map(({ unix_ms, level, line }) => ({
        unix_ms,
        service,
        stream: "stdout" as const,
        level,
        line: redactor.redact(line),
      }));
      options.logged(stamped, backlog);
      backlog = false;
    },
    secret: (request) => options.secret(request),
    changeSecret: (change) => options.changeSecret(change),
    suspicion: (reason) => options.suspected(redactor.redact(reason)),
  };
  return await ControlLink.open(
    {
      endpoint: record.endpoint,
      instanceId: record.instance_id,
      role: "controller",
      client,
      timeoutMs: helloMs,
    },
    events,
  );
}
