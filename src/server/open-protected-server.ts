import type { ProtectSettings } from "../config/protect-options.ts";
import { openInstrumentation } from "../operations/instrumentation.ts";
import { createReadiness } from "../operations/probes.ts";
import { systemClock } from "../platform/clock.ts";
import { openProtection } from "../resource-server/protect.ts";
import { createEndpoints } from "./endpoints.ts";
import { type OpenServer, type ServerParts, serve } from "./open-server.ts";
import { openInOrder } from "./opening.ts";

export type ProtectedParts = ServerParts & Pick<ProtectSettings, "providers" | "authorizationServerMetadata">;

/** Opens a server in front of somebody else's authorization server. It keeps nothing. */
export function openProtectedServer(parts: ProtectedParts): Promise<OpenServer> {
  const { settings, providers, authorizationServerMetadata, clock = systemClock } = parts;
  return openInOrder(
    async (open) => {
      const instrumentation = await open("instrumentation", () => openInstrumentation(settings, parts.proxy));
      const { metrics, fetchJson } = instrumentation;
      const log = instrumentation.log(parts.log);
      const { guard, documents } = openProtection(
        { ...settings, providers, authorizationServerMetadata },
        { log, clock, metrics, fetchJson },
      );
      const endpoints = createEndpoints({ ...parts, clock, guard, instrumentation, log });
      const readiness = createReadiness([], clock, log);
      const served = serve({ settings, endpoints, documents, readiness, instrumentation, log });
      await open(
        "metrics listener",
        () => instrumentation.listen(log),
        (close) => close(),
      );
      return { ...served, guard };
    },
    parts.log,
    parts.beforePart,
  );
}
