import type { OAuthError } from "../../core/errors.ts";
import { PageError } from "../../pages/page-error.ts";
import type { Store } from "../../store/store.ts";

/** Ids that the operator has disabled, all of them in memory. */
export type DisabledClients = {
  /** Asks the store where another process may have changed something that is not known here. */
  has(clientId: string): Promise<boolean>;
  /** Another process changed this one. */
  changed(clientId: string, isDisabled: boolean): void;
  /** Reads them again, as a change was missed. Says whether one is among them that was not. */
  reload(): Promise<boolean>;
};

/** @param isUpToDate whether what other processes changed, a second ago or earlier, has been told. */
export async function openDisabledClients(
  store: Pick<Store, "listDisabledClients">,
  isUpToDate: () => boolean,
): Promise<DisabledClients> {
  const read = async () => new Set((await store.listDisabledClients()).map(({ id }) => id));
  let disabled = await read();
  let isMissing = false;
  let changes = 0;
  return {
    async has(clientId) {
      return (isUpToDate() && !isMissing ? disabled : await read()).has(clientId);
    },
    changed(clientId, isDisabled) {
      changes += 1;
      if (isDisabled) disabled.add(clientId);
      else disabled.delete(clientId);
    },
    async reload() {
      isMissing = true;
      const before = disabled;
      // What was read before the latest change may lack it.
      for (let told = -1; told !== changes; ) {
        told = changes;
        disabled = await read();
      }
      isMissing = false;
      return [...disabled].some((clientId) => !before.has(clientId));
    },
  };
}

/** Clients forget what they registered when they are told so, and ask people again; these are told why. */
export function disabledClient(clientId: string): OAuthError {
  return new PageError("unauthorized_client", ({ error }) => error.appDisabled, {
    detail: `${clientId} is disabled`,
  });
}
