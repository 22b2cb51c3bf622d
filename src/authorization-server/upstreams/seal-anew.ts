import { createKeyring } from "../../platform/secrets/keyring.ts";
import type { Store } from "../../store/store.ts";
import { sealAgain } from "./sealed-credential.ts";

const PAGE_ROWS = 500;

/**
 * Seals with the first master secret the tokens and keys for other services that an older one sealed, while servers run and refresh
 * them. One that none of them opens is left as it is: its person connects again.
 * @param secrets newest first
 * @returns how many were sealed with an older one
 */
export async function sealUpstreamsAnew(
  store: Pick<Store, "listUpstreamCredentialsAfter" | "resealUpstreamCredential">,
  secrets: readonly string[],
  pageRows = PAGE_ROWS,
): Promise<number> {
  const [first, all] = [createKeyring(secrets.slice(0, 1)), createKeyring(secrets)];
  let count = 0;
  for (let after = { personId: "", upstream: "" }; ; ) {
    const page = await store.listUpstreamCredentialsAfter(after, pageRows);
    for (const { personId, upstream, sealed: before } of page) {
      if ((await sealAgain(before, first, first)) !== undefined) continue;
      const sealed = await sealAgain(before, all, first);
      if (sealed === undefined) continue;
      if (await store.resealUpstreamCredential({ personId, upstream, before, sealed })) count += 1;
    }
    const last = page.at(-1);
    if (!last) return count;
    after = { personId: last.personId, upstream: last.upstream };
  }
}

/**
 * Ends those that this secret does not open, because it took the place of one that had leaked: their people have to connect again.
 * @returns how many
 */
export async function endUnopenable(
  store: Pick<Store, "listUpstreamCredentialsAfter" | "findUpstreamCredential" | "endUpstreamCredential">,
  secret: string,
  now: number,
): Promise<number> {
  const keyring = createKeyring([secret]);
  let count = 0;
  for (let after = { personId: "", upstream: "" }; ; ) {
    const page = await store.listUpstreamCredentialsAfter(after, PAGE_ROWS);
    for (const { personId, upstream, sealed } of page) {
      if ((await sealAgain(sealed, keyring, keyring)) !== undefined) continue;
      const { version } = (await store.findUpstreamCredential(personId, upstream)) ?? {};
      if (version === undefined) continue;
      if (await store.endUpstreamCredential({ personId, upstream, version, now })) count += 1;
    }
    const last = page.at(-1);
    if (!last) return count;
    after = { personId: last.personId, upstream: last.upstream };
  }
}
