import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import {
  allowInsecureIssuer,
  allowsInsecureIssuer,
  insecureIssuerOption,
  issuerUrl,
  SECURE_URL,
  secureUrls,
} from "../config/allow-insecure-issuer.ts";
import { readCredentials, secretMethods } from "../config/client-credentials.ts";
import { namedPath, optionLabel, unknownName, valueAt, wrongValue } from "../config/problems.ts";
import { ConfigurationError } from "../core/errors.ts";
import { isScopeToken } from "../core/scopes.ts";
import { isUsableUrl } from "../platform/addresses.ts";
import type { Credentials } from "../platform/client-authentication.ts";
import { type Clock, systemClock } from "../platform/clock.ts";
import type { PrivateKey } from "../platform/signing-key.ts";
import type { Sleep } from "./retry.ts";

const RESOURCE = 'the resource as an absolute URL without a fragment, such as "https://mcp.example.com/mcp"';
const SCOPE = 'scopes separated by spaces, or a list of them, such as "todo:read todo:write"';
const PARAMETERS = "an object of texts by name";
/** Each of these has an option of its own, or is not for others to say. */
const OWN_PARAMETERS = [
  "grant_type",
  "client_id",
  "client_secret",
  "client_assertion",
  "client_assertion_type",
  "scope",
  "audience",
  "resource",
];

// Looked up at each call: programs replace the global one, to trace or to go through a proxy.
const systemFetch: typeof fetch = (target, init) => fetch(target, init);
const systemSleep: Sleep = (milliseconds) => setTimeout(milliseconds);

const text = (must: string) => z.string(must).min(1, must);
const aFunction = <T>() => z.custom<T>((value) => typeof value === "function", "a function");
const scopes = z
  .union(
    [z.string(SCOPE).transform((one) => one.split(" ").filter(Boolean)), z.array(z.string(SCOPE))],
    SCOPE,
  )
  .refine((list) => list.every(isScopeToken), SCOPE);

const options = z
  .strictObject({
    /** Where tokens are got. Nothing is discovered then. */
    tokenEndpoint: issuerUrl.optional(),
    /** The authorization server, byte for byte; its metadata says where the token endpoint is (RFC 8414). */
    issuer: issuerUrl.optional(),
    /**
     * The protected resource, byte for byte as it names itself: sent as `resource` (RFC 8707). Where it is all that is
     * said, it is asked for its authorization server (RFC 9728), which then gets to see the credentials.
     */
    resource: z
      .string(RESOURCE)
      .refine((value) => URL.canParse(value) && !value.includes("#"), RESOURCE)
      .optional(),
    clientId: text("the client_id, as text"),
    /** One of these two. */
    clientSecret: text("the client's secret, as text").optional(),
    privateKey: z.custom<PrivateKey>().optional(),
    /** What the private key signs with, such as "ES256". Unless said, what its kind does. */
    algorithm: text("a JWS algorithm").optional(),
    /** The `kid` under which the authorization server knows the public key. */
    keyId: text("a key id").optional(),
    /** How a secret is sent. Unless said, as the metadata prefers; in the header where there is none. */
    authenticationMethod: z
      .enum(secretMethods, '"client_secret_basic" or "client_secret_post" (a private key needs none)')
      .optional(),
    /** `aud` of the assertion that the private key signs. Unless said, the issuer, or the token endpoint without one. */
    assertionAudience: text("the audience that the authorization server expects").optional(),
    /** Sent as `audience`, which some providers want in place of `resource`. */
    audience: text("the audience, as text").optional(),
    /** What to ask for. Nothing said leaves it to the authorization server. */
    scope: scopes.optional(),
    /** More parameters of the token request, as this provider wants them. */
    parameters: z
      .record(
        z.string().refine((name) => !OWN_PARAMETERS.includes(name)),
        z.string(PARAMETERS),
        PARAMETERS,
      )
      .default({}),
    /** False where the provider refuses a `resource` parameter. Default true. */
    sendResource: z.boolean("true or false").default(true),
    /** For requests through a proxy, and for tests. */
    fetch: aFunction<typeof fetch>().default(() => systemFetch),
    clock: aFunction<Clock>().default(() => systemClock),
    sleep: aFunction<Sleep>().default(() => systemSleep),
    /** From 0 to 1, for the waits between attempts. */
    random: aFunction<() => number>().default(() => Math.random),
    [allowInsecureIssuer]: insecureIssuerOption,
  })
  .check(secureUrls(["tokenEndpoint"], ["issuer"]));

/** What `TokenManager` takes. */
export type TokenManagerOptions = z.input<typeof options>;

type Parsed = Omit<
  z.output<typeof options>,
  "clientSecret" | "privateKey" | "algorithm" | "keyId" | "authenticationMethod" | "assertionAudience"
>;
export type TokenManagerSettings = Parsed & {
  readonly credentials: Credentials;
  /** Whether secrets may cross a network readable. */
  readonly allowInsecure: boolean;
};

/** @throws ConfigurationError that names the option and says what would be right; never with a secret in it. */
export function parseTokenManagerOptions(given: TokenManagerOptions): TokenManagerSettings {
  const parsed = options.safeParse(given ?? {});
  if (!parsed.success) throw firstProblem(parsed.error, given);
  const { clientSecret, privateKey, algorithm, keyId, authenticationMethod, assertionAudience, ...rest } =
    parsed.data;
  const allowInsecure = allowsInsecureIssuer(rest);
  if (rest.tokenEndpoint === undefined && rest.issuer === undefined) {
    if (rest.resource === undefined) {
      throw new ConfigurationError("Say where tokens come from: tokenEndpoint, issuer, or resource.");
    }
    if (!isUsableUrl(rest.resource, allowInsecure)) {
      throw wrongValue("resource", rest.resource, SECURE_URL);
    }
    if (assertionAudience !== undefined) {
      // The resource would choose who gets an assertion that is good elsewhere.
      throw new ConfigurationError("assertionAudience also needs an issuer or a tokenEndpoint.");
    }
  }
  const credentials = readCredentials(
    { clientSecret, privateKey, algorithm, keyId, assertionAudience, method: authenticationMethod },
    (name) => name,
  );
  return { ...rest, credentials, allowInsecure };
}

function firstProblem(error: z.ZodError, given: TokenManagerOptions): ConfigurationError {
  const [issue] = error.issues;
  const path = namedPath(issue?.path ?? []);
  if (issue?.code === "unrecognized_keys") {
    return unknownName(optionLabel([...path, issue.keys[0] ?? ""]), Reflect.ownKeys(options.shape));
  }
  if (issue?.code === "invalid_key") {
    return new ConfigurationError(
      `parameters holds ${path.at(-1)}, which is not for extra parameters. Use the option of that name, or leave it out.`,
    );
  }
  return wrongValue(optionLabel(path), valueAt(given, issue?.path ?? []), issue?.message ?? "different");
}
