import type { KeyUpstream } from "../../config/upstreams/settings.ts";
import { NotConnected } from "./failures.ts";
import { type FindParts, noteUse, REMEMBERED_MS } from "./find-parts.ts";
import { openCredential } from "./sealed-credential.ts";

/**
 * The key that a person stored.
 * @param refused a key that the service refused: the person has to store another one
 * @throws NotConnected
 */
export async function findKey(
  one: { readonly name: string; readonly upstream: KeyUpstream },
  personId: string,
  refused: string | undefined,
  parts: FindParts,
): Promise<{ readonly found: string; readonly until: number }> {
  const { store, keyring, clock, log } = parts;
  const credential = await store.findUpstreamCredential(personId, one.name);
  if (!credential || credential.deadAt !== null || credential.kind !== "key") throw new NotConnected();
  const secret = await openCredential(one, credential.sealed, keyring);
  if (!secret || !("key" in secret)) throw new NotConnected();
  await noteUse(credential, parts);
  if (secret.key !== refused) return { found: secret.key, until: clock() + REMEMBERED_MS };
  const { version, upstream } = credential;
  if (await store.endUpstreamCredential({ personId, upstream, version, now: clock() })) {
    const reason = "the service refused the key";
    log.event("upstream.failed", { person: personId, upstream, reason, ended: true });
  }
  throw new NotConnected();
}
