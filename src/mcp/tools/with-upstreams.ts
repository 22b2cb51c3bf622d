import { setTimeout as pause } from "node:timers/promises";
import { inputResponse, type ServerContext } from "@modelcontextprotocol/server";
import { type UpstreamAccess, UpstreamNotConnected, type Upstreams } from "../../core/upstream.ts";
import { connectAnswer, connectKeyPrefix, type FeatureCall } from "./connect-answer.ts";
import type { Caller, Elsewhere } from "./tool-context.ts";
import { whenItFails } from "./when-it-fails.ts";
import { withoutSecrets } from "./without-secrets.ts";

/** How long a call waits for the person who agreed to connect a service. Clients give up after a minute. */
const CONNECTING_MS = 45_000;
const LOOK_MS = 1000;

/**
 * Runs a callback that may need what its caller has at other services. Where that has to be connected first, the client gets
 * the link instead of an error; and no token or key that the callback got leaves with what it throws.
 */
export function withUpstreams<Result>(
  call: FeatureCall,
  upstreams: Upstreams | undefined,
  callback: (elsewhere: Elsewhere) => Result,
): Result {
  const given = new Set<string>();
  const elsewhere = elsewhereOf(call.caller, upstreams, given);
  const failed = (error: unknown): never => {
    // What is answered is one of the results of its kind of feature.
    if (error instanceof UpstreamNotConnected) return connectAnswer(error, call) as never;
    throw given.size === 0 ? error : withoutSecrets(error, given);
  };
  const run = (): Result => whenItFails(() => callback(elsewhere), failed);
  const agreed = upstreams && agreedTo(call.context);
  if (!upstreams || agreed === undefined || agreed.length === 0) return run();
  const { person } = call.caller;
  const { signal } = call.context.mcpReq;
  return connected(agreed, (name) => upstreams.isConnected(person.id, name), signal).then(run) as Result;
}

/**
 * What a caller has at other services. A program is no person, and has nothing anywhere.
 * @param given gets each token and key that is handed out
 */
export function elsewhereOf(
  { person, client }: Caller,
  upstreams: Upstreams | undefined,
  given: Pick<Set<string>, "add">,
): Elsewhere {
  return {
    upstream(name) {
      if (!upstreams) throw new Error(`There is no upstream "${name}": set the option upstreams.`);
      if (person.id === client.id) {
        throw new Error(
          `A program called (client_credentials), and not a person: it has nothing at "${name}".`,
        );
      }
      return noting(upstreams.access(person.id, name), given);
    },
  };
}

function noting(access: UpstreamAccess, given: Pick<Set<string>, "add">): UpstreamAccess {
  const noted = (get: UpstreamAccess["key"]): UpstreamAccess["key"] => {
    return async (options) => {
      // The tool has it, also where it is of an earlier call.
      if (options?.refused !== undefined) given.add(options.refused);
      const secret = await get(options);
      given.add(secret);
      return secret;
    };
  };
  return { accessToken: noted(access.accessToken), key: noted(access.key) };
}

/** The services that the person agreed to connect, in this round of the call. */
function agreedTo({ mcpReq: { inputResponses } }: ServerContext): readonly string[] {
  return Object.keys(inputResponses ?? {}).flatMap((key) => {
    if (!key.startsWith(connectKeyPrefix)) return [];
    const response = inputResponse(inputResponses, key);
    const isAgreed = response.kind === "elicit" && response.action === "accept";
    return isAgreed ? [key.slice(connectKeyPrefix.length)] : [];
  });
}

/** The person agreed, and is at it: the answer says so before they are done. Resolves when they are, or it took too long. */
async function connected(
  names: readonly string[],
  isConnected: (name: string) => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + CONNECTING_MS;
  for (const name of names) {
    while (performance.now() < deadline && !signal.aborted) {
      // A name that the client made up, or a database that gives no answer: the callback says what is.
      if (await isConnected(name).catch(() => true)) break;
      await pause(LOOK_MS, undefined, { ref: false });
    }
  }
}
