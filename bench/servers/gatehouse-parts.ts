import { z } from "zod";
import type { OAuthServerOptions } from "../../src/config/options-schema.ts";
import type { CheckUser } from "../../src/config/settings.ts";
import type { McpIdentity } from "../../src/mcp/servers/servers.ts";
import { createRegistrations, type Registrations } from "../../src/mcp/tools/registrations.ts";

/** As behind a proxy: the public URL is not this computer. */
export const OPTIONS = {
  host: "127.0.0.1",
  port: 0,
  publicUrl: "https://mcp.example",
  supportedScopes: { mcp: "Use the tools" },
  secret: "a secret that is as long as it has to be",
} satisfies OAuthServerOptions;

export const IDENTITY: McpIdentity = { name: "Bench", version: "1.0.0" };

/** Whom `connect` of the tests signs in. The password is not what is measured. */
export const CHECK_USER: CheckUser = (username) => ({ id: username, name: "Ada Lovelace" });

/** How many tools there are beside the one that is called. */
export type OtherTools = { readonly publicTools?: number; readonly otherTools?: number };

/** One tool that does nothing much. */
export function benchRegistrations({ publicTools = 0, otherTools = 0 }: OtherTools = {}): Registrations {
  const registrations = createRegistrations();
  for (let n = 0; n < publicTools; n += 1) {
    registrations.registerTool(`public_${n}`, { public: true, description: "Says nothing." }, () => ({
      content: [],
    }));
  }
  for (const name of ["echo", ...Array.from({ length: otherTools }, (_, n) => `echo_${n}`)]) {
    registrations.registerTool(
      name,
      { description: "Says it back.", inputSchema: z.object({ text: z.string() }) },
      ({ text }) => ({ content: [{ type: "text", text }] }),
    );
  }
  return registrations;
}
