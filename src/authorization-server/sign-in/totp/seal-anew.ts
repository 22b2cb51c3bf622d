import { createKeyring } from "../../../platform/secrets/keyring.ts";
import type { Store } from "../../../store/store.ts";
import { openSecret, sealSecret } from "./codes.ts";

const PAGE_ROWS = 500;

/**
 * Seals with the first master secret the secrets of authenticator apps that an older one sealed, while servers run. One that none
 * of them opens is left as it is: its person signs in with a recovery code.
 * @param secrets newest first
 * @returns how many were sealed with an older one
 */
export async function sealAppsAnew(
  store: Pick<Store, "listCredentialsAfter" | "upgradeCredential">,
  secrets: readonly string[],
  pageRows = PAGE_ROWS,
): Promise<number> {
  const [first, all] = [createKeyring(secrets.slice(0, 1)), createKeyring(secrets)];
  let sealed = 0;
  for (let after = ""; ; ) {
    const page = await store.listCredentialsAfter("totp", after, pageRows);
    for (const { personId, kind, secret: before } of page) {
      if ((await openSecret(before, first)) !== undefined) continue;
      const secret = await openSecret(before, all);
      if (secret === undefined) continue;
      await store.upgradeCredential({ personId, kind, before, secret: await sealSecret(secret, first) });
      sealed += 1;
    }
    const last = page.at(-1);
    if (!last) return sealed;
    after = last.personId;
  }
}
