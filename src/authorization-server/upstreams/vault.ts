import type { KeyUpstream, OAuthUpstream, Upstream } from "../../config/upstreams/settings.ts";
import type { Upstreams } from "../../core/upstream.ts";
import type { Peer } from "../../http/peer.ts";
import type { PlainFetch } from "../../platform/fetch-json.ts";
import { randomId } from "../../platform/random.ts";
import type { Store } from "../../store/store.ts";
import type { UpstreamCredentialSummary } from "../../store/upstream-store.ts";
import type { Recorder } from "../recorder.ts";
import { accessOf, type ConnectUrl } from "./access.ts";
import { findKey } from "./find-key.ts";
import type { FindParts } from "./find-parts.ts";
import { findToken, secretTokens } from "./find-token.ts";
import { createUpstreamMemory } from "./memory.ts";
import { openService } from "./open-service.ts";
import { openCredential, type Secret, sealCredential } from "./sealed-credential.ts";
import type { NewTokens, UpstreamService } from "./service.ts";

/** An upstream of this server, open. */
export type OpenUpstream = { readonly name: string } & (
  | { readonly upstream: OAuthUpstream; readonly service: UpstreamService }
  | { readonly upstream: KeyUpstream; readonly service?: undefined }
);

/** What people have at other services: kept sealed, given to tools, ended. */
export type UpstreamVault = Upstreams & {
  /** Every upstream of the options, in their order. */
  readonly upstreams: readonly OpenUpstream[];
  find(name: string): OpenUpstream | undefined;
  /**
   * Keeps tokens that a callback brought, in the place of what the person had there.
   * @returns false, and nothing is kept, where the person is gone, disabled, or signed out since, the session is over, or what is
   * there is not what was read
   */
  keepTokens(connection: Connection, tokens: NewTokens, peer: Peer): Promise<boolean>;
  /** The same for a key that the person typed. Whether it can be used was checked before. */
  keepKey(connection: Connection, key: string, peer: Peer): Promise<boolean>;
  /** Ends what the person has there. False where nothing was there, or the session is over. */
  remove(connection: Omit<Connection, "askedAt" | "before">, peer: Peer): Promise<boolean>;
  /** All that a person has, by name: also at services that the options do not have any more. */
  list(personId: string): Promise<readonly UpstreamCredentialSummary[]>;
  /** From now on nothing that is in memory of this person counts. */
  personChanged(personId: string): void;
};

export type Connection = {
  readonly personId: string;
  /** The name of the upstream. */
  readonly name: string;
  /** The hash of the session in which the person asks for it; undefined on a loopback issuer, where there is none. */
  readonly session?: string | undefined;
  /** Epoch milliseconds: when the person asked for it. A sign-out since then ends this too. */
  readonly askedAt?: number | undefined;
  /** The version that was read, null where nothing was there: it is kept only if that is still so. Undefined where the person chose it. */
  readonly before?: string | null | undefined;
};

export type VaultParts = FindParts & {
  readonly store: Pick<
    Store,
    "saveUpstreamCredential" | "removeUpstreamCredential" | "listUpstreamCredentials"
  >;
  readonly recorder: Pick<Recorder, "prepare">;
  readonly fetch: PlainFetch;
  /** What the options say. */
  readonly upstreams: Readonly<Record<string, Upstream>>;
  readonly connectUrl: ConnectUrl;
  /** Whether what is in memory may be used: this process knows of every change. */
  readonly isUpToDate: () => boolean;
};

export function createVault(parts: VaultParts): UpstreamVault {
  const { store, recorder, keyring, clock, connectUrl, isUpToDate } = parts;
  const upstreams = Object.entries(parts.upstreams).map(([name, upstream]) => open(name, upstream, parts));
  const byName = new Map(upstreams.map((one) => [one.name, one]));
  const memory = createUpstreamMemory<string>(clock, isUpToDate);

  const named = (name: string): OpenUpstream => {
    const one = byName.get(name);
    if (one) return one;
    const known = upstreams.length === 0 ? "It has none" : `It has ${[...byName.keys()].join(", ")}`;
    throw new Error(`The server has no upstream "${name}". ${known}: see the option upstreams.`);
  };
  const look = (personId: string, name: string, refused: string | undefined) => {
    const one = named(name);
    return one.service ? findToken(one, personId, refused, parts) : findKey(one, personId, refused, parts);
  };
  const keep = async (
    { name, personId, session, askedAt, before }: Connection,
    kept: {
      readonly secret: Secret;
      readonly scopes: readonly string[];
      readonly account: string;
      readonly expiresAt: number | undefined;
    },
    peer: Peer,
  ): Promise<boolean> => {
    const { secret, scopes, account, expiresAt = null } = kept;
    const kind = "key" in secret ? "key" : "token";
    const { entry, log } = recorder.prepare(
      "upstream.connected",
      { person: personId, upstream: name, kind },
      peer,
    );
    const sealed = await sealCredential(named(name), secret, keyring);
    const row = {
      personId,
      upstream: name,
      kind,
      sealed,
      scopes,
      account,
      version: randomId(),
      expiresAt,
    } as const;
    const conditions = { session, askedAt, before };
    const isKept = await store.saveUpstreamCredential({ ...row, ...conditions, now: clock() }, entry);
    memory.forget(personId);
    if (isKept) log();
    return isKept;
  };

  return {
    upstreams,
    find: (name) => byName.get(name),
    access: (personId, name) => accessOf(named(name), personId, { memory, look, connectUrl }),
    async isConnected(personId, name) {
      const one = named(name);
      const found = await store.findUpstreamCredential(personId, name);
      if (!found || found.deadAt !== null) return false;
      return (await openCredential(one, found.sealed, keyring)) !== undefined;
    },
    async keepTokens(connection, tokens, peer) {
      const { upstream } = named(connection.name);
      const secret = secretTokens(tokens, clock());
      const scopes = tokens.scopes ?? (upstream.kind === "oauth" ? upstream.scopes : []);
      return keep(connection, { secret, scopes, account: tokens.account, expiresAt: secret.expiresAt }, peer);
    },
    keepKey: (connection, key, peer) =>
      keep(connection, { secret: { key }, scopes: [], account: "", expiresAt: undefined }, peer),
    async remove({ name: upstream, personId, session }, peer) {
      const { entry, log } = recorder.prepare("upstream.disconnected", { person: personId, upstream }, peer);
      const removed = await store.removeUpstreamCredential(
        { personId, upstream, session, now: clock() },
        entry,
      );
      memory.forget(personId);
      if (removed) log();
      return removed;
    },
    list: (personId) => store.listUpstreamCredentials(personId),
    personChanged: memory.forget,
  };
}

function open(name: string, upstream: Upstream, parts: Pick<VaultParts, "fetch" | "clock">): OpenUpstream {
  return upstream.kind === "key"
    ? { name, upstream }
    : { name, upstream, service: openService(upstream, parts) };
}
