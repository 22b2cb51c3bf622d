import { z } from "zod";
import { wholeNumber, yesOrNo } from "./basic-schemas.ts";
import { declared } from "./declared.ts";
import { boolean, list, number, type ReadVariable, text } from "./variables.ts";

const ORIGIN = 'an origin without a path, such as "https://app.example.com"';
const origin = z.string("an origin").refine((value) => URL.parse(value)?.origin === value, ORIGIN);
const origins: ReadVariable = (value) => (value === "*" ? value : list(value));

/** What is guarded and how, the same for every kind of server. */
export const guardOptions = {
  cachedTokens: wholeNumber(1, 1_000_000)
    .default(10_000)
    .register(declared, {
      says: "How many verified access tokens this instance remembers.",
      more: "The next request with one of them costs neither a verification nor a read. One million at most; what one takes: [capacity](deploy/capacity.md). A revoked token is forgotten at once, or within a second where another instance revoked it.",
      variables: { GATEHOUSE_CACHED_TOKENS: number },
    }),
  cors: z
    .union([z.literal("*"), z.array(origin)], '"*" or a list of origins')
    .default("*")
    .register(declared, {
      says: 'Origins whose pages may call the server from a browser: a list, or `"*"` for any, since no cookie is involved.',
      more: "It counts for the MCP, register, token, revoke and introspect endpoints. The discovery documents are open to all.",
      variables: { GATEHOUSE_CORS: origins },
    }),
  documentation: z
    .url({ error: "an absolute URL", protocol: /^https?$/ })
    .optional()
    .register(declared, {
      says: "The URL where people read about the server, which clients may show (`resource_documentation`, RFC 9728 §2).",
      variables: { GATEHOUSE_DOCUMENTATION: text },
    }),
  debug: yesOrNo.default(false).register(declared, {
    says: "Write more log lines.",
    more: "Each MCP call and each guarded request that is let in is one: person, client, method, tool or path, scopes; no token, no arguments.",
    variables: { GATEHOUSE_DEBUG: boolean },
    flag: "--debug",
  }),
};
