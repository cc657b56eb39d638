import { isSameProcess } from "../../../platform/process-identity.ts";
import { LeaseFolder } from "../../owner-lease.ts";
import type { Check } from "../check.ts";

/** Whether the lease of the state root names somebody who lives. */
export const leasesCheck: Check = {
  id: "leases",
  title: "Locks and leases",
  async run({ paths }) {
    const folder = new LeaseFolder(paths.runDir);
    const lease = await folder.current();
    if (lease === null || lease.holder?.released) {
      return { status: "ok", evidence: "No window or terminal owns the services now." };
    }
    const { holder, generation } = lease;
    if (holder === null) {
      return {
        status: "warning",
        evidence: `The lease ${generation} in ${paths.runDir} cannot be read; the next start replaces it.`,
      };
    }
    const identity = { pid: holder.pid, start: holder.process_start };
    const who = `${holder.name} (process ${holder.pid})`;
    if (await isSameProcess(identity)) return { status: "ok", evidence: `${who} owns the services.` };
    return {
      status: "warning",
      evidence: `The lease ${generation} still names ${who}, which does not live any more.`,
      repair: {
        title: "Note that the owner has left",
        preview: [
          `- owner.${generation}.lease: held by ${who}`,
          `+ owner.${generation}.lease: released by ${who}`,
        ],
        apply: async (say) => {
          const now = await folder.current();
          // Somebody may have taken it over since, whose lease it then is.
          if (now?.generation !== generation || (await isSameProcess(identity))) {
            say("The lease has a new holder by now and is left alone.");
            return;
          }
          await folder.release(generation, holder);
          say(`The lease ${generation} is noted as released; all else it says is kept.`);
        },
      },
    };
  },
};
