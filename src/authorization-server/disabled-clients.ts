import { OAuthError } from "../core/errors.ts";
import type { Store } from "../store/store.ts";

/** Ids that the operator has disabled, all of them in memory. */
export type DisabledClients = {
  has(clientId: string): boolean;
  /** Reads them again. Says whether one is among them that was not. */
  reload(): Promise<boolean>;
};

export async function openDisabledClients(
  store: Pick<Store, "listDisabledClients">,
): Promise<DisabledClients> {
  const read = async () => new Set((await store.listDisabledClients()).map(({ id }) => id));
  let disabled = await read();
  return {
    has: (clientId) => disabled.has(clientId),
    async reload() {
      const before = disabled;
      disabled = await read();
      return [...disabled].some((clientId) => !before.has(clientId));
    },
  };
}

/** Clients forget what they registered when they are told so, and ask people again; these are told why. */
export function disabledClient(clientId: string): OAuthError {
  return new OAuthError("unauthorized_client", "This app was disabled by whoever runs this server.", {
    detail: `${clientId} is disabled`,
  });
}
