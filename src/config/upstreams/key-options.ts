import { z } from "zod";
import { secureUrl } from "../allow-insecure-issuer.ts";
import { aFunction, shownText } from "../basic-schemas.ts";
import { declared } from "../declared.ts";
import { readGivenOptions } from "../function-options.ts";
import { readOptions } from "../read-options.ts";
import { upstreamLabel } from "./oauth-options.ts";
import type { CheckKey, KeyUpstream } from "./settings.ts";

/** The options of `keyUpstream()`. */
export const keyUpstreamOptions = {
  label: upstreamLabel.clone().register(declared, {
    says: "The name by which people know the service: `Jira`.",
  }),
  help: shownText("a sentence that says where a person finds a key").optional().register(declared, {
    says: "How a person gets a key, in a sentence for the account page.",
  }),
  keysUrl: secureUrl.optional().register(declared, {
    says: "The page of the service where a person makes a key: the account page links to it.",
  }),
  check: aFunction<CheckKey>().optional().register(declared, {
    says: "Your own function that says whether a key can be used, before it is kept: `(key) => boolean`. It may ask the service.",
    otherwise: "any text is kept",
  }),
};

type Given = z.input<z.ZodObject<typeof keyUpstreamOptions>>;

/** What `keyUpstream` takes. */
export type KeyUpstreamOptions = {
  /** The name by which people know the service: `Jira`. */
  label: Given["label"];
  /** How a person gets a key, in a sentence for the account page. Default: none. */
  help?: Given["help"];
  /** The page of the service where a person makes a key: the account page links to it. Default: none. */
  keysUrl?: Given["keysUrl"];
  /**
   * Your own function that says whether a key can be used, before it is kept: `(key) => boolean`. It may ask the
   * service. Default: any text is kept.
   */
  check?: Given["check"];
};

const schema = z.strictObject(keyUpstreamOptions);

/**
 * What the options of `keyUpstream()` come to.
 * @throws ConfigurationError
 */
export function parseKeyUpstream(given: KeyUpstreamOptions): KeyUpstream {
  return readGivenOptions("keyUpstream", '{ label: "Jira" }', given, (options) => {
    const { label, help, keysUrl, check } = readOptions(schema, options).parsed;
    return { kind: "key", label, help, keysUrl, check };
  });
}
