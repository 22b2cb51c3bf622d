import type { Upstream } from "../../config/upstreams/settings.ts";
import { type RefusedByUpstream, type UpstreamAccess, UpstreamNotConnected } from "../../core/upstream.ts";
import { within } from "../../platform/within.ts";
import { NotConnected, noAnswer } from "./failures.ts";
import type { UpstreamMemory } from "./memory.ts";

export type AccessParts = {
  readonly memory: UpstreamMemory<string>;
  /** Finds out what the person has there, as the database and the service say it. */
  readonly look: (
    personId: string,
    name: string,
    refused: string | undefined,
  ) => Promise<{ readonly found: string; readonly until: number }>;
  readonly connectUrl: ConnectUrl;
};

/** Where a person connects an upstream: the link that a tool answers with. */
export type ConnectUrl = (personId: string, name: string) => Promise<string>;

/** No one waits longer: who refreshes goes on. */
const PATIENCE_MS = 15_000;
/** Another one may be finding out meanwhile, without knowing that the token was refused. */
const TRIES = 3;

/** What a tool gets of one service, for one person. */
export function accessOf(
  { name, upstream }: { readonly name: string; readonly upstream: Upstream },
  personId: string,
  { memory, look, connectUrl }: AccessParts,
): UpstreamAccess {
  const find = async (refused: string | undefined): Promise<string> => {
    const looked = () => look(personId, name, refused);
    for (let tried = 0; tried < TRIES; tried++) {
      const found = await within(PATIENCE_MS, memory.find(personId, name, looked), () => undefined);
      if (found === undefined) break;
      if (found !== refused) return found;
    }
    throw noAnswer(upstream.label);
  };
  const get = async ({ refused }: RefusedByUpstream = {}): Promise<string> => {
    const remembered = memory.get(personId, name);
    if (remembered !== undefined && remembered !== refused) return remembered;
    try {
      return await find(refused);
    } catch (error) {
      if (!(error instanceof NotConnected)) throw error;
      // What is remembered may be from before it ended.
      memory.forget(personId);
      const { label, kind } = upstream;
      throw new UpstreamNotConnected(
        { name, label, isKey: kind === "key" },
        await connectUrl(personId, name),
      );
    }
  };
  const other = (wanted: string, call: string) => async (): Promise<never> => {
    throw new Error(`The upstream "${name}" has no ${wanted}. Call ${call}().`);
  };
  return upstream.kind === "key"
    ? { key: get, accessToken: other("access token", "key") }
    : { accessToken: get, key: other("key", "accessToken") };
}
